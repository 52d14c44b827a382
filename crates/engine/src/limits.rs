//! How much is done at once. What blocks does so on threads that all callers share: those who wait for other instances must leave
//! some to those who answer other instances, else instances that wait for each other would stand still together.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::engine::Engine;

/// Questions of our own callers that have a thread at once: half of those there are (tokio has 512). The rest waits its turn.
const CALLERS_MAX: usize = 256;
/// Questions that wait for other instances at once; more are refused. Enough for thousands a second that are answered in
/// milliseconds, and few enough for threads if one instance does not answer at all.
const FORWARDED_MAX: usize = 64;

/// Pasts told at once; more are refused. One of ten thousand events takes some megabytes and two cores for a tenth of a second.
const PASTS_MAX: usize = 16;

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
    pub(crate) reports: Semaphore,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            callers: Arc::new(Semaphore::new(CALLERS_MAX)),
            forwarded: Semaphore::new(FORWARDED_MAX),
            fingerprints: Semaphore::new(1),
            queues: Semaphore::new(1),
            pasts: Semaphore::new(PASTS_MAX),
            reports: Semaphore::new(4),
        }
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
