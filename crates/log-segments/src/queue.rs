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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::recovery::recover;
    use crate::segment::Segments;
    use crate::storage::faulty::{Disk, Plan};
    use crate::{Options, frame};

    fn queue(disk: &Disk, bytes_max: u64) -> Queue {
        let (segments, mark, _) = recover(disk).unwrap();
        let last = segments.last().cloned().unwrap();
        let storage = Arc::new(disk.clone());
        Queue::new(
            Writer::new(
                storage,
                Arc::new(Segments::new(segments)),
                &last,
                mark,
                &Options::default(),
            ),
            bytes_max,
        )
    }

    fn framed(records: usize) -> Vec<u8> {
        let mut frames = Vec::new();
        (0..records).for_each(|_| frame::encode(b"ab", &mut frames));
        frames
    }

    /// Holds the writer until one caller leads and `callers` more wait, then lets them go; what they got, in any order.
    fn commit_together(queue: &Queue, callers: usize) -> Vec<Result<Offset, Failure>> {
        let until = |done: &dyn Fn(&Waiting) -> bool| {
            while !done(&queue.waiting.lock().unwrap()) {
                thread::yield_now();
            }
        };
        thread::scope(|scope| {
            let held = queue.writer.lock().unwrap();
            let mut running = vec![scope.spawn(|| queue.commit(framed(1), 1))];
            until(&|waiting| waiting.writing);
            running.extend((0..callers).map(|_| scope.spawn(|| queue.commit(framed(2), 2))));
            until(&|waiting| waiting.batches.len() == callers);
            drop(held);
            running.into_iter().map(|caller| caller.join().unwrap()).collect()
        })
    }

    #[test]
    fn callers_that_come_during_a_commit_share_the_next_one() {
        let disk = Disk::new(0);
        let queue = queue(&disk, 1_000);
        disk.plan(Plan::Nothing);
        let mut offsets: Vec<u64> = commit_together(&queue, 7)
            .into_iter()
            .map(|first| first.unwrap().0)
            .collect();
        offsets.sort_unstable();
        assert_eq!(offsets, [0, 1, 3, 5, 7, 9, 11, 13]);
        assert_eq!(
            disk.calls(),
            2 * 3,
            "two commits of a write, a sync and a move of the mark"
        );
    }

    #[test]
    fn a_failed_sync_fails_everyone_of_the_commit_and_whoever_comes_later() {
        let disk = Disk::new(0);
        let queue = queue(&disk, 1_000);
        disk.plan(Plan::FailOnce(4)); // write, sync, mark, write, SYNC
        let outcomes = commit_together(&queue, 7);
        let unconfirmed = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Err(Failure::Unconfirmed(_))))
            .count();
        assert_eq!(
            (unconfirmed, outcomes.iter().filter(|outcome| outcome.is_ok()).count()),
            (7, 1)
        );
        assert!(matches!(queue.commit(framed(1), 1), Err(Failure::Poisoned(_))));
    }

    #[test]
    fn callers_block_while_too_much_waits() {
        let disk = Disk::new(0);
        let queue = queue(&disk, 2 * framed(2).len() as u64);
        thread::scope(|scope| {
            let held = queue.writer.lock().unwrap();
            let callers: Vec<_> = (0..9).map(|_| scope.spawn(|| queue.commit(framed(2), 2))).collect();
            while queue.waiting.lock().unwrap().batches.len() < 2 {
                thread::yield_now();
            }
            assert_eq!(queue.waiting.lock().unwrap().batches.len(), 2);
            drop(held);
            let mut offsets: Vec<u64> = callers
                .into_iter()
                .map(|caller| caller.join().unwrap().unwrap().0)
                .collect();
            offsets.sort_unstable();
            assert_eq!(offsets, (0..9).map(|i| i * 2).collect::<Vec<_>>());
        });
    }
}
