//! What every route shares.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use origem_access::Guard;
use origem_conversions::Desk;
use origem_domain::time::Timestamp;
use origem_engine::query::Clock;
use origem_engine::{Accepted, Cause, Delivery, Engine, EngineError, Prepared, Readiness, Source};
use origem_wire::json::Names;
use tokio::sync::watch;
use tracing::Span;

use crate::access::Caller;
use crate::beside::{Beside, STARTING};
use crate::error::Refusal;
use crate::links::Clicks;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::room::Room;

/// From this size on, bodies are decoded on a thread of their own, so that they hold up nobody else's requests.
const DECODED_INLINE_BYTES_MAX: usize = 32 << 10;

/// What every route shares; cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

struct Shared {
    health: Arc<Health>,
    options: Options,
    guard: Guard,
    metrics: Metrics,
    clicks: Clicks,
    /// Of bodies under way.
    room: Arc<Room>,
    closing: watch::Sender<bool>,
}

/// Deliveries that were read, and may be appended.
pub(crate) struct Read {
    prepared: Prepared,
    deliveries: u64,
}

/// How the engine is, and what runs beside it.
pub(crate) struct Health {
    engine: Arc<Engine>,
    /// Something runs beside the engine, or will.
    waits_for_beside: bool,
    beside: OnceLock<Arc<dyn Beside>>,
    /// Where destinations of conversions are configured.
    conversions: OnceLock<Desk>,
}

impl Health {
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn conversions(&self) -> Option<&Desk> {
        self.conversions.get()
    }

    pub(crate) fn beside(&self) -> Option<&Arc<dyn Beside>> {
        self.beside.get()
    }

    /// Whether to send requests here. The engine knows best why not.
    pub(crate) fn readiness(&self) -> Readiness {
        let mut readiness = self.engine.readiness(Instant::now());
        readiness.cause = readiness.cause.or_else(|| self.unready());
        readiness
    }

    fn unready(&self) -> Option<Cause> {
        match self.beside() {
            Some(beside) => beside.unready(),
            None => self.waits_for_beside.then_some(STARTING),
        }
    }
}

/// How often somebody looks whether projectors stand still.
const WATCH: Duration = Duration::from_secs(1);

impl State {
    /// An edge of `engine`.
    #[must_use]
    pub fn new(engine: Arc<Engine>, options: Options) -> Self {
        let guard = Guard::new(options.access.clone());
        Self::of(engine, options, guard)
    }

    /// The same where nobody is asked for a key: for whoever has the data in hand, and asks in the same process.
    #[must_use]
    pub fn unguarded(engine: Arc<Engine>, options: Options) -> Self {
        Self::of(engine, options, Guard::nobody())
    }

