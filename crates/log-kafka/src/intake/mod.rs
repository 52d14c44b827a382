//! Intake from topics: what producers publish becomes records of the events topic, each delivery once, whatever crashes when.
//!
//! ```text
//!   inbound topics --poll--> batch --Transform--> records --one transaction--> events topic
//!        ^                                                        |
//!        +------------- the group's offsets, in the same transaction
//! ```
//!
//! A batch is read whole before its transaction begins, and no poll happens while one is open. As librdkafka tells of
//! partitions that come and go only inside a poll, a transaction never spans such a change: what was read and not yet
//! committed is dropped, and its next owner reads it again.
//!
//! Offsets are committed with the group's generation as it was *before* the partitions' positions were read. Whoever owned them
//! in between has committed by then, or is refused as we are: an instance that was frozen adds nothing when it wakes.

mod consumer;
mod options;
mod patience;
mod producer;
mod record;
mod status;
mod transaction;
mod worker;

use std::sync::Arc;
use std::thread::JoinHandle;

use status::Shared;
use worker::Worker;

use crate::{Cluster, ClusterError};

pub use options::{InboundTopic, IntakeOptions};
pub use record::{Inbound, Outgoing, Refusal, Transform};
pub use status::IntakeStatus;

/// Why intake does not start.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// There is nothing to read.
    #[error("intake has no topic to read; name at least one")]
    NoTopics,
    /// The settings are refused.
    #[error("cannot start intake into {topic}")]
    Cluster {
        /// The events topic.
        topic: String,
        /// Why.
        source: ClusterError,
    },
    /// The operating system gives no thread.
    #[error("cannot start a thread for intake")]
    Thread {
        /// The cause.
        source: std::io::Error,
    },
}

/// Running intake. Dropping it stops it.
pub struct Intake {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Intake {
    /// Starts to read. Brokers need not be there yet: intake begins when they are, and goes on when they come back.
    ///
    /// # Errors
    /// `NoTopics`, `Cluster` (a property that librdkafka refuses), `Thread`.
    pub fn start(
        cluster: &Cluster,
        options: IntakeOptions,
        transform: Arc<dyn Transform>,
    ) -> Result<Self, IntakeError> {
        if options.topics.is_empty() {
            return Err(IntakeError::NoTopics);
        }
        let shared = Arc::new(Shared::default());
        let topic = options.events_topic.clone();
        let worker = Worker::new(cluster.clone(), options, transform, Arc::clone(&shared)).map_err(|error| {
            let source = ClusterError::explain(&error, &cluster.bootstrap, &topic, None);
            IntakeError::Cluster { topic, source }
        })?;
        let thread = std::thread::Builder::new()
            .name("intake".to_owned())
            .spawn(move || worker.run())
            .map_err(|source| IntakeError::Thread { source })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// What intake has done so far and how it is.
    #[must_use]
    pub fn status(&self) -> IntakeStatus {
        self.shared.status()
    }

    /// Finishes the batch at hand and gives the partitions back; returns when that is done.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of intake panicked");
        }
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.end();
    }
}
