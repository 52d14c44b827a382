//! Clicks on their way to the log: a bounded queue, and a task that appends many at once and tries again while the log cannot.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use origem_domain::event::Event;
use origem_domain::marks::slot;
use origem_domain::time::Timestamp;
use origem_engine::{Delivery, Engine, Source};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tracing::{debug, warn};

/// Clicks that may wait; more are led on without being recorded.
const WAITING_MAX: usize = 20_000;
/// Clicks of one append at most.
const APPENDED_MAX: usize = 512;
/// How long to wait before trying again, at first and at most.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How long the end of the server waits for the clicks that are left.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of clicks, counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Appended.
    pub(crate) recorded: AtomicU64,
    /// Lost: too many waited, or the server ended before the log took them.
    pub(crate) dropped: AtomicU64,
    /// Not recorded: nobody followed the link.
    pub(crate) previews: AtomicU64,
}

/// The queue of clicks. Its task begins with the first of them.
pub(crate) struct Clicks {
    engine: Arc<Engine>,
    counts: Arc<Counts>,
    /// The slot of the latest click code.
    latest: AtomicU64,
    running: Mutex<Running>,
}

#[derive(Default)]
enum Running {
    #[default]
    No,
    Yes(Sender<Event>, JoinHandle<()>),
    Ended,
}

impl Clicks {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            counts: Arc::default(),
            latest: AtomicU64::default(),
            running: Mutex::default(),
        }
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// A click code that nobody else has: that of the slot of `now`, or the next one that is free.
    pub(crate) fn fresh_code(&self, now: Timestamp) -> String {
        let next = |latest: u64| Some(slot(now).max(latest + 1));
        let latest = self.latest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let taken = latest.map_or(0, |latest| slot(now).max(latest + 1));
        self.engine.fresh_click_code(taken)
    }

    /// Takes a click to be recorded; `false` where too many wait already. Never waits itself. To be called inside the runtime.
    pub(crate) fn record(&self, event: Event) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*running, Running::No) {
            let (sender, receiver) = channel(WAITING_MAX);
            let task = tokio::spawn(append_all(self.engine.clone(), self.counts.clone(), receiver));
            *running = Running::Yes(sender, task);
        }
        let taken = match &*running {
            Running::Yes(sender, _) => sender.try_send(event).is_ok(),
            Running::No | Running::Ended => false,
        };
        if !taken {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// Takes no more, and waits for a while until what is left is in the log.
    pub(crate) async fn end(&self) {
        let running = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *running, Running::Ended)
        };
        if let Running::Yes(sender, task) = running {
            drop(sender);
            let abort = task.abort_handle();
            if tokio::time::timeout(PATIENCE, task).await.is_err() {
                abort.abort();
                warn!("the log did not take the last clicks in time");
            }
        }
    }
}

/// Appends what comes until nobody sends any more.
async fn append_all(engine: Arc<Engine>, counts: Arc<Counts>, mut receiver: Receiver<Event>) {
    let mut events = Vec::new();
    while receiver.recv_many(&mut events, APPENDED_MAX).await > 0 {
        let bodies: Vec<(Vec<u8>, Timestamp)> = events.drain(..).filter_map(|event| written(&event)).collect();
        let mut pause = PAUSE_MIN;
        loop {
            // As the reader of events takes them from any producer.
            let deliveries = bodies.iter().map(|(body, at)| Delivery {
                source: Source::Event,
                body,
                received_at: *at,
                account: "",
            });
            match engine.append(engine.prepare(deliveries)).await {
                Ok(accepted) => {
                    counts.recorded.fetch_add(accepted.events, Ordering::Relaxed);
                    break;
                }
                Err(error) if error.code().is_retryable() => {
                    warn!(%error, waiting = bodies.len() + receiver.len(), "clicks wait: the log does not take them");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Err(error) => {
                    warn!(%error, clicks = bodies.len(), "clicks are lost: the log refuses them");
                    counts.dropped.fetch_add(bodies.len() as u64, Ordering::Relaxed);
                    break;
                }
            }
        }
    }
    debug!("all clicks are in the log");
}

fn written(event: &Event) -> Option<(Vec<u8>, Timestamp)> {
    Some((serde_json::to_vec(event).ok()?, event.occurred_at))
}
