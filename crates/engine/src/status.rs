//! How the partitions that are here are, for those who watch over an instance.

use std::time::Duration;

use origem_domain::position::{Offset, Partition, Position, Positions};
use origem_domain::time::Timestamp;
use origem_projector::Progress;

/// How one partition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionStatus {
    /// Which.
    pub partition: Partition,
    /// There are no other instances that could answer for it.
    pub alone: bool,
    /// The next offset to be appended.
    pub tail: Offset,
    /// How far its views are.
    pub progress: Progress,
    /// For how long records have been seen to wait without one being projected.
    pub standing: Duration,
    /// That is too long.
    pub stalled: bool,
}

impl PartitionStatus {
    /// Records that are appended and not projected yet.
    #[must_use]
    pub const fn lag(&self) -> u64 {
        self.tail.0.saturating_sub(self.progress.checkpoint.next.0)
    }

    /// For how long the oldest record that waits has waited, at least; zero if none does. `now` is the clock that records are
    /// received by.
    #[must_use]
    pub fn lag_time(&self, now: Timestamp) -> Duration {
        if self.lag() == 0 {
            return Duration::ZERO;
        }
        let since = self.progress.waiting_since.map(|at| now.micros() - at.micros());
        let waited = since.and_then(|micros| u64::try_from(micros).ok()).unwrap_or_default();
        // A projector that hangs has not looked at what waits.
        Duration::from_micros(waited).max(self.standing)
    }
}

/// How the partitions that are here are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Each by itself, in order.
    pub partitions: Vec<PartitionStatus>,
}

impl Status {
    /// Records that are appended and not projected yet.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.partitions.iter().map(PartitionStatus::lag).sum()
    }

    /// For how long the oldest record that waits has waited, at least; zero if none does.
    #[must_use]
    pub fn lag_time(&self, now: Timestamp) -> Duration {
        let each = self.partitions.iter().map(|status| status.lag_time(now));
        each.max().unwrap_or_default()
    }

    /// A projector has stopped for good.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.partitions.iter().any(|status| status.progress.failed)
    }

    /// The log could not be read when it was last tried. What is in the views can be read all the same.
    #[must_use]
    pub fn log_away(&self) -> bool {
        self.partitions.iter().any(|status| status.progress.log_away)
    }

    /// The last record of each partition that has one.
    #[must_use]
    pub fn last(&self) -> Positions {
        let lasts = self.partitions.iter().filter_map(|status| {
            let offset = status.tail.0.checked_sub(1)?;
            Some(Position::new(status.partition.0, offset))
        });
        lasts.collect()
    }

    /// Adds up one number of all checkpoints.
    #[must_use]
    pub fn sum(&self, of: impl Fn(&Progress) -> u64) -> u64 {
        self.partitions.iter().map(|status| of(&status.progress)).sum()
    }
}
