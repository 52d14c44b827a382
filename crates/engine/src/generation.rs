//! One generation of a shard's views, with the projector that keeps it; and how projectors are started.

use std::sync::Arc;

use origem_domain::key::Secret;
use origem_domain::position::Partition;
use origem_domain::rules::Rulebook;
use origem_log::EventLog;
use origem_projector::{self as projector, Handle, Reading, Signals};
use origem_views::generations::Generations;
use origem_views::meta::{self, Checkpoint, Versions};
use origem_views::rows::{Rows, Store};

use crate::error::EngineError;
use crate::shard::View;

/// One generation of the views of a partition.
pub(crate) struct Generation {
    pub number: u64,
    pub store: Arc<dyn Store>,
    pub projector: Handle,
    /// The rules its views are folded under.
    pub rulebook: Arc<Rulebook>,
    /// How their records are read.
    pub reading: Reading,
}

/// A generation that a question holds on to until it is answered, whichever serves by then.
pub struct Pinned<'a> {
    pub(crate) generation: Arc<Generation>,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) log: &'a dyn EventLog,
    pub(crate) secret: &'a Secret,
}

impl Generation {
    pub(crate) fn versions(&self) -> &Versions {
        self.projector.versions()
    }

    /// Stops projecting and makes the views durable. Blocks.
    pub(crate) fn stop(&self) -> Result<(), EngineError> {
        self.projector.stop();
        Ok(self.store.flush()?)
    }
}

impl Pinned<'_> {
    /// What a question may read.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View {
            log: self.log,
            partition: self.generation.projector.partition(),
            checkpoint: self.checkpoint,
            rows: self.rows(),
            secret: self.secret,
            rulebook: &self.generation.rulebook,
            reading: &self.generation.reading,
        }
    }

    fn rows(&self) -> &dyn Rows {
        &*self.generation.store
    }
}

/// What projectors of an engine have in common.
#[derive(Clone)]
pub(crate) struct Projecting {
    pub log: Arc<dyn EventLog>,
    pub secret: Secret,
    pub options: projector::Options,
}

impl Projecting {
    /// What views are made with from now on.
    pub(crate) fn wanted(&self) -> Versions {
        projector::versions_of(&*self.log, &self.options.folding.rulebook, &self.options.reading)
    }

    /// The raw bytes of records, by the parsers of this build.
    pub(crate) fn again(&self) -> Reading {
        Reading::Again {
            secret: self.secret.clone(),
            partitions: self.log.partitions(),
        }
    }

    /// Opens a generation and goes on projecting it, the way it was begun.
    pub(crate) fn open(
        &self,
        generations: &dyn Generations,
        number: u64,
        partition: Partition,
        signals: Signals,
    ) -> Result<Generation, EngineError> {
        let store = generations.open(number)?;
        // What cannot be read is dropped by the projector, which says so.
        let is_again = matches!(meta::versions(&*store), Ok(Some(versions)) if versions.parsers.is_some());
        let mut options = self.options.clone();
        if is_again {
            options.reading = self.again();
        }
        self.start(number, store, partition, options, signals)
    }

    /// Starts the projector of a generation.
    pub(crate) fn start(
        &self,
        number: u64,
        store: Arc<dyn Store>,
        partition: Partition,
        options: projector::Options,
        signals: Signals,
    ) -> Result<Generation, EngineError> {
        let reading = options.reading.clone();
        let projector = projector::spawn(self.log.clone(), store.clone(), partition, options, signals)?;
        Ok(Generation {
            number,
            store,
            rulebook: Arc::new(projector.versions().rulebook.clone()),
            projector,
            reading,
        })
    }
}
