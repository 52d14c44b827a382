//! How the partitions that are here are, for those who watch over an instance.

use origem_domain::position::{Offset, Partition, Position, Positions};
use origem_projector::Progress;

/// How one partition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionStatus {
    /// Which.
    pub partition: Partition,
    /// The next offset to be appended.
    pub tail: Offset,
    /// How far its views are.
    pub progress: Progress,
}

impl PartitionStatus {
    /// Records that are appended and not projected yet.
    #[must_use]
    pub const fn lag(&self) -> u64 {
        self.tail.0.saturating_sub(self.progress.checkpoint.next.0)
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

    /// A projector has stopped for good.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.partitions.iter().any(|status| status.progress.failed)
    }

    /// Views are new and not whole yet.
    #[must_use]
    pub fn loading(&self) -> bool {
        self.partitions.iter().any(|status| status.progress.loading)
    }

    /// The log could not be read when it was last tried. What is in the views can be read all the same.
    #[must_use]
    pub fn log_away(&self) -> bool {
        self.partitions.iter().any(|status| status.progress.log_away)
    }

    /// Why no requests should be sent here, in a word; `None`: nothing is against it. A log that is away is not: all instances
    /// would be without it, and reads go on. `lag_max`: the records up to which the
    /// views may be behind.
    #[must_use]
    pub fn unready(&self, lag_max: u64) -> Option<&'static str> {
        if self.failed() {
            Some("projector_failed")
        } else if self.loading() {
            Some("loading")
        } else if self.lag() > lag_max {
            Some("lagging")
        } else {
            None
        }
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
