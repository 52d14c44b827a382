//! What operators ask for, and what an engine does by itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use origem_channels::PARSERS_VERSION;
use origem_projector::Signals;
use origem_views::card;
use origem_views::meta::{self, Versions};
use origem_views::rows::RowsError;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::diff::Diff;
use super::loss;
use super::note::{self, Plan};
use super::registry::Rebuilds;
use super::status::{Cause, KeptGenerations, Phase, RebuildOptions, RebuildStatus};
use super::work::{Stop, Work};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::shard::Shard;

impl Engine {
    /// What a rebuild does if nobody says otherwise.
    #[must_use]
    pub fn rebuild_options(&self) -> RebuildOptions {
        self.rebuilds.settings.usual.clone()
    }

    /// Begins to rebuild the views of every partition that this instance owns, one after the other, under the rules of its
    /// settings.
    ///
    /// # Errors
    /// `RebuildRunning`, `Loading` while views are not whole, `LogTooShort` unless that is accepted or it is a dry run, `Log`, `Rows`,
    /// `Closed`, `Invalid`.
    pub fn start_rebuild(&self, options: RebuildOptions) -> Result<RebuildStatus, EngineError> {
        let is_share = options.cpu_share > 0.0 && options.cpu_share <= 1.0;
        if !is_share || options.records_max == 0 {
            return Err(EngineError::Invalid {
                what: "rebuild",
                reason: "its share of the processor must be over 0 and up to 1, its records at least 1".to_owned(),
            });
        }
        let shards = self.rebuilds.owned();
        for shard in &shards {
            self.pin(shard)?;
            self.rebuilds.check_loss(shard, &options)?;
        }
        let plan = self.rebuilds.plan(&shards, Cause::Operator, options)?;
        self.rebuilds.spawn(plan.clone())?;
        self.rebuild(plan.id)
    }

    /// The rebuilds that are remembered since the start, the latest first.
    #[must_use]
    pub fn rebuilds(&self) -> Vec<RebuildStatus> {
        self.rebuilds.all()
    }

    /// Whether a rebuild is under way, or the way back from one.
    #[must_use]
    pub fn is_rebuilding(&self) -> bool {
        self.rebuilds.is_busy()
    }

    /// A rebuild.
    ///
    /// # Errors
    /// `NoRebuild`.
    pub fn rebuild(&self, id: u64) -> Result<RebuildStatus, EngineError> {
        let missing = || EngineError::NoRebuild { id: id.to_string() };
        self.rebuilds.one(id).ok_or_else(missing)
    }

    /// Changes whenever something is new of a rebuild.
    #[must_use]
    pub fn rebuild_watch(&self) -> watch::Receiver<u64> {
        self.rebuilds.watch()
    }

    /// Ends a rebuild that is under way; gives how it ended, now or before. Blocks until it has.
    ///
    /// # Errors
    /// `NoRebuild`.
    pub fn cancel_rebuild(&self, id: u64) -> Result<RebuildStatus, EngineError> {
        let missing = || EngineError::NoRebuild { id: id.to_string() };
        self.rebuilds.cancel(id).ok_or_else(missing)
    }

    /// Has the generations serve that served before, once they have caught up with the log; those that serve now are kept in
    /// their place. Blocks until it is done.
    ///
    /// # Errors
    /// `RebuildRunning`; `NothingKept`; `Unusable`; `Abandoned` if the engine is stopped meanwhile.
    pub fn rollback(&self) -> Result<Vec<KeptGenerations>, EngineError> {
        self.rebuilds.begin()?;
        let under_way = self.rebuilds.under_way();
        let gone_back = self.rebuilds.roll_back();
        drop(under_way);
        gone_back.and_then(|()| self.rebuilds.kept())
    }

    /// Removes the generations that are kept for a rollback.
    ///
    /// # Errors
    /// `RebuildRunning`, `Rows` also while somebody still reads one.
    pub fn prune_generations(&self) -> Result<Vec<KeptGenerations>, EngineError> {
        self.rebuilds.begin()?;
        let under_way = self.rebuilds.under_way();
        let pruned = self.rebuilds.prune();
        drop(under_way);
        pruned?;
        self.rebuilds.kept()
    }
}

/// What became of a plan in one partition.
enum Carried {
    /// It is not wanted there.
    Nothing,
    /// It was carried out before.
    Before,
    /// It is carried out; what differs.
    Now(Diff),
}

