//! How it goes on from what was measured: arithmetic, no measurement. Partitions share nothing, so what one instance holds at the largest
//! size that was measured is what each of many holds.

use origem_measure::{Figure, told};

use super::table;

/// Sizes that are looked ahead to, in events.
const AHEAD: [f64; 4] = [50e6, 500e6, 5e9, 50e9];

/// What one instance was seen to do at the largest size.
struct Measured {
    events: f64,
    conversations: f64,
    log_bytes_per_event: f64,
    views_bytes_per_event: f64,
    rebuild_per_second: f64,
    serving_mebibytes: f64,
}

/// What sizes ahead take, or nothing where the figures do not say it.
pub fn table(figures: &[Figure], memory_bytes: u64) -> String {
    let Some(measured) = Measured::of(figures) else {
        return String::new();
    };
    let Measured {
        events,
        conversations,
        log_bytes_per_event: log,
        views_bytes_per_event: views,
        rebuild_per_second: rebuild,
        serving_mebibytes: serving,
    } = measured;
    let rebuilt_in = hours(events / rebuild);
    let mut text = format!(
        "From there by arithmetic: an instance holds at most what was measured, {} events of {} conversations, in {} of {} memory, and rebuilds \
         it in {rebuilt_in}. More are more partitions on more instances, which share nothing; all rebuild at once, each its own.\n\n",
        table::number(&format!("{events:.0}")),
        table::number(&format!("{conversations:.0}")),
        told(serving * f64::from(1 << 20), "B"),
        told(memory_bytes as f64, "B"),
    );
    let head = [
        "events",
        "conversations",
        "instances",
        "log on disk",
        "views on disk",
        "rebuild, all instances",
        "rebuild, one machine",
    ];
    text += &table::line(&head.map(str::to_owned));
    text += "|---|---|---|---|---|---|---|\n";
    for ahead in AHEAD.into_iter().filter(|ahead| *ahead > events) {
        let instances = (ahead / events).ceil();
        text += &table::line(&[
            told(ahead, ""),
            told(ahead / events * conversations, ""),
            format!("{instances:.0}"),
            told(ahead * log, "B"),
            told(ahead * views, "B"),
            hours(ahead / instances / rebuild),
            hours(ahead / rebuild),
        ]);
    }
    text
}

impl Measured {
    fn of(figures: &[Figure]) -> Option<Self> {
        let size = |figure: &Figure| figure.parameters.get("events")?.parse::<f64>().ok();
        let events = figures.iter().filter_map(size).fold(0.0, f64::max);
        let value = |name: &str, key: &str, wanted: &str| {
            let fits = |figure: &&Figure| {
                figure.name == name
                    && size(figure) == Some(events)
                    && figure.parameters.get(key).is_some_and(|told| told == wanted)
            };
            figures
                .iter()
                .find(fits)
                .map(|figure| figure.median)
                .filter(|value| *value > 0.0)
        };
        Some(Self {
            events,
            conversations: value("growth/conversations", "events", &format!("{events:.0}"))?,
            log_bytes_per_event: value("growth/disk_per_event", "of", "log")?,
            views_bytes_per_event: value("growth/disk_per_event", "of", "views")?,
            rebuild_per_second: value("growth/rebuild", "readers", "as recorded")?,
            serving_mebibytes: value("growth/memory", "what", "serving")?,
        })
    }
}

/// A time, in the unit that a person would use.
fn hours(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_hold_what_was_measured() {
        let figure = |name: &str, key: &'static str, value: &'static str, median: f64| {
            Figure::of(name, &[("events", "10000000"), (key, value)], "", &[median])
        };
        let figures = [
            Figure::of(
                "growth/rebuild",
                &[("events", "1000000"), ("readers", "as recorded")],
                "",
                &[9.0],
            ),
            Figure::of("growth/conversations", &[("events", "10000000")], "", &[1e6]),
            figure("growth/disk_per_event", "of", "log", 900.0),
            figure("growth/disk_per_event", "of", "views", 300.0),
            figure("growth/rebuild", "readers", "as recorded", 100_000.0),
            figure("growth/memory", "what", "serving", 1_024.0),
        ];
        let text = table(&figures, 8 << 30);
        assert!(text.contains("10,000,000 events of 1,000,000 conversations"), "{text}");
        let row = "| 50.0 M | 5.00 M | 5 | 45.0 GB | 15.0 GB | 100 s | 8 min |";
        assert!(text.contains(row), "{text}");
        assert_eq!(table(&figures[..3], 0), "");
    }

    #[test]
    fn times_are_short() {
        for (seconds, text) in [(5.0, "5 s"), (600.0, "10 min"), (36_000.0, "10.0 h")] {
            assert_eq!(hours(seconds), text);
        }
    }
}
