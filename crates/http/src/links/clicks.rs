//! Clicks on their way to the log: a bounded queue, and a task that appends many at once and tries again while the log cannot.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use origem_domain::event::{Body, Event};
use origem_domain::marks::Slots;
use origem_domain::time::Timestamp;
use origem_engine::{Delivery, Engine, Source};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tracing::{debug, warn};

/// Clicks that may wait; more are led on without being recorded.
const WAITING_MAX: usize = 20_000;
/// Bytes of clicks that may wait.
const WAITING_BYTES_MAX: usize = 32 << 20;
/// What a click takes besides its texts.
const CLICK_BYTES: usize = 1_024;
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
    /// Which slots of time are left for codes; of this process alone.
    slots: Mutex<Slots>,
    /// What tells the lots of this process from those of others.
    process: u64,
    /// Lots that were drawn.
    drawn: AtomicU64,
    /// Bytes that wait.
    waiting: Arc<AtomicUsize>,
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
    /// Of a process that began at `start`: the tenths of a second that pass before the first click have codes too.
    pub(crate) fn new(engine: Arc<Engine>, start: Timestamp) -> Self {
        Self {
            engine,
            counts: Arc::default(),
            slots: Mutex::new(Slots::since(start)),
            // Its keys are of the operating system's chance, other ones in each process.
            process: RandomState::new().hash_one("clicks"),
            drawn: AtomicU64::default(),
            waiting: Arc::default(),
            running: Mutex::default(),
        }
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// A click code that nobody else has: of a slot that passed, if this instance is alone and one is left; else a longer one that is
    /// drawn.
    pub(crate) fn fresh_code(&self, now: Timestamp) -> String {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.take(now).filter(|_| self.engine.is_alone()) {
            return self.engine.fresh_click_code(slot);
        }
        let lot = self.drawn.fetch_add(1, Ordering::Relaxed);
        self.engine
            .drawn_click_code(&format!("{:x} {:x} {lot}", self.process, now.micros()))
    }

    /// Takes a click to be recorded; `false` where too many wait already. Never waits itself. To be called inside the runtime.
    pub(crate) fn record(&self, event: Event) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*running, Running::No) {
            let (sender, receiver) = channel(WAITING_MAX);
            let (engine, counts) = (self.engine.clone(), self.counts.clone());
            let task = tokio::spawn(append_all(engine, counts, self.waiting.clone(), receiver));
            *running = Running::Yes(sender, task);
        }
        let taken = match &*running {
            Running::Yes(sender, _) => self.send(sender, event),
            Running::No | Running::Ended => false,
        };
        if !taken {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    fn send(&self, sender: &Sender<Event>, event: Event) -> bool {
        let bytes = weight(&event);
        let room = |waiting: usize| Some(waiting + bytes).filter(|sum| *sum <= WAITING_BYTES_MAX);
        let has_room = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room);
        if has_room.is_err() {
            return false;
        }
        let sent = sender.try_send(event).is_ok();
        if !sent {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
        sent
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
async fn append_all(
    engine: Arc<Engine>,
    counts: Arc<Counts>,
    waiting: Arc<AtomicUsize>,
    mut receiver: Receiver<Event>,
) {
    let mut events = Vec::new();
    while receiver.recv_many(&mut events, APPENDED_MAX).await > 0 {
        let bytes: usize = events.iter().map(weight).sum();
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
        waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
    debug!("all clicks are in the log");
}

/// Bytes that a click takes while it waits, nearly.
fn weight(event: &Event) -> usize {
    let Body::LinkClicked { click } = &event.body else {
        return CLICK_BYTES;
    };
    let values = click.utm.iter().chain(&click.click_ids);
    let values: usize = values.map(|(name, value)| 64 + name.len() + value.len()).sum();
    let texts = [&click.id, &click.code, &click.link, &click.referrer, &click.visitor];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    CLICK_BYTES + values + texts
}

fn written(event: &Event) -> Option<(Vec<u8>, Timestamp)> {
    Some((serde_json::to_vec(event).ok()?, event.occurred_at))
}
