//! The consumers of one partition: those that wait for whoever goes on from where they stand, and how many are in use. Each
//! costs memory and threads, so that who wants another one may have to wait for a turn.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Kept while nobody reads.
const IDLE_MAX: usize = 3;
/// One that nobody used for this long is closed: it holds what it has fetched.
const IDLE: Duration = Duration::from_secs(60);
/// In use at the same time. Who goes on from where one stands never waits, so that many who look elsewhere hold nobody up;
/// there are never more than these and the idle ones.
pub(super) const USED_MAX: usize = 8;

/// What a reader begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken<C> {
    /// Stands where it should.
    Standing(C),
    /// Has to be moved.
    Spare(C),
    /// Has to be made.
    Nothing,
}

pub(super) struct Pool<C> {
    state: Mutex<State<C>>,
    freed: Condvar,
}

struct State<C> {
    /// With the time of its last use, the oldest first.
    idle: Vec<(Instant, C)>,
    used: usize,
}

impl<C> Default for Pool<C> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                idle: Vec::new(),
                used: 0,
            }),
            freed: Condvar::new(),
        }
    }
}

impl<C> Pool<C> {
    /// One that `stands` right, else the right to a new one, else the one that was not used for longest. Whatever is taken has
    /// to be [put back](Pool::put_back). `None` if all stayed in use for `patience`.
    pub fn take(&self, stands: impl Fn(&C) -> bool, patience: Duration) -> Option<Taken<C>> {
        let begun = Instant::now();
        let mut state = self.lock();
        loop {
            if let Some(index) = state.idle.iter().position(|(_, one)| stands(one)) {
                state.used += 1;
                return Some(Taken::Standing(state.idle.remove(index).1));
            }
            if state.used < USED_MAX {
                state.used += 1;
                let full = state.idle.len() >= IDLE_MAX;
                return Some(if full {
                    Taken::Spare(state.idle.remove(0).1)
                } else {
                    Taken::Nothing
                });
            }
            let left = patience.checked_sub(begun.elapsed())?;
            let waited = self.freed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What was taken, or nothing if it is of no use any more.
    pub fn put_back(&self, one: Option<C>) {
        let mut state = self.lock();
        state.used -= 1;
        let now = Instant::now();
        state.idle.extend(one.map(|one| (now, one)));
        let old = state
            .idle
            .iter()
            .take_while(|(used, _)| now.duration_since(*used) >= IDLE)
            .count();
        let surplus = state.idle.len().saturating_sub(IDLE_MAX);
        let closed: Vec<_> = state.idle.drain(..old.max(surplus)).collect();
        drop(state);
        self.freed.notify_all();
        // Closing a consumer takes time: not while others wait for the lock.
        drop(closed);
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn one_that_stands_right_is_given_and_the_oldest_is_moved() {
        let pool = Pool::<u64>::default();
        let take = |from| pool.take(|one| *one == from, NOW).unwrap();
        for from in 0..5 {
            assert_eq!(take(from), Taken::Nothing);
        }
        (0..5).for_each(|from| pool.put_back(Some(from)));
        // 2, 3 and 4 were kept.
        assert_eq!(take(3), Taken::Standing(3));
        assert_eq!(take(3), Taken::Nothing, "there is room for another");
        pool.put_back(Some(7));
        pool.put_back(Some(8));
        assert_eq!(take(9), Taken::Spare(4));
        assert_eq!(take(8), Taken::Standing(8));
    }

    #[test]
    fn others_wait_while_too_many_are_in_use() {
        let pool = Pool::<u64>::default();
        assert_eq!(pool.take(|_| true, NOW), Some(Taken::Nothing));
        pool.put_back(Some(1));
        for _ in 0..USED_MAX {
            assert_eq!(pool.take(|_| false, NOW), Some(Taken::Nothing));
        }
        assert_eq!(pool.take(|_| false, NOW), None);
        assert_eq!(pool.take(|one| *one == 1, NOW), Some(Taken::Standing(1)), "it goes on");
        pool.put_back(Some(2));
        assert_eq!(pool.take(|_| false, NOW), None);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| pool.take(|_| false, Duration::from_secs(60)));
            pool.put_back(None);
            assert_eq!(waiting.join().unwrap(), Some(Taken::Nothing), "its turn has come");
        });
    }
}