impl Rebuilds {
    /// The shards that are owned here, in order.
    fn owned(&self) -> Vec<Arc<Shard>> {
        let shards = self.shards.read().unwrap_or_else(PoisonError::into_inner);
        let owned = shards.values().filter(|shard| !shard.is_warm() && !shard.has_ended());
        owned.cloned().collect()
    }

    /// A plan with a number of its own, which is noted with all the views.
    pub(super) fn plan(
        &self,
        shards: &[Arc<Shard>],
        cause: Cause,
        mut options: RebuildOptions,
    ) -> Result<Plan, EngineError> {
        let stores = || shards.iter().map(|shard| shard.current());
        // What was repaired stays repaired.
        options.renormalise |= stores().any(|generation| generation.versions().parsers.is_some());
        let last = stores()
            .map(|generation| note::last(&*generation.store))
            .max()
            .unwrap_or(0);
        let id = last.max(self.last()) + 1;
        for generation in stores() {
            note::put_last(&*generation.store, id)?;
        }
        Ok(Plan {
            id,
            cause,
            versions: Versions {
                parsers: options.renormalise.then_some(PARSERS_VERSION),
                ..self.projecting.wanted()
            },
            options,
        })
    }

    /// Carries out a plan on a thread of its own, and whatever is to be done after it.
    fn spawn(self: &Arc<Self>, plan: Plan) -> Result<(), EngineError> {
        self.begin()?;
        self.announce(&plan);
        self.apart(move |rebuilds| rebuilds.carry_out(&plan));
        Ok(())
    }

    /// Refuses to lose what the log does not hold any more, unless somebody accepted that or nothing is switched.
    fn check_loss(&self, shard: &Shard, options: &RebuildOptions) -> Result<(), EngineError> {
        if options.dry_run || options.accept_loss {
            return Ok(());
        }
        loss::check(&*self.projecting.log, shard)
    }

    /// Does what is under way on a thread of its own, and then looks what else is to be done.
    fn apart(self: &Arc<Self>, work: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let rebuilds = self.clone();
        let thread = std::thread::Builder::new().name("rebuild".to_owned());
        let work = move || {
            // Else it would be under way for ever. What panicked once is not tried again by itself.
            if catch_unwind(AssertUnwindSafe(|| work(&rebuilds))).is_ok() {
                rebuilds.tend();
            } else {
                error!("a rebuild panicked: the views serve on as they are, restart to go on");
                rebuilds.fail("it panicked");
            }
        };
        match thread.spawn(work) {
            Ok(thread) => self.keep_thread(thread),
            Err(error) => self.finish(Some((Phase::Failed, Some(error.to_string())))),
        }
    }

    /// Rebuilds every partition that is here, one after the other.
    fn carry_out(&self, plan: &Plan) {
        let (mut done, mut interrupted) = (0, false);
        for shard in self.owned() {
            // What came before may have taken hours: the shard may not be here any more.
            let rebuilt = self.work_on(&shard, || self.carry_out_one(&shard, plan));
            match rebuilt.unwrap_or(Err(Stop::Interrupted)) {
                Ok(Carried::Nothing) => {}
                Ok(Carried::Before) => done += 1,
                Ok(Carried::Now(diff)) => {
                    done += 1;
                    let examples = plan.options.examples;
                    self.tell(|status| match &mut status.diff {
                        Some(known) => known.add(diff, examples),
                        none => *none = Some(diff),
                    });
                }
                Err(Stop::Interrupted) => interrupted = true,
                Err(Stop::Cancelled) => {
                    self.give_up(shard.partition());
                    return self.finish(Some((Phase::Cancelled, None)));
                }
                Err(Stop::Failed(failure)) => {
                    self.give_up(shard.partition());
                    let cause: &dyn std::error::Error = &failure;
                    error!(partition = %shard.partition(), error = cause, "the rebuild failed: the views serve on as they were");
                    return self.finish(Some((Phase::Failed, Some(chain(cause)))));
                }
            }
        }
        if interrupted && self.is_closed() {
            return self.finish(None);
        }
        let ended = match (done, plan.options.dry_run) {
            (0, _) => (
                Phase::Cancelled,
                Some("its partitions are not here any more".to_owned()),
            ),
            (_, true) => (Phase::Compared, None),
            (_, false) => (Phase::Switched, None),
        };
        self.finish(Some(ended));
    }

