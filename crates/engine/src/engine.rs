//! The engine itself: log, projector and views put together.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use origem_channels::Delivery;
use origem_domain::key::Secret;
use origem_domain::position::{Offset, Partition, Position};
use origem_log::EventLog;
use origem_projector::{self as projector, Handle, Progress};
use origem_views::meta::Checkpoint;
use origem_views::rows::{Rows, Store};
use tokio::sync::watch;

use crate::error::EngineError;
use crate::intake::{Accepted, Appender, Prepared};

/// How an engine works.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How it projects.
    pub projector: projector::Options,
}

/// Log, projector and views put together.
pub struct Engine {
    log: Arc<dyn EventLog>,
    store: Arc<dyn Store>,
    secret: Secret,
    projector: Handle,
    appender: Mutex<Option<Arc<Appender>>>,
    appending: Mutex<Option<JoinHandle<()>>>,
}

/// How the engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The next offset to be appended.
    pub tail: Offset,
    /// What is projected.
    pub checkpoint: Checkpoint,
    /// The projector has stopped for good.
    pub failed: bool,
}

impl Status {
    /// Records that are appended and not projected yet.
    #[must_use]
    pub const fn lag(&self) -> u64 {
        self.tail.0.saturating_sub(self.checkpoint.next.0)
    }
}

impl Engine {
    /// Starts projecting `log` into `store`.
    ///
    /// # Errors
    /// `Projector` if the checkpoint cannot be read, `Closed` if no thread can be started.
    pub fn start(
        log: Arc<dyn EventLog>,
        store: Arc<dyn Store>,
        secret: Secret,
        options: Options,
    ) -> Result<Self, EngineError> {
        let projector = projector::spawn(log.clone(), store.clone(), Partition(0), options.projector)?;
        let (appender, thread) = Appender::spawn(log.clone());
        let appending = Mutex::new(Some(thread.map_err(|_| EngineError::Closed)?));
        Ok(Self {
            log,
            store,
            secret,
            projector,
            appender: Mutex::new(Some(Arc::new(appender))),
            appending,
        })
    }

    /// Takes a delivery in; done when its events are durable.
    ///
    /// # Errors
    /// `Overloaded`, `Append`, `Closed`.
    pub async fn accept(&self, delivery: Delivery<'_>) -> Result<Accepted, EngineError> {
        self.accept_all([delivery]).await
    }

    /// Takes several deliveries in as one; done when all their events are durable.
    ///
    /// # Errors
    /// As [`Engine::accept`].
    pub async fn accept_all<'a>(
        &self,
        deliveries: impl IntoIterator<Item = Delivery<'a>>,
    ) -> Result<Accepted, EngineError> {
        let prepared = Prepared::of(deliveries, &self.secret);
        let appender = self.appender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        appender.ok_or(EngineError::Closed)?.append(prepared).await
    }

    /// The log, for bulk appends and reads by whoever has a thread of their own.
    #[must_use]
    pub fn log(&self) -> &dyn EventLog {
        &*self.log
    }

    /// The secret that keys are made with.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The rows of the views.
    #[must_use]
    pub fn rows(&self) -> &dyn Rows {
        &*self.store
    }

    /// How many of the records in `range` were duplicates, as far as that is remembered.
    #[must_use]
    pub fn duplicates(&self, range: Range<Offset>) -> u64 {
        self.projector.duplicates(range)
    }

    /// How the engine is.
    ///
    /// # Errors
    /// `Log`.
    pub fn status(&self) -> Result<Status, EngineError> {
        let tail = self.log.tail(self.projector.partition()).map_err(EngineError::Log)?;
        let Progress { checkpoint, failed, .. } = self.projector.progress();
        Ok(Status {
            tail,
            checkpoint,
            failed,
        })
    }

    /// Follows how far the views are.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.projector.watch()
    }

    /// Waits until the views hold the event at `position`.
    ///
    /// # Errors
    /// `NotThereYet` after `timeout`.
    pub async fn wait(&self, position: Position, timeout: Duration) -> Result<(), EngineError> {
        let mut progress = self.projector.watch();
        let there = progress.wait_for(|progress| progress.checkpoint.next > position.offset);
        match tokio::time::timeout(timeout, there).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(EngineError::NotThereYet { position }),
        }
    }

    /// Takes no more deliveries, finishes the batch at hand, makes the views durable. Blocks.
    ///
    /// # Errors
    /// `Rows` if the views cannot be written; they are folded again from the log then.
    pub fn stop(&self) -> Result<(), EngineError> {
        self.appender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.appending.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(thread.join());
        }
        self.projector.stop();
        Ok(self.store.flush()?)
    }
}
