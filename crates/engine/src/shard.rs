//! A shard: one partition's views, their projector, and what is read from them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use origem_domain::key::Secret;
use origem_domain::position::Partition;
use origem_domain::rules::Rulebook;
use origem_log::EventLog;
use origem_projector::{Dirty, Handle, Progress};
use origem_views::meta::Checkpoint;
use origem_views::rows::{Rows, Store};
use tokio::sync::watch;

use crate::error::EngineError;

/// One partition of the views, with the projector that keeps them.
pub struct Shard {
    /// The rules its views are folded under.
    pub(crate) rulebook: Arc<Rulebook>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) projector: Handle,
    /// There are no others that could answer.
    pub(crate) alone: bool,
    pub(crate) warm: AtomicBool,
    /// It answers from here on: what it took over has been told by another as far as this.
    pub(crate) answers_from: AtomicU64,
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
}

impl Shard {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.projector.partition()
    }

    /// Whether it is a warm copy: another instance owns the partition, and this one answers only where that cannot.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.warm.load(Ordering::Relaxed)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.projector.progress()
    }

    /// Follows how far it is.
    #[must_use]
    pub fn progress_watch(&self) -> watch::Receiver<Progress> {
        self.projector.watch()
    }

    /// Whether its views can be read: they are whole, not behind what the instance that had them before may have told, and still
    /// projected. Who is alone keeps what it has even after that.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        let progress = self.progress();
        let is_kept = self.alone || !progress.failed;
        is_kept && !progress.loading && progress.checkpoint.next.0 >= self.answers_from.load(Ordering::Relaxed)
    }

    /// The conversations that change, for one follower.
    #[must_use]
    pub fn dirty(&self) -> &Dirty {
        self.projector.dirty()
    }

    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> &dyn Rows {
        &*self.store
    }

    /// What a question may read.
    ///
    /// # Errors
    /// `Loading` while it is not readable, `Stopped` if it will not be before a restart.
    pub(crate) fn view<'a>(&'a self, log: &'a dyn EventLog, secret: &'a Secret) -> Result<View<'a>, EngineError> {
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
        Ok(View {
            log,
            partition: self.partition(),
            checkpoint: progress.checkpoint,
            rows: self.rows(),
            secret,
            rulebook: &self.rulebook,
        })
    }

    /// Stops projecting and makes the views durable. Blocks.
    ///
    /// # Errors
    /// `Rows` if they cannot be written; they are folded again from the log then.
    pub(crate) fn stop(&self) -> Result<(), EngineError> {
        self.projector.stop();
        Ok(self.store.flush()?)
    }
}
