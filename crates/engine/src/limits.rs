//! How much is done at once. What blocks does so on threads that all callers share: those who wait for other instances must leave
//! some to those who answer other instances, else instances that wait for each other would stand still together.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::engine::Engine;
use crate::error::EngineError;

/// Questions of our own callers that have a thread at once: half of those there are (tokio has 512). The rest waits its turn.
const CALLERS_MAX: usize = 256;
/// Questions that wait for other instances at once; more are refused. Enough for thousands a second that are answered in
/// milliseconds, and few enough for threads if one instance does not answer at all.
const FORWARDED_MAX: usize = 64;

/// Pasts told at once; more are refused. One of ten thousand events takes some megabytes and two cores for a tenth of a second.
const PASTS_MAX: usize = 16;

/// Reports over all tickets that are worked out at once: each takes every core.
const REPORTS_MAX: usize = 2;
/// Reports that wait their turn; more are refused. A page shows five, and each takes a second at most.
const WAITING_REPORTS_MAX: usize = 32;

/// Turns to be had.
pub(crate) struct Limits {
    callers: Arc<Semaphore>,
    pub(crate) forwarded: Semaphore,
    pub(crate) fingerprints: Semaphore,
    /// Queues of the past, each of which reads every conversation.
    pub(crate) queues: Semaphore,
    /// Pasts of single conversations, each of which holds all its records in memory.
    pub(crate) pasts: Semaphore,
    /// Reports over all tickets, each of which takes every core for a while.
    pub(crate) reports: Turns,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            callers: Arc::new(Semaphore::new(CALLERS_MAX)),
            forwarded: Semaphore::new(FORWARDED_MAX),
            fingerprints: Semaphore::new(1),
            queues: Semaphore::new(1),
            pasts: Semaphore::new(PASTS_MAX),
            reports: Turns::new(REPORTS_MAX, WAITING_REPORTS_MAX),
        }
    }
}

/// Turns that are waited for on threads that may block.
pub(crate) struct Turns {
    state: Mutex<Queue>,
    freed: Condvar,
    waiting_max: usize,
}

struct Queue {
    free: usize,
    waiting: usize,
}

/// A turn, until it is dropped.
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    const fn new(number: usize, waiting_max: usize) -> Self {
        Self {
            state: Mutex::new(Queue {
                free: number,
                waiting: 0,
            }),
            freed: Condvar::new(),
            waiting_max,
        }
    }

    /// Waits for a turn. Blocks.
    ///
    /// # Errors
    /// `Crowded` if too many wait already.
    pub(crate) fn take(&self) -> Result<Turn<'_>, EngineError> {
        let mut queue = self.queue();
        if queue.free == 0 && queue.waiting >= self.waiting_max {
            return Err(EngineError::Crowded);
        }
        queue.waiting += 1;
        while queue.free == 0 {
            queue = self.freed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.waiting -= 1;
        queue.free -= 1;
        Ok(Turn(self))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.queue().free += 1;
        self.0.freed.notify_one();
    }
}

impl Engine {
    /// Asks on a thread that may block, for a caller of this instance; waits while too many others have one.
    ///
    /// # Errors
    /// If the question panics, or the runtime ends.
    pub async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // Nobody closes the semaphore; without a turn it would go on all the same.
        let turn = self.limits.callers.clone().acquire_owned().await;
        let engine = self.clone();
        let work = move || {
            // Until the thread is free again: a caller may have gone away long before.
            let _turn = turn;
            question(&engine)
        };
        tokio::task::spawn_blocking(work).await
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_turn_is_waited_for_and_too_many_are_refused() {
        let turns = Turns::new(1, 1);
        let first = turns.take().unwrap();
        thread::scope(|scope| {
            let second = scope.spawn(|| turns.take().map(drop));
            while turns.queue().waiting == 0 {
                thread::yield_now();
            }
            assert!(matches!(turns.take(), Err(EngineError::Crowded)), "one waits already");
            drop(first);
            second.join().unwrap().unwrap();
        });
        assert!(turns.take().is_ok(), "it was given back");
    }
}
