//! Group commit: many callers, one write and one sync.
//!
//! There is no writer thread. The first caller to find nobody writing becomes the leader: it takes all that waits, commits it
//! and wakes everyone of that group; then one of those who queued up meanwhile leads the next. A lone caller so writes on its
//! own thread at once, and nobody ever waits for a timer.
//!
//! ```text
//!   caller 1   encode | lead: write + sync A      |
//!   caller 2    encode | wait ....................| lead: write + sync B,C |
//!   caller 3     encode | wait ...................| wait ..................| done
//! ```

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use origem_domain::position::Offset;

use crate::writer::{Failure, Writer};

/// The callers of an open log.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    /// Signalled when the waiting batches have been taken, so that there is room again.
    room: Condvar,
    writer: Mutex<Writer>,
    bytes_max: u64,
}

#[derive(Debug, Default)]
struct Waiting {
    group: Arc<Group>,
    /// Frames of the group that collects at present, one buffer per batch.
    batches: Vec<Vec<u8>>,
    bytes: u64,
    records: u64,
    /// A leader is at work.
    writing: bool,
}

/// Batches that are committed together. Its members wait on its own condition, so that a commit wakes no stranger.
#[derive(Debug, Default)]
struct Group {
    outcome: OnceLock<Result<Offset, Failure>>,
    turn: Condvar,
}

impl Queue {
    /// `bytes_max`: how much may wait; further callers block.
    pub(crate) fn new(writer: Writer, bytes_max: u64) -> Self {
        Self {
            waiting: Mutex::default(),
            room: Condvar::new(),
            writer: Mutex::new(writer),
            bytes_max,
        }
    }

    /// Commits `frames`, which are `records` records, together with whatever else waits; returns the offset of the first.
    pub(crate) fn commit(&self, frames: Vec<u8>, records: u64) -> Result<Offset, Failure> {
        let bytes = frames.len() as u64;
        let full = |waiting: &mut Waiting| waiting.bytes > 0 && waiting.bytes + bytes > self.bytes_max;
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self
            .room
            .wait_while(waiting, full)
            .unwrap_or_else(PoisonError::into_inner);
        let group = Arc::clone(&waiting.group);
        let before = waiting.records;
        waiting.batches.push(frames);
        waiting.bytes += bytes;
        waiting.records += records;
        loop {
            if let Some(outcome) = group.outcome.get() {
                return outcome.clone().map(|first| first.plus(before));
            }
            waiting = if waiting.writing {
                group.turn.wait(waiting).unwrap_or_else(PoisonError::into_inner)
            } else {
                // Nobody writes and the group has no outcome, so it is the one that collects.
                self.lead(waiting)
            };
        }
    }

    /// Runs `act` on the writer while nobody commits.
    pub(crate) fn with_writer<T>(&self, act: impl FnOnce(&mut Writer) -> T) -> T {
        act(&mut self.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lead<'a>(&'a self, mut waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        let taken = mem::replace(
            &mut *waiting,
            Waiting {
                writing: true,
                ..Waiting::default()
            },
        );
        drop(waiting);
        self.room.notify_all();
        let frames = join(taken.batches);
        let outcome = self.with_writer(|writer| writer.commit(&frames, taken.records));

        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.writing = false;
        let _ = taken.group.outcome.set(outcome);
        taken.group.turn.notify_all();
        waiting.group.turn.notify_one();
        waiting
    }
}

/// All batches end to end. A lone one is used as it is.
fn join(mut batches: Vec<Vec<u8>>) -> Vec<u8> {
    if batches.len() == 1 {
        batches.remove(0)
    } else {
        batches.concat()
    }
}
