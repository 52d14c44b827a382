//! What intake has done so far and how it is, shared by its thread, its callbacks and its handle.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What intake has done since its start and how it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntakeStatus {
    /// Deliveries that were taken in, committed.
    pub deliveries: u64,
    /// Records that they became, committed.
    pub events: u64,
    /// Of these, not understood.
    pub unrecognised: u64,
    /// Deliveries whose records the events topic did not take, replaced by others.
    pub refused: u64,
    /// Deliveries whose replacement it did not take either: nothing stands for them.
    pub given_up: u64,
    /// Transactions that were committed.
    pub transactions: u64,
    /// Transactions that were aborted; what was in them was read again.
    pub aborted: u64,
    /// The partitions that are ours, by topic and number.
    pub assigned: Vec<(String, u32)>,
    /// Deliveries that wait in each of our partitions, as known some seconds ago.
    pub lag: BTreeMap<(String, u32), u64>,
    /// The last thing that went wrong, for people.
    pub last_error: Option<String>,
    /// Why intake ended although nobody stopped it: it will not come back.
    pub ended: Option<String>,
}

#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    stopping: Condvar,
}

#[derive(Default)]
struct State {
    status: IntakeStatus,
    stopped: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self) -> IntakeStatus {
        self.state().status.clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut IntakeStatus)) {
        change(&mut self.state().status);
    }

    pub(super) fn failed(&self, error: String) {
        let mut state = self.state();
        // Said once: without a broker the same is true many times a second.
        if state.status.last_error.as_ref() != Some(&error) {
            tracing::warn!("intake: {error}");
        }
        state.status.last_error = Some(error);
    }

    pub(super) fn ended(&self, why: String) {
        tracing::error!("intake ended: {why}");
        self.state().status.ended = Some(why);
    }

    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.stopping.notify_all();
    }

    pub(super) fn stopped(&self) -> bool {
        self.state().stopped
    }

    /// Waits for `time` or until stopped.
    pub(super) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.state();
        while !state.stopped
            && let Some(left) = until.checked_duration_since(Instant::now())
        {
            state = self
                .stopping
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}
