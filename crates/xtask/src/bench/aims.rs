//! What Origem is to reach on two cores, and how far it is.

use origem_measure::{Figure, ratio, told};

use super::table;

/// Which side of the aim is good.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    /// The figure itself, in its unit.
    AtLeast(f64),
    /// The figure itself, in its unit.
    AtMost(f64),
    /// The figure beside its limit.
    RatioAtLeast(f64),
}

/// Which of the figures that fit counts.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pick {
    /// The last one: benches go from small sizes to large ones.
    Last,
    /// The one furthest on the wrong side.
    Worst,
}

/// An aim of the design.
struct Aim {
    work: &'static str,
    figure: &'static str,
    /// Parameters that the figure must have.
    parameters: &'static [(&'static str, &'static str)],
    pick: Pick,
    bound: Bound,
}

const AIMS: &[Aim] = &[
    Aim {
        work: "views of a log, ten events a conversation",
        figure: "rebuild/views",
        parameters: &[("events_each", "10"), ("way", "bulk"), ("lanes", "2")],
        pick: Pick::Last,
        bound: Bound::AtLeast(500_000.0),
    },
    Aim {
        work: "rebuild by `origem rebuild --renormalise`",
        figure: "growth/rebuild",
        parameters: &[("readers", "of this build")],
        pick: Pick::Last,
        bound: Bound::AtLeast(250_000.0),
    },
    Aim {
        work: "offline ingest, durable and projected",
        figure: "ingest/offline",
        parameters: &[("durability", "fsync"), ("lanes", "2")],
        pick: Pick::Last,
        bound: Bound::AtLeast(150_000.0),
    },
    Aim {
        work: "webhook, signature checked, durable before the answer: of the floor of HTTP",
        figure: "ingest/webhooks",
        parameters: &[("durability", "fsync")],
        pick: Pick::Last,
        bound: Bound::RatioAtLeast(0.5),
    },
    Aim {
        work: "webhook accepted to visible in the queue, 2,000/s, p50",
        figure: "end_to_end/visible",
        parameters: &[
            ("webhooks_per_second", "2000"),
            ("durability", "fsync"),
            ("quantile", "p50"),
        ],
        pick: Pick::Last,
        bound: Bound::AtMost(5.0),
    },
    Aim {
        work: "the same, p99",
        figure: "end_to_end/visible",
        parameters: &[
            ("webhooks_per_second", "2000"),
            ("durability", "fsync"),
            ("quantile", "p99"),
        ],
        pick: Pick::Last,
        bound: Bound::AtMost(20.0),
    },
    Aim {
        work: "page of 50 with filters, under 2,000 writes/s, p99 of the slowest kind (aimed at with 1 M conversations)",
        figure: "lists/page_of_50",
        parameters: &[("writes_per_second", "2000"), ("quantile", "p99")],
        pick: Pick::Worst,
        bound: Bound::AtMost(2.0),
    },
    Aim {
        work: "one conversation, under 2,000 writes/s, p99 (aimed at with 1 M conversations)",
        figure: "lists/conversation",
        parameters: &[("writes_per_second", "2000"), ("quantile", "p99")],
        pick: Pick::Last,
        bound: Bound::AtMost(0.3),
    },
    Aim {
        work: "report of origins over many tickets, the slowest (aimed at with 1 M tickets)",
        figure: "report/origins",
        parameters: &[],
        pick: Pick::Worst,
        bound: Bound::AtMost(1_000.0),
    },
    Aim {
        work: "memory of a server, default settings (aimed at with 1 M conversations)",
        figure: "growth/memory",
        parameters: &[("what", "serving")],
        pick: Pick::Last,
        bound: Bound::AtMost(1_536.0),
    },
    Aim {
        work: "log on disk, an event without its raw bytes",
        figure: "decode/bytes_without_raw",
        parameters: &[],
        pick: Pick::Last,
        bound: Bound::AtMost(350.0),
    },
    Aim {
        work: "start to ready after kill -9 (aimed at with 1 M conversations)",
        figure: "growth/start",
        parameters: &[("after", "kill -9")],
        pick: Pick::Last,
        bound: Bound::AtMost(5_000.0),
    },
];

/// How far an aim is reached.
pub struct Reached<'a> {
    /// Of what.
    pub work: &'static str,
    /// What was measured.
    pub figure: &'a Figure,
    /// What is aimed at, with its unit.
    pub aim: String,
    /// What was measured, as it is compared.
    pub measured: String,
    /// 1 and more: there. How many times better or worse than aimed at.
    pub share: f64,
}

