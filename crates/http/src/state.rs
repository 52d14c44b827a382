//! What every route shares.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use origem_domain::time::Timestamp;
use origem_engine::query::Clock;
use origem_engine::{Accepted, Delivery, Engine, EngineError, Prepared, Source};
use tokio::sync::watch;
use tracing::Span;

use crate::beside::{Beside, Place};
use crate::error::Refusal;
use crate::metrics::Metrics;
use crate::options::Options;

/// From this size on, bodies are decoded on a thread of their own, so that they hold up nobody else's requests.
const DECODED_INLINE_BYTES_MAX: usize = 32 << 10;

/// What every route shares; cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

struct Shared {
    engine: Arc<Engine>,
    options: Options,
    metrics: Metrics,
    beside: Place,
    closing: watch::Sender<bool>,
}

impl State {
    /// An edge of `engine`.
    #[must_use]
    pub fn new(engine: Arc<Engine>, options: Options) -> Self {
        let beside = Place::default();
        Self(Arc::new(Shared {
            engine,
            options,
            metrics: Metrics::new(beside.clone()),
            beside,
            closing: watch::Sender::new(false),
        }))
    }

    /// Tells what runs beside the engine, once it does. Only the first is taken.
    pub fn set_beside(&self, beside: Arc<dyn Beside>) {
        self.0.beside.0.get_or_init(|| beside);
    }

    /// Why no requests should be sent here yet, as far as what runs beside the engine knows.
    #[must_use]
    pub fn unready(&self) -> Option<&'static str> {
        match self.0.beside.0.get() {
            Some(beside) => beside.unready(),
            None => self.0.options.waits_for_beside.then_some("starting"),
        }
    }

    /// Ends the streams of changes, which would otherwise hold up the end of the server for ever.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.0.engine
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

    /// Asks the engine, on a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, Refusal> {
        Ok(self.0.engine.apart(question).await??)
    }

    /// Takes deliveries in as one; done when all their events are durable.
    pub(crate) async fn accept(&self, source: Source, bodies: Vec<Bytes>) -> Result<Accepted, Refusal> {
        let count = bodies.len() as u64;
        let bytes: usize = bodies.iter().map(Bytes::len).sum();
        let prepared = if bytes <= DECODED_INLINE_BYTES_MAX {
            self.prepare(source, &bodies)
        } else {
            let state = self.clone();
            let span = Span::current();
            tokio::task::spawn_blocking(move || span.in_scope(|| state.prepare(source, &bodies))).await?
        };
        let accepted = self.0.engine.append(prepared).await?;
        self.0.metrics.accepted(source, count, &accepted);
        Ok(accepted)
    }

    fn prepare(&self, source: Source, bodies: &[Bytes]) -> Prepared {
        let received_at = now();
        let delivery = |body| Delivery {
            source,
            body,
            received_at,
            account: &self.0.options.account,
        };
        self.0.engine.prepare(bodies.iter().map(|body| delivery(body)))
    }
}

/// The clock of the edge: when what arrives now was received.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