    /// Rebuilds one partition, unless that is done or not wanted.
    fn carry_out_one(&self, shard: &Shard, plan: &Plan) -> Result<Carried, Stop> {
        if self.is_done(shard, plan) {
            return Ok(Carried::Before);
        }
        if plan.cause != Cause::Operator && self.is_given_up(shard.partition()) {
            return Ok(Carried::Nothing);
        }
        // Again: retention goes on between a plan and the restart that goes on with it.
        if let Err(refused) = self.check_loss(shard, &plan.options) {
            remove_others(shard)?;
            return Err(Stop::Failed(refused));
        }
        let work = Work {
            rebuilds: self,
            shard,
            id: plan.id,
        };
        work.rebuild(plan).map(Carried::Now)
    }

    /// Whether a plan was carried out for a shard before, or has nothing to do there.
    fn is_done(&self, shard: &Shard, plan: &Plan) -> bool {
        let current = shard.current();
        let is_made = note::made_by(&*current.store) == Some(plan.id);
        let is_wanted = current.versions().are(&plan.versions);
        let is_begun = || self.begun(shard).is_ok_and(|begun| begun.as_ref() == Some(plan));
        is_made || (plan.cause != Cause::Operator && is_wanted && !is_begun())
    }

    /// The plan that was begun for a shard and not ended.
    fn begun(&self, shard: &Shard) -> Result<Option<Plan>, RowsError> {
        for number in shard.generations.standing()?.others {
            if let Some(plan) = note::plan(&*shard.generations.open(number)?) {
                return Ok(Some(plan));
            }
        }
        Ok(None)
    }

