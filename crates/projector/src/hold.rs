//! How a projector is held at a place, and let go: its reader reads nothing from there on, and its writer says how far it is.
//!
//! Two projectors that are held at the same place have the same prefix of the log: what they made of it can be compared, and one can
//! take the place of the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use origem_domain::position::Offset;

/// Shared by the reader, the writer and whoever holds them.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Nothing is read from here on.
    until: Option<Offset>,
    /// The reader waits here, with nothing in its hands.
    parked: Option<Offset>,
    /// What is committed.
    committed: Offset,
    /// The reader or the writer has ended.
    ended: bool,
}

impl Hold {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Nothing is to be read from `until` on. Gives where both threads stand still: there, or behind it where they were further
    /// already. `None` if that takes longer than `patience`, or they have ended.
    pub(crate) fn at(&self, until: Offset, patience: Duration) -> Option<Offset> {
        let deadline = Instant::now() + patience;
        self.change(|state| (state.until, state.parked) = (Some(until), None));
        let mut state = self.state();
        loop {
            if state.ended {
                return None;
            }
            if let Some(parked) = state.parked.filter(|parked| *parked <= state.committed) {
                return Some(parked);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Reading goes on.
    pub(crate) fn release(&self) {
        self.change(|state| (state.until, state.parked) = (None, None));
    }

    /// Where reading ends for now.
    pub(crate) fn until(&self) -> Offset {
        self.state().until.unwrap_or(Offset(u64::MAX))
    }

    /// The reader, which is to read from `next` on, waits as long as it is held.
    pub(crate) fn park(&self, next: Offset) {
        let mut state = self.state();
        while !state.ended && state.until.is_some_and(|until| next >= until) {
            if state.parked != Some(next) {
                state.parked = Some(next);
                self.changed.notify_all();
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The writer has committed everything before `next`.
    pub(crate) fn committed(&self, next: Offset) {
        self.change(|state| state.committed = next);
    }

    /// The writer rests, unless somebody waits for it.
    pub(crate) fn rest(&self, time: Duration) {
        let deadline = Instant::now() + time;
        let mut state = self.state();
        while !state.ended && state.until.is_none() {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return;
            };
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Nobody is held any more, and nobody waits for it.
    pub(crate) fn end(&self) {
        self.change(|state| state.ended = true);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn it_is_held_where_the_reader_stands_and_all_is_committed() {
        let (hold, done) = (Hold::default(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    hold.park(Offset(5));
                    std::thread::yield_now();
                }
            });
            hold.committed(Offset(4));
            assert_eq!(hold.at(Offset(3), Duration::from_millis(20)), None, "a batch is still being written");
            hold.committed(Offset(5));
            assert_eq!(hold.at(Offset(3), LONG), Some(Offset(5)), "it was further than asked for");
            assert_eq!(hold.at(Offset(5), LONG), Some(Offset(5)));
            assert_eq!(hold.until(), Offset(5));
            done.store(true, Ordering::Relaxed);
            hold.release();
            reader.join().unwrap();
        });
        assert_eq!(hold.until(), Offset(u64::MAX));
        assert_eq!(hold.at(Offset(9), Duration::ZERO), None, "nobody reads");
        hold.end();
        assert_eq!(hold.at(Offset(9), LONG), None);
        hold.park(Offset(9));
        hold.rest(LONG);
    }
}
