//! Views that are far behind their log while nobody reads them: folded anew, in bulk, which takes less than going on batch by batch.
//!
//! It is a rebuild without a comparison: what is folded anew under the same rules by the same readers is what going on would give.

use std::sync::Arc;
use std::time::Duration;

use origem_domain::position::Offset;
use origem_projector::BulkSettings;
use origem_views::meta::Versions;
use tracing::warn;

use super::held::Held;
use super::loss;
use super::note;
use super::registry::Rebuilds;
use super::status::{Cause, RebuildOptions};
use super::work::{Stop, Work};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::generation::Generation;
use crate::shard::Shard;

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(20);
/// So many times what is loaded in bulk at all is far behind.
const FAR: u64 = 5;
/// A record costs about so many times as much batch by batch as in bulk.
const DEARER: u64 = 3;

impl Engine {
    /// Whether views are so far behind the log that folding all of it anew takes less than going on. Never where views would be lost by
    /// that, or would be made in another way.
    ///
    /// # Errors
    /// `Log`, `Rows`.
    pub fn is_far_behind(&self) -> Result<bool, EngineError> {
        for shard in self.shards() {
            if self.rebuilds.is_far_behind(&shard)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Projects nothing more until [`Engine::fold_anew`]: what is folded anew is not to be folded before.
    pub fn pause(&self) {
        for shard in self.shards() {
            // Whether it stands still already makes no difference.
            let _ = shard.current().projector.hold(Offset(0), Duration::ZERO);
        }
    }

    /// Folds the views anew that are [far behind](Self::is_far_behind), has them serve, and goes on with all. Blocks until that is done.
    /// For commands that have the log for themselves: until then nobody may append, and questions are refused.
    ///
    /// # Errors
    /// `RebuildRunning`, `Log`, `Rows`, `Stopped`, `Abandoned` if the engine is stopped meanwhile. What served is projected no further
    /// then; the next start goes on with it.
    pub fn fold_anew(&self) -> Result<(), EngineError> {
        self.rebuilds.begin()?;
        let under_way = self.rebuilds.under_way();
        let folded = self.shards().iter().try_for_each(|shard| {
            if !self.rebuilds.is_far_behind(shard)? {
                shard.current().projector.release();
                return Ok(());
            }
            let folded = self.rebuilds.work_on(shard, || self.rebuilds.fold_anew(shard));
            match folded.unwrap_or(Err(Stop::Interrupted)) {
                Ok(()) => Ok(()),
                Err(Stop::Failed(error)) => Err(error),
                Err(Stop::Cancelled | Stop::Interrupted) => {
                    let reason = "the engine stops, or the partition has moved";
                    Err(EngineError::Abandoned { reason })
                }
            }
        });
        drop(under_way);
        folded
    }
}

impl Rebuilds {
    fn is_far_behind(&self, shard: &Shard) -> Result<bool, EngineError> {
        let (bulk, partition) = (self.projecting.options.bulk, shard.partition());
        if bulk.is_none() {
            return Ok(false);
        }
        let log = &*self.projecting.log;
        let (start, tail) = (
            log.start(partition).map_err(EngineError::Log)?,
            log.tail(partition).map_err(EngineError::Log)?,
        );
        let progress = shard.progress();
        let is_far = is_far(bulk.as_ref(), start, tail, progress.checkpoint.next);
        if !is_far || progress.loading || progress.failed {
            return Ok(false);
        }
        let current = shard.current();
        let wanted = Versions {
            parsers: current.versions().parsers,
            ..self.projecting.wanted()
        };
        match loss::check(log, shard) {
            Ok(()) => Ok(*current.versions() == wanted),
            Err(EngineError::LogTooShort { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn fold_anew(&self, shard: &Arc<Shard>) -> Result<(), Stop> {
        let old = shard.current();
        old.projector.stop();
        let options = RebuildOptions {
            cpu_share: 1.0,
            ..self.settings.usual.clone()
        };
        let plan = self.plan(std::slice::from_ref(shard), Cause::Operator, options)?;
        let work = Work {
            rebuilds: self,
            shard,
            id: plan.id,
        };
        let new = work.make(&plan, &old)?;
        let held = match self.follow(&work, &new) {
            Ok(held) => held,
            Err(stop) => {
                work.abandon(new, &stop);
                return Err(stop);
            }
        };
        let new = work.switch(&old, new, held, None)?;
        if let Some(each) = note::compared(&*old.store) {
            note::put_compared(&*new.store, each)?;
        }
        // Nobody would want to go back to views that lack most of the log.
        let number = old.number;
        drop(old);
        if let Err(error) = shard.generations.remove(number) {
            let error: &dyn std::error::Error = &error;
            warn!(partition = %shard.partition(), number, error, "views that were far behind cannot be removed; the next rebuild tries again");
        }
        Ok(())
    }

    /// Waits until what is folded anew is as far as the log, and holds it there.
    fn follow(&self, work: &Work<'_>, new: &Generation) -> Result<Held, Stop> {
        let partition = work.shard.partition();
        loop {
            work.check()?;
            let progress = new.projector.progress();
            work.shard.signals.progress.send_replace(progress);
            if progress.failed {
                return Err(EngineError::Stopped { partition }.into());
            }
            let tail = self.projecting.log.tail(partition).map_err(EngineError::Log)?;
            if !progress.loading && progress.checkpoint.next >= tail {
                break;
            }
            self.pause(LOOK);
        }
        loop {
            work.check()?;
            if let Some(held) = Held::alone(&new.projector) {
                return Ok(held);
            }
        }
    }
}

/// Whether to fold all of the log anew in bulk takes less than to go on from `next`.
pub(super) fn is_far(bulk: Option<&BulkSettings>, start: Offset, tail: Offset, next: Offset) -> bool {
    let behind = tail.0.saturating_sub(next.0);
    bulk.is_some_and(|bulk| behind >= FAR * bulk.records_min && tail.0.saturating_sub(start.0) <= DEARER * behind)
}