    /// Whether anybody may do everything, because there is nothing to prove oneself with.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.guard.is_open(&self.engine().directory().snapshot())
    }

    fn of(engine: Arc<Engine>, options: Options, guard: Guard) -> Self {
        let health = Arc::new(Health {
            engine,
            waits_for_beside: options.waits_for_beside,
            beside: OnceLock::new(),
            conversions: OnceLock::new(),
        });
        let clicks = Clicks::new(health.engine.clone(), now());
        let room = Arc::new(Room::new(options.bodies_bytes_max));
        let attempts = guard.attempts().clone();
        let metrics = Metrics::new(health.clone(), clicks.counts().clone(), attempts, room.clone());
        Self(Arc::new(Shared {
            guard,
            metrics,
            clicks,
            room,
            health,
            options,
            closing: watch::Sender::new(false),
        }))
    }

    /// Tells what runs beside the engine, once it does. Only the first is taken.
    pub fn set_beside(&self, beside: Arc<dyn Beside>) {
        self.0.health.beside.get_or_init(|| beside);
    }

    /// Tells whom to ask of conversions. Only the first is taken.
    pub fn set_conversions(&self, desk: Desk) {
        self.0.health.conversions.get_or_init(|| desk);
    }

    pub(crate) fn conversions(&self) -> Option<&Desk> {
        self.0.health.conversions()
    }

    /// Why no requests should be sent here yet, as far as what runs beside the engine knows.
    #[must_use]
    pub fn unready(&self) -> Option<Cause> {
        self.0.health.unready()
    }

    /// Looks after projectors for as long as it is polled, so that the server's log says when one stands still although nobody
    /// asks. To be part of what the server itself waits for: on its own it could end and nobody would know.
    pub async fn watch(&self) -> Infallible {
        loop {
            self.readiness();
            tokio::time::sleep(WATCH).await;
        }
    }

    /// Ends the streams of changes, which would otherwise hold up the end of the server for ever.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// Waits for a while until the clicks that were answered are in the log. To be called when requests have ended, before the
    /// engine stops.
    pub async fn end_clicks(&self) {
        self.0.clicks.end().await;
    }

    pub(crate) fn clicks(&self) -> &Clicks {
        &self.0.clicks
    }

    /// The room of bodies under way.
    pub(crate) fn room(&self) -> &Arc<Room> {
        &self.0.room
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.0.health.engine
    }

    /// What proves who calls.
    pub(crate) fn guard(&self) -> &Guard {
        &self.0.guard
    }

    pub(crate) fn readiness(&self) -> Readiness {
        self.0.health.readiness()
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    /// Now, by the calendar of accounts.
    pub(crate) fn clock(&self) -> Clock {
        Clock {
            at: now(),
            zone: self.0.options.time_zone,
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The names of the catalogue as a caller sees them: where campaigns are shown elsewhere is for those who manage.
    pub(crate) fn names(&self, caller: &Caller) -> Names {
        Names::new(self.engine().catalogue(), caller.role.manages())
    }

    /// Asks the engine, on a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, Refusal> {
        Ok(self.engine().apart(question).await??)
    }

    /// Takes deliveries in as one; done when all their events are durable. `caller`: whose they are to be; `None`: of a provider,
    /// whose signature says enough.
    pub(crate) async fn accept(
        &self,
        caller: Option<&Caller>,
        source: Source,
        bodies: Vec<Bytes>,
    ) -> Result<Accepted, Refusal> {
        let read = self.read(caller, source, bodies).await?;
        self.append(source, read).await
    }

    /// Reads deliveries. What names no account is of the caller's, or the server's own.
    ///
    /// # Errors
    /// `Denied` if one of the events is not the caller's to bring.
    pub(crate) async fn read(
        &self,
        caller: Option<&Caller>,
        source: Source,
        bodies: Vec<Bytes>,
    ) -> Result<Read, Refusal> {
        let account = caller.and_then(|caller| caller.account.clone());
        let account = account.unwrap_or_else(|| self.0.options.account.clone());
        let deliveries = bodies.len() as u64;
        let bytes: usize = bodies.iter().map(Bytes::len).sum();
        let prepared = if bytes <= DECODED_INLINE_BYTES_MAX {
            self.prepare(&account, source, &bodies)
        } else {
            let state = self.clone();
            let span = Span::current();
            tokio::task::spawn_blocking(move || span.in_scope(|| state.prepare(&account, source, &bodies))).await?
        };
        if let Some(caller) = caller {
            caller.brings(&prepared)?;
        }
        Ok(Read { prepared, deliveries })
    }

    /// Appends what was read; done when it is durable.
    pub(crate) async fn append(&self, source: Source, read: Read) -> Result<Accepted, Refusal> {
        let accepted = self.engine().append(read.prepared).await?;
        self.0.metrics.accepted(source, read.deliveries, &accepted);
        Ok(accepted)
    }

    fn prepare(&self, account: &str, source: Source, bodies: &[Bytes]) -> Prepared {
        let received_at = now();
        let delivery = |body| Delivery {
            source,
            body,
            received_at,
            account,
        };
        self.engine().prepare(bodies.iter().map(|body| delivery(body)))
    }
}

/// The clock of the edge: when what arrives now was received.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