    /// Goes on with what was interrupted, and begins what is due, if that is to be done by itself.
    pub(crate) fn tend(self: &Arc<Self>) {
        if !self.settings.automatic || self.is_busy() {
            return;
        }
        for shard in self.owned() {
            if self.is_given_up(shard.partition()) {
                continue;
            }
            match self.tend_one(&shard) {
                Ok(()) => {}
                // Whatever is under way looks again when it has ended.
                Err(EngineError::RebuildRunning | EngineError::Closed) => return,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    warn!(partition = %shard.partition(), error, "cannot see whether the views are to be rebuilt");
                }
            }
        }
    }

    fn tend_one(self: &Arc<Self>, shard: &Arc<Shard>) -> Result<(), EngineError> {
        if !shard.generations.standing()?.others.is_empty() {
            // To open what was begun may take long: whoever starts is not to wait for it.
            self.begin()?;
            let shard = shard.clone();
            self.apart(move |rebuilds| rebuilds.resume(&shard));
            return Ok(());
        }
        self.due(shard)?.map_or(Ok(()), |plan| self.spawn(plan))
    }

    /// Goes on with what was begun, or removes it if it is not wanted any more.
    fn resume(&self, shard: &Shard) {
        let wanted = self.projecting.wanted();
        let begun = self.work_on(shard, || {
            let begun = self.begun(shard).ok().flatten();
            let plan = begun.filter(|plan| plan.versions.are(&wanted));
            match plan {
                Some(plan) => Ok(Some(plan)),
                None => remove_others(shard).map(|()| None),
            }
        });
        if let Some(Ok(Some(plan))) = begun {
            info!(partition = %shard.partition(), id = plan.id, "an interrupted rebuild goes on");
            self.announce(&plan);
            return self.carry_out(&plan);
        }
        if let Some(Err(error)) = begun {
            let error: &dyn std::error::Error = &error;
            warn!(partition = %shard.partition(), error, "what was begun and is not wanted any more cannot be removed");
            self.give_up(shard.partition());
        }
        self.end();
    }

    /// What is to be done for a shard by itself.
    fn due(&self, shard: &Shard) -> Result<Option<Plan>, EngineError> {
        let (current, wanted) = (shard.current(), self.projecting.wanted());
        let is_whole = !current.projector.progress().loading;
        let Some(cause) = cause(current.versions(), &wanted).filter(|_| is_whole) else {
            return Ok(None);
        };
        if note::is_declined(&*current.store, &wanted) {
            info!(partition = %shard.partition(), ?cause, "the views are not as this version makes them: somebody went back to them");
            return Ok(None);
        }
        let options = RebuildOptions {
            dry_run: false,
            ..self.settings.usual.clone()
        };
        match self.check_loss(shard, &options) {
            Ok(()) => {}
            Err(refused @ EngineError::LogTooShort { .. }) => {
                // Said once: nothing about it changes before somebody does something.
                self.give_up(shard.partition());
                warn!(
                    partition = %shard.partition(), ?cause, %refused,
                    "the views are to be rebuilt and are not: they go on serving as they were folded; `origem rebuild --dry-run` shows what a \
                     rebuild would change and lose"
                );
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        info!(partition = %shard.partition(), ?cause, "the views are rebuilt beside those that serve");
        self.plan(&self.owned(), cause, options).map(Some)
    }

    fn kept(&self) -> Result<Vec<KeptGenerations>, EngineError> {
        let of = |shard: &Arc<Shard>| {
            let standing = shard.generations.standing()?;
            Ok(KeptGenerations {
                partition: shard.partition(),
                serving: standing.serving,
                previous: standing.previous,
            })
        };
        self.owned().iter().map(of).collect()
    }

    fn prune(&self) -> Result<(), EngineError> {
        for shard in self.owned() {
            if let Some(previous) = shard.generations.standing()?.previous {
                let removed = self.work_on(&shard, || shard.generations.remove(previous));
                removed.transpose()?;
            }
        }
        Ok(())
    }

    fn roll_back(&self) -> Result<(), EngineError> {
        let mut kept = Vec::new();
        for shard in self.owned() {
            if let Some(previous) = shard.generations.standing()?.previous {
                self.work_on(&shard, || self.usable(&shard, previous)).transpose()?;
                kept.push((shard, previous));
            }
        }
        if kept.is_empty() {
            return Err(EngineError::NothingKept);
        }
        for (shard, previous) in kept {
            let gone_back = self.work_on(&shard, || self.go_back(&shard, previous));
            match gone_back.unwrap_or(Err(Stop::Interrupted)) {
                Ok(()) => {}
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Cancelled | Stop::Interrupted) => {
                    let reason = "the server stops, or the partition has moved";
                    return Err(EngineError::Abandoned { reason });
                }
            }
        }
        Ok(())
    }

    /// Refuses a generation that cannot go on here.
    fn usable(&self, shard: &Shard, previous: u64) -> Result<(), EngineError> {
        let (wanted, partition) = (self.projecting.wanted(), shard.partition());
        let start = self.projecting.log.start(partition).map_err(EngineError::Log)?;
        let store = shard.generations.open(previous)?;
        let reason = match (meta::versions(&*store), meta::checkpoint(&*store, partition)) {
            (Ok(Some(versions)), _) if !versions.are_readable() => "another version of Origem made them",
            (Ok(Some(versions)), _) if versions.log != wanted.log => "they are of another log",
            (Ok(Some(_)), Ok(checkpoint)) if checkpoint.next < start => {
                "the log does not reach back to where they end any more, so they cannot catch up"
            }
            (Ok(Some(_)), Ok(_)) => return Ok(()),
            (Ok(None) | Err(_), _) | (_, Err(_)) => "they are damaged",
        };
        Err(EngineError::Unusable { reason })
    }

    /// Lets the generation that was kept catch up, and serve.
    fn go_back(&self, shard: &Shard, previous: u64) -> Result<(), Stop> {
        let old = shard.current();
        let id = note::last(&*old.store);
        let work = Work {
            rebuilds: self,
            shard,
            id,
        };
        let (signals, partition) = (Signals::default(), shard.partition());
        let generations = &*shard.generations;
        let new = Arc::new(self.projecting.open(generations, previous, partition, signals, None)?);
        let held = match work.hold(&old, &new) {
            Ok(held) => held,
            Err(stop) => {
                drop(new.stop());
                return Err(stop);
            }
        };
        let new = work.switch(&old, new, held, Some(old.versions()))?;
        // Nobody has compared the two: whoever follows looks at everything.
        for store in [&old.store, &new.store] {
            let ids: Vec<_> = card::all(&**store).collect::<Result<_, RowsError>>()?;
            shard.dirty().add(ids.into_iter());
        }
        work.retire(&old);
        Ok(())
    }
}

/// Removes what neither serves nor is kept.
pub(super) fn remove_others(shard: &Shard) -> Result<(), RowsError> {
    for number in shard.generations.standing()?.others {
        shard.generations.remove(number)?;
    }
    Ok(())
}

/// Why views of these versions are rebuilt by itself; `None` if they are not.
fn cause(versions: &Versions, wanted: &Versions) -> Option<Cause> {
    if versions.are(wanted) {
        None
    } else if versions.views != wanted.views {
        Some(Cause::ViewsVersion)
    } else if versions.rules != wanted.rules {
        Some(Cause::RulesVersion)
    } else {
        Some(Cause::RulesChanged)
    }
}

/// An error with its causes, as text.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
