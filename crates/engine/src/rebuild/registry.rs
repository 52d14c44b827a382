//! Which rebuilds there were and which one is under way: one at a time, on a thread of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use origem_domain::position::Partition;
use origem_domain::time::Timestamp;
use tokio::sync::watch;

use super::note::Plan;
use super::status::{Phase, RebuildStatus, Settings};
use crate::error::EngineError;
use crate::generation::Projecting;
use crate::shard::Shard;

/// The shards that are here.
pub(crate) type Shards = RwLock<BTreeMap<Partition, Arc<Shard>>>;

/// Rebuilds that are remembered.
const REMEMBERED: usize = 20;

/// The rebuilds of an engine.
pub(crate) struct Rebuilds {
    pub(super) projecting: Projecting,
    pub(super) shards: Arc<Shards>,
    pub(super) settings: Settings,
    state: Mutex<State>,
    changed: Condvar,
    /// Counts changes of what is told.
    news: watch::Sender<u64>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    /// The oldest first.
    history: VecDeque<RebuildStatus>,
    /// Something is under way: the last of the history, or a way back.
    busy: bool,
    cancelled: bool,
    closed: bool,
    /// The partition at hand.
    at: Option<Partition>,
    /// What failed here is not begun again by itself.
    given_up: BTreeSet<Partition>,
}

impl Rebuilds {
    pub(crate) fn new(projecting: Projecting, shards: Arc<Shards>, settings: Settings) -> Self {
        Self {
            projecting,
            shards,
            settings,
            state: Mutex::default(),
            changed: Condvar::new(),
            news: watch::Sender::new(0),
            threads: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.changed.notify_all();
        self.news.send_modify(|count| *count += 1);
        changed
    }

    /// All that are remembered, the latest first.
    pub(super) fn all(&self) -> Vec<RebuildStatus> {
        self.state().history.iter().rev().cloned().collect()
    }

    pub(super) fn one(&self, id: u64) -> Option<RebuildStatus> {
        self.state().history.iter().find(|status| status.id == id).cloned()
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// The largest number a rebuild had here.
    pub(super) fn last(&self) -> u64 {
        self.state().history.iter().map(|status| status.id).max().unwrap_or(0)
    }

    /// From now on something is under way, if nothing was.
    pub(super) fn begin(&self) -> Result<(), EngineError> {
        self.change(|state| {
            if state.closed {
                return Err(EngineError::Closed);
            }
            if state.busy {
                return Err(EngineError::RebuildRunning);
            }
            (state.busy, state.cancelled) = (true, false);
            Ok(())
        })
    }

    /// What is under way is a rebuild.
    pub(super) fn announce(&self, plan: &Plan) {
        self.change(|state| {
            state.history.retain(|status| status.id != plan.id);
            state.history.push_back(RebuildStatus::begun(plan, now()));
            let superfluous = state.history.len().saturating_sub(REMEMBERED);
            state.history.drain(..superfluous);
        });
    }

    /// Changes what is told of the rebuild under way, if it is one.
    pub(super) fn tell(&self, what: impl FnOnce(&mut RebuildStatus)) {
        let is_under_way = |status: &&mut RebuildStatus| !status.phase.is_over();
        self.change(|state| state.history.back_mut().filter(is_under_way).map(what));
    }

    /// The rebuild under way has ended; `None`: it was interrupted, and goes on with the next start.
    pub(super) fn finish(&self, ended: Option<(Phase, Option<String>)>) {
        self.change(|state| {
            if let (Some((phase, error)), Some(status)) = (ended, state.history.back_mut()) {
                (status.phase, status.error) = (phase, error);
                (status.finished_at, status.eta_s) = (Some(now()), None);
            }
            state.busy = false;
        });
    }

    /// What was under way has failed, be it a rebuild or not.
    pub(super) fn fail(&self, why: &str) {
        self.tell(|status| {
            (status.phase, status.error) = (Phase::Failed, Some(why.to_owned()));
            (status.finished_at, status.eta_s) = (Some(now()), None);
        });
        self.end();
    }

    /// What was under way and no rebuild has ended.
    pub(super) fn end(&self) {
        self.change(|state| state.busy = false);
    }

    /// What was begun and is no rebuild ends with this, also if it panics.
    pub(super) fn under_way(&self) -> UnderWay<'_> {
        UnderWay(self)
    }

    /// Asks a rebuild to end, and waits until it has.
    pub(super) fn cancel(&self, id: u64) -> Option<RebuildStatus> {
        let is_under_way = |state: &State| {
            let last = state.history.back();
            state.busy && last.is_some_and(|status| status.id == id && !status.phase.is_over())
        };
        self.change(|state| state.cancelled |= is_under_way(state));
        let mut state = self.state();
        while is_under_way(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.one(id)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    pub(super) fn is_busy(&self) -> bool {
        self.state().busy
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Waits a while, or until something is asked.
    pub(super) fn pause(&self, time: Duration) {
        let state = self.state();
        let idle = |state: &mut State| !state.cancelled && !state.closed;
        drop(self.changed.wait_timeout_while(state, time, idle));
    }

    /// Works on a shard; `None` if it is given up, or not owned any more. Whoever gives it up waits for the end of it, also if it
    /// panics. It is looked at only after that is certain: another may have the views of a shard that was given up.
    pub(super) fn work_on<T>(&self, shard: &Shard, work: impl FnOnce() -> T) -> Option<T> {
        /// While this lives, the partition is worked on.
        struct At<'a>(&'a Rebuilds);

        impl Drop for At<'_> {
            fn drop(&mut self) {
                self.0.change(|state| state.at = None);
            }
        }

        self.change(|state| state.at = Some(shard.partition()));
        let _at = At(self);
        (!shard.has_ended() && !shard.is_warm()).then(work)
    }

    /// Waits until nothing works on these partitions, which were given up.
    pub(crate) fn leave(&self, partitions: &[Partition]) {
        let mut state = self.state();
        while state.at.is_some_and(|at| partitions.contains(&at)) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn give_up(&self, partition: Partition) {
        self.change(|state| state.given_up.insert(partition));
    }

    pub(super) fn is_given_up(&self, partition: Partition) -> bool {
        self.state().given_up.contains(&partition)
    }

    pub(super) fn keep_thread(&self, thread: JoinHandle<()>) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
    }

    /// Ends what is under way, so that it can go on with the next start, and takes nothing more.
    pub(crate) fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// Waits for the end of what was under way.
    pub(crate) fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a rebuild panicked");
            }
        }
    }
}

/// While this lives, something is under way.
pub(super) struct UnderWay<'a>(&'a Rebuilds);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The clock, for what a rebuild tells of itself.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
