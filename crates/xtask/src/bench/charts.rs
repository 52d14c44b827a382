//! Which charts are drawn of which figures. A chart is named after the block of the page that shows it.

use origem_measure::Figure;

use super::aims::Reached;
use super::plot::{Chart, Group};
use super::table::number;

/// Block and chart, of those for which there are figures.
pub fn of(figures: &[Figure], reached: &[Reached<'_>]) -> Vec<(&'static str, Chart)> {
    let charts = [
        ("aims", aims(reached)),
        (
            "rebuild",
            by(
                figures,
                "rebuild/views",
                "Views of a log: events a second",
                &["conversations", "events_each"],
                |figure| {
                    let lanes = figure.parameters.get("lanes")?;
                    let way = figure.parameters.get("way")?;
                    Some(format!("{way}, {lanes} lanes"))
                },
            ),
        ),
        (
            "fold",
            by(
                figures,
                "fold/rows",
                "Folding large batches in memory: events a second",
                &["conversations", "events_each"],
                |figure| {
                    let is_large = figure
                        .parameters
                        .get("batches")
                        .is_some_and(|batches| batches == "large");
                    let lanes = figure.parameters.get("lanes").filter(|_| is_large)?;
                    Some(format!("{lanes} lanes"))
                },
            ),
        ),
        (
            "end_to_end",
            by(
                figures,
                "end_to_end/visible",
                "Webhook accepted to visible in the queue",
                &["webhooks_per_second", "durability"],
                |figure| figure.parameters.get("quantile").cloned(),
            ),
        ),
        (
            "lists",
            by(
                figures,
                "lists/page_of_50",
                "A page of 50, the 99th percentile",
                &["page"],
                |figure| {
                    let is_tail = figure
                        .parameters
                        .get("quantile")
                        .is_some_and(|quantile| quantile == "p99");
                    let writes = figure.parameters.get("writes_per_second").filter(|_| is_tail)?;
                    Some(if writes == "0" {
                        "alone".to_owned()
                    } else {
                        format!("under {} writes/s", number(writes))
                    })
                },
            ),
        ),
        (
            "growth",
            by(
                figures,
                "growth/cost",
                "What an event costs as the log grows",
                &["events"],
                |figure| figure.parameters.get("work").cloned(),
            ),
        ),
    ];
    charts
        .into_iter()
        .filter_map(|(name, chart)| Some((name, chart?)))
        .collect()
}

/// Each aim, how far it is.
fn aims(reached: &[Reached<'_>]) -> Option<Chart> {
    let groups: Vec<Group> = reached
        .iter()
        .map(|aim| Group {
            label: shortened(aim.work),
            bars: vec![("of the aim".to_owned(), aim.share)],
        })
        .collect();
    (!groups.is_empty()).then(|| Chart {
        title: "How many times what is aimed at (logarithmic; the line is the aim)".to_owned(),
        unit: String::new(),
        groups,
        is_logarithmic: true,
        mark: Some((1.0, "there".to_owned())),
    })
}

/// The figures of one name, grouped by `keys`; `series` names the bar of a figure, or leaves it out.
fn by(
    figures: &[Figure],
    name: &str,
    title: &str,
    keys: &[&str],
    series: impl Fn(&Figure) -> Option<String>,
) -> Option<Chart> {
    let mut groups: Vec<Group> = Vec::new();
    let mut unit = String::new();
    for figure in figures.iter().filter(|figure| figure.name == name) {
        let Some(bar) = series(figure) else { continue };
        unit.clone_from(&figure.unit);
        let told = keys.iter().filter_map(|key| {
            let value = number(figure.parameters.get(*key)?);
            // A word says itself what it is.
            let is_word = !value.starts_with(|first: char| first.is_ascii_digit());
            Some(if is_word {
                value
            } else {
                format!("{value} {}", key.replace('_', " "))
            })
        });
        let label = told.collect::<Vec<_>>().join(", ");
        let bar = (bar, figure.median);
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.bars.push(bar),
            None => groups.push(Group { label, bars: vec![bar] }),
        }
    }
    (!groups.is_empty()).then(|| Chart {
        title: title.to_owned(),
        unit,
        groups,
        is_logarithmic: false,
        mark: None,
    })
}

/// What fits beside a bar.
fn shortened(text: &str) -> String {
    const MOST: usize = 52;
    let text = text.split(" (aimed at").next().unwrap_or(text).replace('`', "");
    if text.chars().count() <= MOST {
        return text;
    }
    text.chars().take(MOST - 1).collect::<String>().trim_end().to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_one_condition_stand_together() {
        let figure = |conversations: &'static str, lanes: &'static str| {
            let parameters = [("conversations", conversations), ("lanes", lanes), ("batches", "large")];
            Figure::of("fold/rows", &parameters, "events/s", &[1.0])
        };
        let live = Figure::of("fold/rows", &[("lanes", "1"), ("batches", "live")], "events/s", &[1.0]);
        let figures = [figure("1000", "1"), figure("1000", "2"), figure("10000", "1"), live];
        let charts = of(&figures, &[]);
        assert_eq!(charts.len(), 1);
        let (name, chart) = &charts[0];
        assert_eq!((*name, chart.groups.len()), ("fold", 2));
        let labels: Vec<(&str, usize)> = chart
            .groups
            .iter()
            .map(|group| (group.label.as_str(), group.bars.len()))
            .collect();
        assert_eq!(labels, [("1,000 conversations", 2), ("10,000 conversations", 1)]);
    }
}
