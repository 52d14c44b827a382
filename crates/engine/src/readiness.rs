//! Whether to send requests here: the one place where that is decided, and the watchdog for projectors that stand still.
//!
//! The watchdog has no thread that could hang with what it watches: it looks whenever somebody asks, by the clock of whoever does.
//! The server asks every second.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use tracing::{info, warn};

use crate::engine::Engine;
use crate::status::{PartitionStatus, Status};

/// From when on an instance is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records that the views may be behind the log.
    pub lag_max: u64,
    /// How long records may wait without one being projected, and how long a log may be away that nobody else has.
    pub stall_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lag_max: 1_000,
            stall_after: Duration::from_secs(30),
        }
    }
}

/// Why no requests should be sent here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// In a word, for machines.
    pub code: &'static str,
    /// In a sentence.
    pub message: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

impl Cause {
    /// A projector has stopped for good.
    pub const PROJECTOR_FAILED: Self = Self {
        code: "projector_failed",
        message: "a projector has stopped: its views stay as they are",
        advice: "look in the server's log for the reason, mend that, then restart the server",
    };
    /// The log cannot be read, and there is no other instance to read from.
    pub const LOG_UNAVAILABLE: Self = Self {
        code: "log_unavailable",
        message: "the log cannot be read",
        advice: "look at the disk of the log, and in the server's log for what it says; the server goes on by itself",
    };
    /// Records wait, because the views cannot be written.
    pub const VIEWS_FULL: Self = Self {
        code: "views_no_space",
        message: "the disk of the views is full, and records wait for longer than ready.stall_after",
        advice: "free some space on the disk of the views, or give it more; the server goes on by itself",
    };
    /// Records wait, and none is projected.
    pub const PROJECTOR_STALLED: Self = Self {
        code: "projector_stalled",
        message: "records wait in the log, and none was projected for longer than ready.stall_after",
        advice: "look whether the disk or the processor is overloaded; if it stays so, restart the server",
    };
    /// The views are new.
    pub const LOADING: Self = Self {
        code: "loading",
        message: "the views are new and are being folded from the log",
        advice: "wait; origem_projection_lag_events tells how many records are left",
    };
    /// The views are too far behind.
    pub const LAGGING: Self = Self {
        code: "lagging",
        message: "the views are more records behind the log than ready.lag_max",
        advice: "wait; if the lag does not shrink, more comes in than this machine can project",
    };
}

/// How the partitions that are here are, and whether to send requests here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Why not; `None`: nothing is against it.
    pub cause: Option<Cause>,
    /// The partition that is to blame.
    pub partition: Option<Partition>,
    /// How the partitions are.
    pub status: Status,
}

/// What a watchdog remembers of a partition.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    next: Offset,
    /// Since when records wait at this place.
    waiting: Option<Instant>,
    /// Since when the log is away.
    away: Option<Instant>,
    stalled: bool,
}

/// Watches over projectors.
#[derive(Debug, Default)]
pub(crate) struct Watchdog(Mutex<BTreeMap<Partition, Seen>>);

impl Watchdog {
    /// Looks at the partitions as they are at `now`, and says in `status` which of them stand still.
    fn look(&self, mut status: Status, limits: &Limits, now: Instant) -> Readiness {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What is not here any more is watched elsewhere.
        all.retain(|partition, _| status.partitions.iter().any(|one| one.partition == *partition));
        let mut worst: Option<(usize, Cause, Partition)> = None;
        for one in &mut status.partitions {
            let seen = all.entry(one.partition).or_default();
            seen.look(one, limits, now);
            let away = seen.away.map(|since| now.saturating_duration_since(since));
            let is_away = one.alone && away.is_some_and(|away| away >= limits.stall_after);
            let causes = [
                (one.progress.failed, Cause::PROJECTOR_FAILED),
                (is_away, Cause::LOG_UNAVAILABLE),
                (one.stalled && one.progress.no_space, Cause::VIEWS_FULL),
                (one.stalled, Cause::PROJECTOR_STALLED),
                (one.progress.loading, Cause::LOADING),
            ];
            let Some(rank) = causes.iter().position(|(holds, _)| *holds) else {
                continue;
            };
            if worst.is_none_or(|(known, ..)| rank < known) {
                worst = Some((rank, causes[rank].1, one.partition));
            }
        }
        let (cause, partition) = match worst {
            Some((_, cause, partition)) => (Some(cause), Some(partition)),
            None => ((status.lag() > limits.lag_max).then_some(Cause::LAGGING), None),
        };
        Readiness {
            cause,
            partition,
            status,
        }
    }
}

impl Seen {
    fn look(&mut self, one: &mut PartitionStatus, limits: &Limits, now: Instant) {
        let progress = &one.progress;
        let (partition, next) = (one.partition, progress.checkpoint.next);
        self.away = self.away.or(Some(now)).filter(|_| progress.log_away);
        // A log that is away is no fault of the projector's, and one that has failed has said so.
        let can_move = one.lag() > 0 && !progress.log_away && !progress.failed;
        if next != self.next || !can_move {
            self.waiting = None;
        }
        self.next = next;
        if can_move {
            one.standing = now.saturating_duration_since(*self.waiting.get_or_insert(now));
        }
        one.stalled = can_move && one.standing >= limits.stall_after;
        if one.stalled != self.stalled {
            self.stalled = one.stalled;
            if one.stalled {
                let seconds = one.standing.as_secs();
                warn!(%partition, %next, tail = %one.tail, seconds, "the projector stands still although records wait");
            } else {
                info!(%partition, %next, tail = %one.tail, "the projector does not stand still any more");
            }
        }
    }
}

impl Engine {
    /// How the partitions that are here are, and whether to send requests here, as far as the engine knows. Asks nobody, so it
    /// answers whatever the log does. `now` is what the watchdog measures by; it goes forward only.
    #[must_use]
    pub fn readiness(&self, now: Instant) -> Readiness {
        self.watchdog.look(self.last_status(), &self.options.readiness, now)
    }
}

#[cfg(test)]
mod tests;
