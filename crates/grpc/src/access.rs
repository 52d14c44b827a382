//! The way to the engine: what all services ask of it, and in which form it answers.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use origem_access::{Caller, Guard, Watch};
use origem_domain::position::Positions;
use origem_domain::time::Timestamp;
use origem_engine::{Accepted, Delivery, Engine, EngineError, LogRefusal, Prepared, Readiness, Snapshot};
use origem_wire::json;
use origem_wire::proto::told;
use tokio::sync::watch;
use tonic::metadata::MetadataMap;

use crate::options::Options;
use crate::refusal::Refusal;
use crate::submission::Readable;

/// From this size on, deliveries are decoded on a thread of their own, so that they hold up nobody else's calls.
pub(crate) const DECODED_INLINE_BYTES_MAX: usize = 32 << 10;

/// What all services share; cheap to clone.
#[derive(Clone)]
pub(crate) struct Access {
    engine: Arc<Engine>,
    options: Arc<Options>,
    guard: Guard,
    closing: watch::Receiver<bool>,
}

impl Access {
    /// `closing` becomes true when the server ends.
    pub(crate) fn new(engine: Arc<Engine>, options: Options, closing: watch::Receiver<bool>) -> Self {
        Self {
            guard: Guard::new(options.access.clone()),
            engine,
            options: Arc::new(options),
            closing,
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// The names of agents and teams.
    pub(crate) fn directory(&self) -> Arc<Snapshot> {
        self.engine.directory().snapshot()
    }

    /// What proves who calls.
    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Becomes true when the server ends.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.clone()
    }

    /// Asks the engine, on a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, Refusal> {
        Ok(self.engine.apart(question).await??)
    }

    /// Waits, for a bounded time, until the views hold what the caller has written.
    pub(crate) async fn wait(&self, min_position: Option<&str>) -> Result<(), Refusal> {
        let Some(text) = told(min_position) else { return Ok(()) };
        let positions = positions("min_position", text)?;
        Ok(self.engine.wait(&positions, self.options.wait_timeout).await?)
    }

    /// Takes deliveries of a caller in as one; done when all their events are durable.
    pub(crate) async fn accept(&self, caller: &Caller, deliveries: Vec<Readable>) -> Result<Accepted, Refusal> {
        let account = caller.account(None, &self.options.account)?;
        let bytes: usize = deliveries.iter().map(|delivery| delivery.body.len()).sum();
        let prepared = if bytes <= DECODED_INLINE_BYTES_MAX {
            self.prepare(&account, &deliveries)
        } else {
            let access = self.clone();
            tokio::task::spawn_blocking(move || access.prepare(&account, &deliveries)).await?
        };
        caller.brings(&prepared)?;
        Ok(self.engine.append(prepared).await?)
    }

    fn prepare(&self, account: &str, deliveries: &[Readable]) -> Prepared {
        let received_at = now();
        let deliveries = deliveries.iter().map(|delivery| Delivery {
            source: delivery.source,
            body: &delivery.body,
            received_at,
            account,
        });
        self.engine.prepare(deliveries)
    }

    /// Whether to send requests here: what `/readyz` answers.
    pub(crate) fn readiness(&self) -> Readiness {
        let mut readiness = self.engine.readiness(Instant::now());
        readiness.cause = readiness.cause.or_else(|| self.options.unready.cause());
        readiness
    }

    /// How this instance is.
    pub(crate) fn status(&self) -> json::Status {
        let refusal = self.engine.log().refusal().map(LogRefusal::name);
        json::Status::of(&self.readiness(), refusal, now())
    }

    /// What was seen by whoever has seen everything that the views hold.
    pub(crate) async fn heads(&self) -> Result<Positions, Refusal> {
        self.ask(|engine| engine.last_seen()).await
    }

    /// Of every change after what was `seen`, as much as whoever the metadata proves may know.
    pub(crate) fn watch(&self, seen: Positions, metadata: &MetadataMap) -> Watch {
        let shown = metadata.get("authorization").map(|value| value.as_bytes());
        Watch::new(&self.engine, seen, self.guard.clone(), shown, now)
    }
}

/// Done when the server ends.
pub(crate) async fn ended(closing: &mut watch::Receiver<bool>) {
    // An error means that the server is gone already.
    drop(closing.wait_for(|closing| *closing).await);
}

/// What a writer is told of where its events stand; `None`: there were none.
pub(crate) fn position(accepted: &Accepted) -> Option<String> {
    let positions = accepted.positions();
    (!positions.is_empty()).then(|| positions.to_string())
}

/// Positions as a write told them, or a change its cursor.
pub(crate) fn positions(field: &str, text: &str) -> Result<Positions, Refusal> {
    text.parse()
        .map_err(|_| Refusal::Invalid(format!("{field}: `{text}` is no position of this log")))
}

/// The clock of the edge: when what arrives now was received.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
