//! The generation that a rebuild makes: what was begun before is gone on with where that is worth it.
//!
//! ```text
//! log                 ..........|==========================|
//! begun before     |------|                                   of no use: what it needs next is gone
//!                  |---------------|                          folding all of it anew may take less than going on
//!                  |-----------------------------------|      gone on with
//! ```

use std::sync::Arc;

use origem_projector::{Costs, Options, ProjectError, Reading, Signals};
use origem_views::meta;
use origem_views::rows::Store;
use tracing::{info, warn};

use super::anew::is_far;
use super::note::{self, Plan};
use super::work::{Stop, Work};
use crate::error::EngineError;
use crate::generation::Generation;

/// A generation by its number.
type Begun = (u64, Arc<dyn Store>);

/// Bytes of records read at once by a projector beside the one that serves.
const READ_BYTES_MAX: usize = 8 << 20;

impl Work<'_> {
    /// The generation that is made: the one of this plan that was begun before, or of another that would fold the same, or a new one.
    pub(super) fn make(&self, plan: &Plan, old: &Generation) -> Result<Arc<Generation>, Stop> {
        let generations = &self.shard.generations;
        if let Some((number, store)) = self.begun(plan)? {
            match self.start(plan, old, number, store) {
                // Retention went on since it was looked at, or it is damaged: nobody ever could go on with it.
                Err(EngineError::Projector(
                    error @ (ProjectError::Behind { .. }
                    | ProjectError::Irreplaceable { .. }
                    | ProjectError::LogLost { .. }),
                )) => {
                    let error: &dyn std::error::Error = &error;
                    warn!(partition = %self.shard.partition(), number, error, "what an interrupted rebuild began cannot go on and is removed");
                    generations.remove(number)?;
                }
                started => return Ok(Arc::new(started?)),
            }
        }
        let number = generations.create()?;
        let store = generations.open(number)?;
        note::begin(&*store, plan)?;
        Ok(Arc::new(self.start(plan, old, number, store)?))
    }

    /// What was begun before and is gone on with; whatever else was is removed.
    fn begun(&self, plan: &Plan) -> Result<Option<Begun>, Stop> {
        let generations = &self.shard.generations;
        let mut begun = None;
        for number in generations.standing()?.others {
            let store = generations.open(number)?;
            let before = note::plan(&*store).filter(|before| before.versions == plan.versions);
            match before {
                Some(before) if begun.is_none() && self.is_of_use(&*store)? => {
                    if before != *plan {
                        info!(partition = %self.shard.partition(), number, "what an interrupted rebuild began is taken over");
                        note::begin(&*store, plan)?;
                    }
                    begun = Some((number, store));
                }
                _ => {
                    drop(store);
                    // What was never finished: under other rules or readers, or too long ago.
                    generations.remove(number)?;
                }
            }
        }
        Ok(begun)
    }

    /// Whether what was begun can go on, and that takes less than to begin anew.
    fn is_of_use(&self, store: &dyn Store) -> Result<bool, EngineError> {
        let (projecting, partition) = (&self.rebuilds.projecting, self.shard.partition());
        let (start, tail) = (
            projecting.log.start(partition).map_err(EngineError::Log)?,
            projecting.log.tail(partition).map_err(EngineError::Log)?,
        );
        let Ok(checkpoint) = meta::checkpoint(store, partition) else {
            return Ok(false);
        };
        // What is still loaded goes on the way it was begun, which may be in bulk.
        let is_loaded = !matches!(meta::versions(store), Ok(None));
        let is_far = is_loaded && is_far(projecting.options.bulk.as_ref(), start, tail, checkpoint.next);
        Ok(start <= checkpoint.next && checkpoint.next <= tail && !is_far)
    }

    fn start(
        &self,
        plan: &Plan,
        old: &Generation,
        number: u64,
        store: Arc<dyn Store>,
    ) -> Result<Generation, EngineError> {
        let (options, partition) = (self.options(plan, old), self.shard.partition());
        let projecting = &self.rebuilds.projecting;
        projecting.start(number, store, partition, options, Signals::default())
    }

    fn options(&self, plan: &Plan, old: &Generation) -> Options {
        let projecting = &self.rebuilds.projecting;
        let mut options = projecting.options.clone();
        // Without a limit, with all that there is: nobody is to be served meanwhile.
        if plan.options.cpu_share < 1.0 {
            options.folding.lanes = 1;
            options.cpu_share = Some(plan.options.cpu_share);
        }
        options.behind_records_max = plan.options.records_max.max(1);
        options.live_records_max = options.live_records_max.min(options.behind_records_max);
        if let Some(bulk) = &mut options.bulk {
            bulk.part_records = options.behind_records_max as u64;
            bulk.costs = Costs::noted(&*old.store);
        }
        options.read_bytes_max = options.read_bytes_max.min(READ_BYTES_MAX);
        options.reading = if plan.options.renormalise {
            projecting.again()
        } else {
            Reading::Recorded
        };
        options
    }
}