/// The aims for which there are figures.
pub fn reached(figures: &[Figure]) -> Vec<Reached<'_>> {
    AIMS.iter().filter_map(|aim| aim.reached(figures)).collect()
}

impl Aim {
    fn reached<'a>(&self, figures: &'a [Figure]) -> Option<Reached<'a>> {
        let fits = |figure: &&Figure| {
            let has = |(key, value): &(&str, &str)| figure.parameters.get(*key).is_some_and(|told| told == value);
            figure.name == self.figure && self.parameters.iter().all(has)
        };
        let all: Vec<(&Figure, f64)> = figures
            .iter()
            .filter(fits)
            .filter_map(|figure| Some((figure, self.share(figure)?)))
            .collect();
        let (figure, share) = match self.pick {
            Pick::Last => all.last().copied(),
            Pick::Worst => all.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)),
        }?;
        let (aim, measured) = match self.bound {
            Bound::AtLeast(value) => (format!("at least {}", told(value, &figure.unit)), table::median(figure)),
            Bound::AtMost(value) => (format!("at most {}", told(value, &figure.unit)), table::median(figure)),
            Bound::RatioAtLeast(value) => (
                format!("at least {}", ratio(value)),
                ratio(figure.ratio().unwrap_or_default()),
            ),
        };
        Some(Reached {
            work: self.work,
            figure,
            aim,
            measured,
            share,
        })
    }

    /// How many times better than aimed at.
    fn share(&self, figure: &Figure) -> Option<f64> {
        match self.bound {
            Bound::AtLeast(value) => Some(figure.median / value),
            Bound::AtMost(value) => (figure.median > 0.0).then(|| value / figure.median),
            Bound::RatioAtLeast(value) => Some(figure.ratio()? / value),
        }
    }
}

/// The aims as a table.
pub fn table(reached: &[Reached<'_>]) -> String {
    let head = ["work", "aim", "measured", "of the aim", "", "under"].map(str::to_owned);
    let mut text = table::line(&head) + "|---|---|---|---|---|---|\n";
    for aim in reached {
        let parameters = aim.figure.parameters.iter();
        let under: Vec<String> = parameters
            .filter(|(key, _)| *key != "quantile")
            .map(|(key, value)| format!("{} {}", key.replace('_', " "), table::number(value)))
            .collect();
        let there = if aim.share >= 1.0 { "there" } else { "not there" };
        text += &table::line(&[
            aim.work.to_owned(),
            aim.aim.clone(),
            aim.measured.clone(),
            ratio(aim.share),
            there.to_owned(),
            under.join(", "),
        ]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aims_are_compared_with_the_figures_that_fit() {
        let floor = Figure::of("ingest/http_floor", &[], "requests/s", &[100.0]);
        let page = |writes: &'static str, value: f64| {
            Figure::of(
                "lists/page_of_50",
                &[("writes_per_second", writes), ("quantile", "p99")],
                "ms",
                &[value],
            )
        };
        let bulk = |events_each: &'static str, value: f64| {
            let parameters = [("events_each", events_each), ("way", "bulk"), ("lanes", "2")];
            Figure::of("rebuild/views", &parameters, "events/s", &[value])
        };
        let figures = [
            bulk("10", 100_000.0),
            bulk("10", 250_000.0),
            bulk("100", 900_000.0),
            Figure::of("ingest/webhooks", &[("durability", "fsync")], "requests/s", &[75.0]).beside(&floor),
            Figure::of("ingest/webhooks", &[("durability", "os")], "requests/s", &[99.0]).beside(&floor),
            page("0", 9.0),
            page("2000", 4.0),
            page("2000", 1.0),
        ];
        let told: Vec<_> = reached(&figures)
            .into_iter()
            .map(|aim| (aim.figure.name.clone(), aim.measured, aim.share))
            .collect();
        let expected = [
            ("rebuild/views", "250 k events/s", 0.5),
            ("ingest/webhooks", "0.75", 1.5),
            ("lists/page_of_50", "4.00 ms", 0.5),
        ];
        assert_eq!(
            told,
            expected.map(|(name, measured, share)| (name.to_owned(), measured.to_owned(), share))
        );
        let text = table(&reached(&figures));
        assert!(
            text.contains("| at least 0.50 | 0.75 | 1.5 | there | durability fsync |"),
            "{text}"
        );
    }
}
