//! A publisher on a thread of its own: when it works, how long it waits after a failure, how it is asked and stopped.

use std::error::Error;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use origem_domain::position::Position;
use origem_log::{Outlet, OutletError};
use tracing::{error, info, warn};

use crate::follower::{Follower, StepError};
use crate::options::Options;
use crate::source::Source;

/// How long a publisher with nothing to do waits before it looks whether it is to stop.
const IDLE: Duration = Duration::from_millis(100);

/// Publishes the views of one partition.
#[derive(Debug, Clone, Copy)]
pub struct Publisher;

/// What a publisher is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// It takes over, reads what the topics hold and publishes what differs.
    #[default]
    Reconciling,
    /// It publishes what changes.
    Following,
    /// Another publisher took over; this one has ended.
    Fenced,
    /// It was stopped.
    Stopped,
}

/// How a publisher is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// What it is doing.
    pub phase: Phase,
    /// Values published since it was spawned, in all topics.
    pub published: u64,
    /// Removals published since it was spawned, in all topics.
    pub removed: u64,
    /// Values that were left out, because they do not fit into their topic even without touches.
    pub unfit: u64,
    /// Conversations that are known to wait for publication or comparison. A value of it may be published already.
    pub behind: usize,
    /// The latest version in the topics, as far as is known.
    pub version: Option<Position>,
    /// Why it waits; absent once it could go on.
    pub error: Option<String>,
}

/// A publisher that runs. Dropping it stops it.
#[derive(Debug)]
pub struct Handle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    status: Status,
    stop: bool,
    reconcile: bool,
}

impl Publisher {
    /// Starts to publish `source` to `outlet`. It first takes the partition over, so it must be spawned only where the
    /// partition is owned, and stopped where it is given up.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn spawn(source: Arc<dyn Source>, outlet: Box<dyn Outlet>, options: Options) -> io::Result<Handle> {
        let shared = Arc::new(Shared::default());
        let (name, seen) = (format!("publish-{}", options.partition), shared.clone());
        let thread = thread::Builder::new().name(name).spawn(move || {
            let pace = Pace::of(&options);
            let stopping = seen.clone();
            let follower = Follower::new(source, outlet, options).while_not(move || stopping.lock().stop);
            run(follower, pace, &seen);
        })?;
        Ok(Handle {
            shared,
            thread: Some(thread),
        })
    }
}

impl Handle {
    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.lock().status.clone()
    }

    /// Waits until `there` holds of the status, or `timeout` has passed; the status either way.
    #[must_use]
    pub fn wait(&self, timeout: Duration, there: impl Fn(&Status) -> bool) -> Status {
        let waiting = |state: &mut State| !there(&state.status);
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), timeout, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.status.clone()
    }

    /// Compares the topics with the views once more: for when the views were replaced.
    pub fn reconcile(&self) {
        self.shared.lock().reconcile = true;
    }

    /// Stops after the transaction at hand and waits for that. What is not published yet will be by the next publisher.
    pub fn stop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `time`, less if it is to stop.
    fn pause(&self, time: Duration) {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |state| !state.stop);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn tell(&self, follower: &Follower, phase: Phase, error: Option<String>) {
        let counts = follower.counts();
        self.lock().status = Status {
            phase,
            published: counts.values,
            removed: counts.removals,
            unfit: counts.unfit,
            behind: follower.behind(),
            version: follower.version(),
            error,
        };
        self.changed.notify_all();
    }
}

/// When to work again.
#[derive(Debug, Clone, Copy)]
struct Pace {
    interval: Duration,
    retry: Duration,
    retry_min: Duration,
    retry_max: Duration,
}

impl Pace {
    fn of(options: &Options) -> Self {
        let retry_min = options.retry_max / 100;
        Self {
            interval: options.interval,
            retry: retry_min,
            retry_min,
            retry_max: options.retry_max,
        }
    }

    /// How long to wait after a failure: twice as long each time.
    fn after_failure(&mut self) -> Duration {
        let pause = self.retry;
        self.retry = (self.retry * 2).min(self.retry_max);
        pause
    }

    /// How long to wait after a success.
    fn after_success(&mut self, took: Duration) -> Duration {
        self.retry = self.retry_min;
        self.interval.saturating_sub(took)
    }
}

fn run(mut follower: Follower, mut pace: Pace, shared: &Shared) {
    loop {
        {
            let mut state = shared.lock();
            if std::mem::take(&mut state.reconcile) {
                follower.reconcile();
            }
            if state.stop {
                break;
            }
        }
        let began = Instant::now();
        let before = follower.counts();
        match follower.step(IDLE) {
            Ok(()) => {
                let phase = if follower.follows() {
                    Phase::Following
                } else {
                    Phase::Reconciling
                };
                shared.tell(&follower, phase, None);
                let pause = pace.after_success(began.elapsed());
                if follower.behind() == 0 && follower.counts() != before {
                    shared.pause(pause);
                }
            }
            Err(StepError::Outlet(fenced @ OutletError::Fenced { .. })) => {
                info!(%fenced, "publisher ends");
                shared.tell(&follower, Phase::Fenced, Some(chain(&fenced)));
                return;
            }
            Err(failure) => {
                let cause = chain(&failure);
                match failure {
                    StepError::Outlet(_) => warn!(cause, "projected topics are late"),
                    StepError::Source(_) => error!(cause, "projected topics are late"),
                    StepError::Behind { .. } | StepError::Loading => info!(cause, "projected topics wait"),
                }
                shared.tell(&follower, Phase::Reconciling, Some(cause));
                shared.pause(pace.after_failure());
            }
        }
    }
    shared.tell(&follower, Phase::Stopped, None);
}

/// An error with its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
