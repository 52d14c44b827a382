//! A shard: one partition's views, their projector, and what is read from them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use origem_domain::key::Secret;
use origem_domain::position::Partition;
use origem_domain::rules::Rulebook;
use origem_log::EventLog;
use origem_projector::{Dirty, Progress, Reading, Signals};
use origem_views::generations::Generations;
use origem_views::meta::Checkpoint;
use origem_views::rows::Rows;
use tokio::sync::watch;

use crate::error::EngineError;
use crate::generation::{Generation, Pinned};
use crate::status::PartitionStatus;

/// One partition of the views, with the projector that keeps them.
pub struct Shard {
    pub(crate) partition: Partition,
    /// Where its views are kept.
    pub(crate) generations: Arc<dyn Generations>,
    /// The generation that serves.
    pub(crate) current: RwLock<Arc<Generation>>,
    /// What whichever generation serves tells.
    pub(crate) signals: Signals,
    /// There are no others that could answer.
    pub(crate) alone: bool,
    pub(crate) warm: AtomicBool,
    /// It answers from here on: what it took over has been told by another as far as this.
    pub(crate) answers_from: AtomicU64,
    /// It was given up: nothing is to be made of it any more.
    pub(crate) ended: AtomicBool,
}

/// What a question may read of one shard.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The log, for what the views lead to.
    pub log: &'a dyn EventLog,
    /// The partition.
    pub partition: Partition,
    /// How far it is projected.
    pub checkpoint: Checkpoint,
    /// Its rows.
    pub rows: &'a dyn Rows,
    /// The secret that keys are made with.
    pub secret: &'a Secret,
    /// The rules they are folded under.
    pub rulebook: &'a Arc<Rulebook>,
    /// How their records are read.
    pub reading: &'a Reading,
}

impl<'a> View<'a> {
    /// The same of these rows, if there are any.
    pub(crate) fn over(self, rows: Option<&'a dyn Rows>) -> Self {
        Self {
            rows: rows.unwrap_or(self.rows),
            ..self
        }
    }
}

impl Shard {
    /// The partition.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Whether it is a warm copy: another instance owns the partition, and this one answers only where that cannot.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.warm.load(Ordering::Relaxed)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.signals.progress.borrow()
    }

    /// How it is, as far as its projector has looked.
    pub(crate) fn status(&self) -> PartitionStatus {
        let progress = self.progress();
        PartitionStatus {
            partition: self.partition(),
            alone: self.alone,
            tail: progress.tail,
            progress,
            standing: Duration::ZERO,
            stalled: false,
        }
    }

    /// Follows how far it is.
    #[must_use]
    pub fn progress_watch(&self) -> watch::Receiver<Progress> {
        self.signals.progress.subscribe()
    }

    /// Whether its views can be read: they are whole, not behind what the instance that had them before may have told, and still
    /// projected. Who is alone keeps what it has even after that.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        let progress = self.progress();
        let is_kept = self.alone || !progress.failed;
        is_kept && !progress.loading && progress.checkpoint.next.0 >= self.answers_from.load(Ordering::Relaxed)
    }

    /// The conversations that change, for any number of followers: also with the generation that serves.
    #[must_use]
    pub fn dirty(&self) -> &Dirty {
        &self.signals.dirty
    }

    /// The rows that serve now.
    #[must_use]
    pub fn rows(&self) -> Arc<dyn Rows> {
        self.current().store.clone()
    }

    /// The generation that serves now.
    pub(crate) fn current(&self) -> Arc<Generation> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has another generation serve; gives the one that served.
    pub(crate) fn replace(&self, generation: Generation) -> Arc<Generation> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut current, Arc::new(generation))
    }

    /// Whether it was given up.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// What a question may read, as it is now.
    ///
    /// # Errors
    /// `Loading` while it is not readable, `Stopped` if it will not be before a restart.
    pub(crate) fn pin<'a>(&self, log: &'a dyn EventLog, secret: &'a Secret) -> Result<Pinned<'a>, EngineError> {
        // Before the generation: the one that follows is as far, at least.
        let progress = self.progress();
        if !self.is_readable() {
            if progress.failed {
                let partition = self.partition();
                return Err(EngineError::Stopped { partition });
            }
            return Err(EngineError::Loading {
                partition: self.partition(),
                next: progress.checkpoint.next,
                tail: progress.tail,
            });
        }
        Ok(Pinned {
            generation: self.current(),
            checkpoint: progress.checkpoint,
            log,
            secret,
        })
    }

    /// Makes durable what the views hold; gives the next position to project of what is durable then. Blocks.
    ///
    /// # Errors
    /// `Loading` while they are not whole, `Rows` if they cannot be written.
    pub fn make_durable(&self) -> Result<Checkpoint, EngineError> {
        // Before the generation, as in `pin`: the one that is flushed has all that is told, also if they change places meanwhile.
        let progress = self.progress();
        let generation = self.current();
        if progress.loading {
            return Err(EngineError::Loading {
                partition: self.partition(),
                next: progress.checkpoint.next,
                tail: progress.tail,
            });
        }
        generation.store.flush()?;
        Ok(progress.checkpoint)
    }

    /// Stops projecting and makes the views durable. Blocks.
    ///
    /// # Errors
    /// `Rows` if they cannot be written; they are folded again from the log then.
    pub(crate) fn stop(&self) -> Result<(), EngineError> {
        self.current().stop()
    }
}
