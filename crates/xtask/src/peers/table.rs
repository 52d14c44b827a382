//! The figures as a table: each kind of work, who did it, and how Origem compares.

use origem_measure::{Figure, ratio, told};

use super::figures::{parameter, what, who};

/// The table, a line for each figure, the same work together.
pub fn of(figures: &[Figure]) -> String {
    let mut works: Vec<String> = Vec::new();
    for figure in figures {
        if !works.contains(&what(figure)) {
            works.push(what(figure));
        }
    }
    let mut text = format!(
        "{:<24} {:<28} {:>18} {:>6} {:>14}  {}\n",
        "work", "peer", "median", "times", "Origem is", "durable"
    );
    for work in works {
        for figure in figures.iter().filter(|figure| what(figure) == work) {
            text += &line(&work, figure);
        }
    }
    text
}

fn line(work: &str, figure: &Figure) -> String {
    let value = told(figure.median, &figure.unit);
    let (who, durability) = (who(figure), parameter(figure, "durability"));
    format!(
        "{work:<24} {who:<28} {value:>18} {:>6} {:>14}  {durability}\n",
        figure.repetitions,
        advantage(figure)
    )
}

/// How many times as fast Origem is: a ratio below one means that it is slower.
fn advantage(figure: &Figure) -> String {
    let Some(peer_to_ours) = figure.ratio().filter(|ratio| *ratio > 0.0) else {
        return String::new();
    };
    let times = if figure.is_rate() {
        peer_to_ours.recip()
    } else {
        peer_to_ours
    };
    format!("{} x", ratio(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origem_is_compared_by_what_is_better() {
        let figure = |peer, unit, value| Figure::of("peers/x", &[("peer", peer)], unit, &[value]);
        for (unit, ours, theirs, told) in [
            ("events/s", 500.0, 50.0, "10 x"),
            ("events/s", 50.0, 500.0, "0.10 x"),
            ("ms", 1.0, 3.0, "3.0 x"),
            ("ms", 3.0, 1.5, "0.50 x"),
        ] {
            let theirs = figure("them", unit, theirs).beside(&figure("origem", unit, ours));
            assert_eq!(advantage(&theirs), told, "{unit}");
        }
        assert_eq!(advantage(&figure("origem", "ms", 1.0)), "");
    }

    #[test]
    fn the_same_work_stands_together() {
        let of_peer = |work: &str, peer| Figure::of(&format!("peers/{work}"), &[("peer", peer)], "ms", &[1.0]);
        let figures = [of_peer("a", "origem"), of_peer("b", "origem"), of_peer("a", "them")];
        let table = of(&figures);
        let rows: Vec<String> = table
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(rows, ["a origem", "a them", "b origem"]);
    }

    #[test]
    fn a_line_says_how_often_it_was_measured() {
        let figure = Figure::of("peers/x", &[("peer", "them")], "ms", &[1.0, 2.0, 3.0]);
        let words: Vec<String> = line("x", &figure).split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["x", "them", "2.00", "ms", "3"]);
    }
}
