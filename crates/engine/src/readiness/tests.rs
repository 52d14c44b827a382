//! What the watchdog says of what it sees, second by second.

use std::sync::Arc;

use origem_domain::time::Timestamp;
use origem_projector::Progress;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::*;

const LIMITS: Limits = Limits {
    lag_max: 100,
    stall_after: Duration::from_secs(30),
};

/// A partition as it is at a second.
#[derive(Clone, Copy)]
struct At {
    second: u64,
    next: u64,
    tail: u64,
    progress: Progress,
}

fn at(second: u64, next: u64, tail: u64) -> At {
    let progress = Progress::default();
    At {
        second,
        next,
        tail,
        progress,
    }
}

impl At {
    fn with(mut self, change: impl FnOnce(&mut Progress)) -> Self {
        change(&mut self.progress);
        self
    }

    fn status(self, partition: u32, alone: bool) -> PartitionStatus {
        let mut progress = self.progress;
        progress.checkpoint.next = Offset(self.next);
        PartitionStatus {
            partition: Partition(partition),
            alone,
            tail: Offset(self.tail),
            progress,
            standing: Duration::ZERO,
            stalled: false,
        }
    }
}

/// What is said at each of these moments.
fn told(moments: &[At], alone: bool) -> Vec<&'static str> {
    let (watchdog, began) = (Watchdog::default(), Instant::now());
    let mut told = Vec::new();
    for moment in moments {
        let partitions = vec![moment.status(0, alone)];
        let now = began + Duration::from_secs(moment.second);
        let readiness = watchdog.look(Status { partitions }, &LIMITS, now);
        told.push(readiness.cause.map_or("ready", |cause| cause.code));
    }
    told
}

#[test]
fn a_projector_stands_still_when_records_wait_and_none_is_projected() {
    let away = |progress: &mut Progress| progress.log_away = true;
    let failed = |progress: &mut Progress| progress.failed = true;
    let loading = |progress: &mut Progress| progress.loading = true;
    let full = |progress: &mut Progress| progress.no_space = true;
    for (moments, alone, expected) in [
        // Nothing waits, however long.
        (vec![at(0, 5, 5), at(99, 5, 5)], true, vec!["ready", "ready"]),
        (
            vec![at(0, 5, 6), at(29, 5, 9), at(30, 5, 9)],
            true,
            vec!["ready", "ready", "projector_stalled"],
        ),
        // Slow is not still.
        (
            vec![at(0, 5, 9), at(25, 6, 9), at(50, 7, 9), at(79, 7, 9)],
            true,
            vec!["ready"; 4],
        ),
        // It lets go when something is projected, and bites again.
        (
            vec![
                at(0, 5, 9),
                at(40, 5, 9),
                at(41, 6, 9),
                at(70, 6, 9),
                at(71, 6, 9),
                at(72, 9, 9),
            ],
            true,
            vec![
                "ready",
                "projector_stalled",
                "ready",
                "ready",
                "projector_stalled",
                "ready",
            ],
        ),
        // What waited was projected between two looks, and something else waits since.
        (
            vec![at(0, 5, 9), at(20, 9, 9), at(40, 9, 10), at(60, 9, 10)],
            true,
            vec!["ready"; 4],
        ),
        // It says what it waits for, and goes on by itself.
        (
            vec![at(0, 5, 9).with(full), at(31, 5, 9).with(full), at(32, 9, 9)],
            true,
            vec!["ready", "views_no_space", "ready"],
        ),
        // Views that are new can stand still too.
        (
            vec![at(0, 5, 9).with(loading), at(31, 5, 9).with(loading)],
            true,
            vec!["loading", "projector_stalled"],
        ),
        (vec![at(0, 0, 101), at(1, 1, 101)], true, vec!["lagging", "ready"]),
        (
            vec![at(0, 5, 9), at(99, 5, 9).with(failed)],
            true,
            vec!["ready", "projector_failed"],
        ),
        // A log that is away: at once no fault of the projector's, and no cause before patience ends.
        (
            vec![
                at(0, 5, 9).with(away),
                at(31, 5, 9).with(away),
                at(32, 5, 9),
                at(61, 5, 9),
            ],
            true,
            vec!["ready", "log_unavailable", "ready", "ready"],
        ),
        (
            vec![at(0, 5, 9).with(away), at(99, 5, 9).with(away)],
            false,
            vec!["ready", "ready"],
        ),
    ] {
        let seconds: Vec<u64> = moments.iter().map(|moment| moment.second).collect();
        assert_eq!(told(&moments, alone), expected, "{seconds:?}");
    }
}

#[test]
fn the_worst_of_several_partitions_is_told_with_its_name() {
    let (watchdog, now) = (Watchdog::default(), Instant::now());
    let loading = at(0, 0, 9).with(|progress| progress.loading = true);
    let failed = at(0, 0, 9).with(|progress| progress.failed = true);
    let partitions = vec![
        loading.status(0, true),
        failed.status(1, true),
        at(0, 0, 900).status(2, true),
    ];
    let all = watchdog.look(Status { partitions }, &LIMITS, now);
    assert_eq!(
        (all.cause, all.partition),
        (Some(Cause::PROJECTOR_FAILED), Some(Partition(1)))
    );
    // Behind are all of them together.
    let partitions = vec![at(0, 0, 60).status(0, true), at(0, 0, 60).status(2, true)];
    let rest = watchdog.look(Status { partitions }, &LIMITS, now);
    assert_eq!((rest.cause, rest.partition), (Some(Cause::LAGGING), None));
}

#[test]
fn a_partition_that_comes_back_is_watched_anew() {
    let (watchdog, began) = (Watchdog::default(), Instant::now());
    let look = |partitions: Vec<PartitionStatus>, second| {
        watchdog
            .look(Status { partitions }, &LIMITS, began + Duration::from_secs(second))
            .cause
    };
    let still = at(0, 5, 9).status(3, false);
    assert_eq!(look(vec![still], 0), None);
    assert_eq!(look(vec![], 20), None);
    assert_eq!(look(vec![still], 40), None);
    assert_eq!(look(vec![still], 70), Some(Cause::PROJECTOR_STALLED));
}

#[test]
fn what_waits_has_waited_since_it_was_received_or_seen_to_wait() {
    let second = |second: i64| Timestamp::from_micros(second * 1_000_000);
    let standing = Duration::from_secs(7);
    for (next, since, expected) in [
        (9, Some(1), 0),
        (5, Some(1), 19),
        (5, Some(18), 7),
        (5, None, 7),
        (5, Some(99), 7),
    ] {
        let status = PartitionStatus {
            standing,
            ..at(0, next, 9)
                .with(|progress| progress.waiting_since = since.map(second))
                .status(0, true)
        };
        assert_eq!(status.lag_time(second(20)).as_secs(), expected);
    }
}

/// Keeps the level of every line that is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Level>>>);

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(*event.metadata().level());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn that_it_bites_and_that_it_lets_go_is_logged_once_each() {
    let lines = Lines::default();
    let moments = [
        at(0, 5, 9),
        at(40, 5, 9),
        at(50, 5, 9),
        at(60, 5, 10),
        at(61, 10, 10),
        at(99, 10, 10),
    ];
    tracing::subscriber::with_default(lines.clone(), || told(&moments, true));
    assert_eq!(*lines.0.lock().unwrap(), [Level::WARN, Level::INFO]);
}
