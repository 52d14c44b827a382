//! Figures of several peers and repetitions: which belong together.

use origem_measure::Figure;

/// Parameters that tell of a peer, not of what it did.
const OF_PEER: [&str; 3] = ["peer", "way", "durability"];

/// A parameter, or nothing.
pub fn parameter<'a>(figure: &'a Figure, name: &str) -> &'a str {
    figure.parameters.get(name).map(String::as_str).unwrap_or_default()
}

/// Who made it: the peer, and its way if it has several.
pub fn who(figure: &Figure) -> String {
    match (parameter(figure, "peer"), parameter(figure, "way")) {
        (peer, "") => peer.to_owned(),
        (peer, way) => format!("{peer}, {way}"),
    }
}

/// What was measured: the name and what else is the same for all peers.
pub fn what(figure: &Figure) -> String {
    let name = figure.name.strip_prefix("peers/").unwrap_or(&figure.name);
    let shared = figure
        .parameters
        .iter()
        .filter(|(key, _)| !OF_PEER.contains(&key.as_str()) && *key != "events");
    shared.fold(name.to_owned(), |text, (_, value)| format!("{text} {value}"))
}

/// It is Origem's.
pub fn is_ours(figure: &Figure) -> bool {
    parameter(figure, "peer") == "origem"
}

/// Origem's figure of the same work.
pub fn counterpart<'a>(figure: &Figure, ours: &'a [Figure]) -> Option<&'a Figure> {
    let fits = |own: &&Figure| what(own) == what(figure) && own.unit == figure.unit;
    ours.iter().find(fits).filter(|_| !is_ours(figure))
}

/// One figure for all repetitions of the same, in the order they first came. A peer that repeats by itself counts by its median.
pub fn merged(figures: Vec<Figure>) -> Vec<Figure> {
    let mut merged: Vec<(Figure, Vec<f64>)> = Vec::new();
    for figure in figures {
        let same = |(other, _): &&mut (Figure, Vec<f64>)| {
            (&other.name, &other.parameters, &other.unit) == (&figure.name, &figure.parameters, &figure.unit)
        };
        match merged.iter_mut().find(same) {
            Some((_, values)) => values.push(figure.median),
            None => merged.push((figure.clone(), vec![figure.median])),
        }
    }
    let one = |(figure, values): (Figure, Vec<f64>)| match values.len() {
        1 => figure,
        _ => Figure {
            parameters: figure.parameters.clone(),
            ..Figure::of(&figure.name, &[], &figure.unit, &values)
        },
    };
    merged.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rebuild(peer: &str, way: &str, value: f64) -> Figure {
        let parameters = [
            ("peer", peer),
            ("way", way),
            ("events", "20000"),
            ("durability", "fsync"),
        ];
        Figure::of("peers/rebuild", &parameters, "events/s", &[value])
    }

    #[test]
    fn repetitions_become_one_figure() {
        let figures = merged(vec![
            rebuild("a", "x", 1.0),
            rebuild("b", "x", 9.0),
            rebuild("a", "x", 3.0),
            rebuild("a", "y", 7.0),
            rebuild("a", "x", 2.0),
        ]);
        let told: Vec<_> = figures
            .iter()
            .map(|figure| (who(figure), figure.median, figure.repetitions))
            .collect();
        let expected = [("a, x", 2.0, 3), ("b, x", 9.0, 1), ("a, y", 7.0, 1)];
        assert_eq!(
            told,
            expected.map(|(who, median, times)| (who.to_owned(), median, times))
        );
    }

    #[test]
    fn the_same_work_of_another_is_found() {
        let page = |peer, filter| {
            let parameters = [("peer", peer), ("filter", filter), ("quantile", "p99")];
            Figure::of("peers/page", &parameters, "ms", &[1.0])
        };
        let ours = [rebuild("origem", "", 10.0), page("origem", "ad"), page("origem", "all")];
        let of = |figure: &Figure| counterpart(figure, &ours).cloned();
        assert_eq!(of(&rebuild("postgres", "set-based", 1.0)), Some(ours[0].clone()));
        assert_eq!(of(&page("postgres", "all")), Some(ours[2].clone()));
        assert_eq!(of(&page("postgres", "hashtag")), None);
        assert_eq!(of(&ours[0]), None);
        assert_eq!(what(&ours[1]), "page ad p99");
    }
}
