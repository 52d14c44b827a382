//! What the engine measures of its own work, for metrics: counters that cost an addition each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use origem_domain::position::Offset;

/// Upper bounds of the buckets of durations, in microseconds: from what a flush takes to what people give up after.
const BOUNDS_US: [u64; 12] = [
    100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000,
];

/// How long something took, by bucket.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    /// The last has no bound.
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

/// What was measured of durations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// Upper bound in seconds, and how many fell into this bucket and no smaller one; in order, the last without a bound.
    pub buckets: Vec<(f64, u64)>,
    /// All together, in seconds.
    pub sum: f64,
}

impl Histogram {
    /// How many were measured.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

impl Durations {
    pub(crate) fn add(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.partition_point(|bound| *bound < micros);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(micros, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Histogram {
        let bounds = BOUNDS_US
            .iter()
            .map(|micros| Duration::from_micros(*micros).as_secs_f64());
        let counts = self.buckets.iter().map(|count| count.load(Ordering::Relaxed));
        Histogram {
            buckets: bounds.chain([f64::INFINITY]).zip(counts).collect(),
            sum: Duration::from_micros(self.sum_us.load(Ordering::Relaxed)).as_secs_f64(),
        }
    }
}

/// What is measured of the queue in front of a partition of the log, and of its appends.
#[derive(Debug, Default)]
pub(crate) struct QueueMeter {
    waiting: AtomicU64,
    turned_away: AtomicU64,
    failed: AtomicU64,
    tail: AtomicU64,
    appends: Durations,
}

/// What was measured of the queue in front of a partition of the log, since the start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueueReading {
    /// Deliveries that wait to be appended now.
    pub waiting: u64,
    /// Deliveries that found the queue full.
    pub turned_away: u64,
    /// Appends that failed.
    pub failed: u64,
    /// The next offset after the last append.
    pub tail: Offset,
    /// How long appends took, until they were durable or failed.
    pub appends: Histogram,
}

impl QueueMeter {
    pub(crate) fn come(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn taken(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// One found no place.
    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    /// An append ended; `tail` is the next offset after it if it succeeded.
    pub(crate) fn appended(&self, took: Duration, tail: Option<Offset>) {
        self.appends.add(took);
        match tail {
            Some(tail) => drop(self.tail.fetch_max(tail.0, Ordering::Relaxed)),
            None => drop(self.failed.fetch_add(1, Ordering::Relaxed)),
        }
    }

    pub(crate) fn tail(&self) -> Offset {
        Offset(self.tail.load(Ordering::Relaxed))
    }

    pub(crate) fn read(&self) -> QueueReading {
        QueueReading {
            waiting: self.waiting.load(Ordering::Relaxed),
            turned_away: self.turned_away.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            tail: self.tail(),
            appends: self.appends.read(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fall_into_the_first_bucket_that_holds_them() {
        let durations = Durations::default();
        for micros in [0, 100, 101, 30_000, 9_000_000] {
            durations.add(Duration::from_micros(micros));
        }
        let read = durations.read();
        let filled: Vec<(f64, u64)> = read.buckets.iter().copied().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(0.0001, 2), (0.0005, 1), (0.05, 1), (f64::INFINITY, 1)]);
        assert_eq!(read.count(), 5);
        assert!((read.sum - 9.030_201).abs() < 1e-9, "{}", read.sum);
    }
}
