//! The rebuild of one partition.
//!
//! ```text
//! serving generation  ----projected---------------------------- held --> kept, not projected
//!                                        | compared |  changed    | switched
//! new generation      ----loaded------followed------compared----- held --> serves
//! ```
//! Only while both are held, for milliseconds, is nothing projected; reads never wait. Whatever ends the process, one of the two
//! serves afterwards and both are whole.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::key::ConversationId;
use origem_projector::{Costs, Follower};
use origem_views::meta::{self, Versions};
use tracing::{info, warn};

use super::diff::{self, Comparison, Diff};
use super::held::{Held, NEAR};
use super::loss;
use super::note::{self, Plan};
use super::operate::remove_others;
use super::rate::{Ahead, Rate, eta};
use super::registry::Rebuilds;
use super::status::{GenerationPair, Phase};
use crate::error::EngineError;
use crate::generation::{Generation, Pinned};
use crate::shard::{Shard, View};

/// Between two looks at how far a projector is.
const LOOK: Duration = Duration::from_millis(50);
/// Conversations compared in a thread between two looks at whether to go on.
const CHUNK: usize = 256;
/// Conversations that are compared while nothing is projected, at most.
const LAST_MAX: usize = 64;
/// Rounds of what has changed meanwhile, at most: then the last is as large as it is.
const ROUNDS_MAX: u32 = 20;

/// Why a rebuild does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// Somebody asked for it.
    Cancelled,
    /// The partition or the engine ends; what is done so far stays for the next start.
    Interrupted,
    /// It cannot.
    Failed(EngineError),
}

impl<E: Into<EngineError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What works on a partition.
pub(super) struct Work<'a> {
    pub(super) rebuilds: &'a Rebuilds,
    pub(super) shard: &'a Shard,
    pub(super) id: u64,
}

/// Changes of both generations since the comparison began.
struct Changed([Follower; 2]);

impl Changed {
    fn take(&self) -> BTreeSet<ConversationId> {
        self.0
            .iter()
            .flat_map(|follower| follower.take(Duration::ZERO))
            .collect()
    }
}

impl Work<'_> {
    /// Folds a generation beside the one that serves, compares them, and has the new one serve unless it is a dry run. Gives what
    /// differed when both stood at the same position.
    pub(super) fn rebuild(&self, plan: &Plan) -> Result<Diff, Stop> {
        let old = self.shard.current();
        let new = self.make(plan, &old)?;
        let pair = GenerationPair {
            partition: self.shard.partition(),
            old: old.number,
            new: new.number,
            switched: false,
        };
        info!(partition = %pair.partition, old = pair.old, new = pair.new, dry_run = plan.options.dry_run, "rebuild begins");
        self.rebuilds.tell(|status| status.generations.push(pair));
        let conversations = old.projector.progress().checkpoint.conversations;
        let (lanes, share) = (self.threads(plan), plan.options.cpu_share);
        let expected = Costs::noted(&*old.store).and_then(|costs| costs.records_per_second(lanes, share));
        let mut ahead = Ahead::new(conversations, note::compared(&*old.store), expected);
        let compared = self
            .fold(&old, &new, Some(&mut ahead))
            .and_then(|()| self.compare(plan, &old, &new, &ahead));
        let (comparison, diff, held) = match compared {
            Ok(compared) => compared,
            Err(stop) => {
                self.abandon(new, &stop);
                return Err(stop);
            }
        };
        if plan.options.dry_run {
            drop(held);
            self.remove(new);
            return Ok(diff);
        }
        if let Err(refused) = self.check_loss(plan, &old, &new) {
            drop(held);
            self.remove(new);
            return Err(refused);
        }
        self.switch(&old, new, held, None)?;
        self.shard.dirty().add(comparison.differing_ids());
        self.retire(&old);
        Ok(diff)
    }

    /// Once more: retention may have cut the log after it was checked and before it was read.
    fn check_loss(&self, plan: &Plan, old: &Generation, new: &Generation) -> Result<(), Stop> {
        let is_shorter = meta::folded_from(&*new.store)? > meta::folded_from(&*old.store)?;
        if is_shorter && !plan.options.accept_loss {
            loss::check(&*self.rebuilds.projecting.log, self.shard)?;
        }
        Ok(())
    }

    fn warn(&self, error: &EngineError) {
        let error: &dyn std::error::Error = error;
        warn!(partition = %self.shard.partition(), error, "the rebuild is done, and something beside it is not");
    }

    /// In how many threads it folds and compares: in one if it is to leave others their share.
    fn threads(&self, plan: &Plan) -> usize {
        match plan.options.cpu_share < 1.0 {
            true => 1,
            false => self.rebuilds.projecting.options.folding.lanes.max(1),
        }
    }

    /// Whether to go on.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.rebuilds.is_closed() || self.shard.has_ended() || self.shard.is_warm() {
            return Err(Stop::Interrupted);
        }
        if self.rebuilds.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        Ok(())
    }

    /// Waits until the new generation is about as far as the one that serves. Tells how far it is, and what is left with what is
    /// `ahead` then, if that is given.
    pub(super) fn fold(&self, old: &Generation, new: &Generation, mut ahead: Option<&mut Ahead>) -> Result<(), Stop> {
        let mut rate = Rate::default();
        let before = self
            .rebuilds
            .one(self.id)
            .map_or((0, 0), |status| (status.events_done, status.events_total));
        let first = self
            .rebuilds
            .projecting
            .log
            .start(self.shard.partition())
            .map_err(EngineError::Log)?;
        loop {
            self.check()?;
            let (progress, goal) = (new.projector.progress(), old.projector.progress());
            if progress.failed || goal.failed {
                let partition = self.shard.partition();
                return Err(EngineError::Stopped { partition }.into());
            }
            // What serves needs the room that this takes, and gets it when this ends.
            if progress.no_space || goal.no_space {
                let reason = "the disk of the views is full; free some space, then begin again";
                return Err(EngineError::Abandoned { reason }.into());
            }
            let next = progress.checkpoint.next.0;
            let is_near = !progress.loading && next + NEAR >= goal.checkpoint.next.0;
            if let Some(ahead) = ahead.as_deref_mut() {
                let tail = progress.tail.0.max(goal.tail.0).max(next);
                let rate = rate.at(Instant::now(), next);
                let left = ahead.left(tail - next, tail.saturating_sub(first.0), rate, progress.loading);
                self.rebuilds.tell(|status| {
                    status.phase = if progress.loading {
                        Phase::Folding
                    } else {
                        Phase::Following
                    };
                    status.events_done = before.0 + next.saturating_sub(first.0);
                    status.events_total = before.1 + tail.saturating_sub(first.0);
                    (status.rate_per_s, status.eta_s) = (rate, left);
                });
            }
            if is_near {
                return Ok(());
            }
            self.rebuilds.pause(LOOK);
        }
    }

    /// Holds both at one position, sooner or later.
    pub(super) fn hold(&self, old: &Generation, new: &Generation) -> Result<Held, Stop> {
        loop {
            self.fold(old, new, None)?;
            if let Some(held) = Held::of(&old.projector, &new.projector) {
                return Ok(held);
            }
            self.rebuilds.pause(LOOK);
        }
    }

    fn pin(&self, generation: &Arc<Generation>) -> Pinned<'_> {
        let projecting = &self.rebuilds.projecting;
        Pinned {
            generation: generation.clone(),
            checkpoint: generation.projector.progress().checkpoint,
            log: &*projecting.log,
            secret: &projecting.secret,
        }
    }

    /// Compares all conversations of both at one position, and holds them there. What differs is told of that position too: later
    /// one of the two goes on without the other.
    fn compare(
        &self,
        plan: &Plan,
        old: &Arc<Generation>,
        new: &Arc<Generation>,
        ahead: &Ahead,
    ) -> Result<(Comparison, Diff, Held), Stop> {
        let held = self.hold(old, new)?;
        let changed = Changed([self.shard.dirty().follow(), new.projector.dirty().follow()]);
        let at = held.at;
        drop(held);
        let (before, after) = (self.pin(old), self.pin(new));
        let (before, after) = (before.view(), after.view());
        let conversations = before.checkpoint.conversations.max(after.checkpoint.conversations);
        self.rebuilds.tell(|status| {
            (status.phase, status.eta_s) = (Phase::Comparing, ahead.comparing());
            status.to_compare += conversations;
        });
        let began = Instant::now();
        let mut comparison = Comparison::default();
        let mut told = Told::new(self, plan);
        comparison.compare_anomalies(&before, &after, at)?;
        let mut ids = diff::conversations(&before, &after);
        loop {
            let chunk = ids.by_ref().take(CHUNK * told.threads);
            let chunk: Vec<ConversationId> = chunk.collect::<Result<_, EngineError>>()?;
            if chunk.is_empty() {
                break;
            }
            told.chunk(&mut comparison, &before, &after, &chunk)?;
        }
        drop(ids);
        if let Some(each) = ahead.measured(comparison.compared(), began.elapsed()) {
            let serves_next = if plan.options.dry_run { old } else { new };
            note::put_compared(&*serves_next.store, each)?;
        }
        // Now, so that little is left to be written when it begins to serve.
        new.store.flush()?;
        for round in 0.. {
            let mut rest = changed.take();
            if rest.len() <= LAST_MAX || round >= ROUNDS_MAX {
                // Those that do not change any more need not be read while nothing is projected.
                comparison.show(&before, &after, plan.options.examples)?;
                let held = self.hold(old, new)?;
                rest.extend(changed.take());
                if rest.len() <= 8 * LAST_MAX || round >= ROUNDS_MAX {
                    comparison.compare(&before, &after, rest)?;
                    comparison.compare_anomalies(&before, &after, held.at)?;
                    let diff = comparison.diff(&before, &after, plan.options.examples)?;
                    return Ok((comparison, diff, held));
                }
            }
            for chunk in rest.into_iter().collect::<Vec<_>>().chunks(CHUNK * told.threads) {
                told.chunk(&mut comparison, &before, &after, chunk)?;
            }
        }
        // The rounds end.
        Err(Stop::Interrupted)
    }

    /// Has the new generation serve. Both are held; what serves goes on from there.
    pub(super) fn switch(
        &self,
        old: &Arc<Generation>,
        new: Arc<Generation>,
        held: Held,
        declined: Option<&Versions>,
    ) -> Result<Arc<Generation>, Stop> {
        let Shard {
            generations,
            partition,
            signals,
            ..
        } = self.shard;
        let number = new.number;
        // As it was projected beside; now as what serves is. The store stays open meanwhile, so that what was compared is what serves.
        new.projector.stop();
        // Before it serves: no crash may come between the two, or what somebody went back from would be begun once more.
        if let Some(declined) = declined {
            note::decline(&*new.store, declined)?;
        }
        new.store.flush()?;
        let _open = new.store.clone();
        drop(new);
        let projecting = &self.rebuilds.projecting;
        let before = old.projector.progress();
        let serving = projecting.open(&**generations, number, *partition, signals.clone(), Some(held.at))?;
        let found = serving.projector.progress();
        if found.loading || found.checkpoint.next != held.at {
            serving.projector.stop();
            // The old one goes on serving: what is told of it is not what was found here.
            signals.progress.send_replace(before);
            return Err(EngineError::Stopped { partition: *partition }.into());
        }
        // Durable before anybody reads it: a restart never goes back to the old one after the new one was read.
        if let Err(error) = generations.serve(number) {
            serving.projector.stop();
            return Err(error.into());
        }
        self.shard.replace(serving);
        old.projector.stop();
        let new = self.shard.current();
        // After all that: until it serves it is what was begun, and goes on after a crash.
        if let Err(error) = note::serve(&*new.store, self.id, declined) {
            self.warn(&error.into());
        }
        new.projector.release();
        self.rebuilds.tell(|status| {
            let pairs = status
                .generations
                .iter_mut()
                .filter(|pair| pair.partition == *partition);
            pairs.for_each(|pair| pair.switched = true);
        });
        info!(%partition, old = old.number, new = number, at = %held.at, "the new views serve");
        Ok(new)
    }

    /// Keeps the generation that served, and nothing that was kept before it.
    pub(super) fn retire(&self, old: &Generation) {
        let retired = old.store.flush().and_then(|()| remove_others(self.shard));
        if let Err(error) = retired {
            self.warn(&error.into());
        }
    }

    /// Stops what was being made. It stays for the next start if it can go on then.
    pub(super) fn abandon(&self, new: Arc<Generation>, stop: &Stop) {
        if !matches!(stop, Stop::Interrupted) {
            return self.remove(new);
        }
        if let Err(error) = new.stop() {
            let error: &dyn std::error::Error = &error;
            warn!(partition = %self.shard.partition(), error, "a rebuild could not be made durable: it goes on from an earlier place");
        }
    }

    fn remove(&self, new: Arc<Generation>) {
        new.projector.stop();
        let number = new.number;
        drop(new);
        if let Err(error) = self.shard.generations.remove(number) {
            let error: &dyn std::error::Error = &error;
            warn!(partition = %self.shard.partition(), number, error, "what was folded for a rebuild cannot be removed; the next one tries again");
        }
    }
}

/// Compares within the share of the processor, and tells how far it is.
struct Told<'a> {
    work: &'a Work<'a>,
    cpu_share: f64,
    /// One, if it keeps to a share.
    threads: usize,
    /// Compared before, in other partitions.
    before: u64,
    rate: Rate,
}

impl<'a> Told<'a> {
    fn new(work: &'a Work<'a>, plan: &Plan) -> Self {
        Self {
            work,
            cpu_share: plan.options.cpu_share.clamp(0.01, 1.0),
            threads: work.threads(plan),
            before: work.rebuilds.one(work.id).map_or(0, |status| status.compared),
            rate: Rate::default(),
        }
    }

    fn chunk(
        &mut self,
        comparison: &mut Comparison,
        old: &View<'_>,
        new: &View<'_>,
        ids: &[ConversationId],
    ) -> Result<(), Stop> {
        self.work.check()?;
        let began = Instant::now();
        comparison.compare_in(self.threads, old, new, ids)?;
        let compared = self.before + comparison.compared();
        let rate = self.rate.at(Instant::now(), compared);
        self.work.rebuilds.tell(|status| {
            status.compared = compared;
            status.to_compare = status.to_compare.max(compared);
            status.eta_s = eta((status.to_compare - compared) as f64, rate).or(status.eta_s);
        });
        let busy = began.elapsed();
        self.work
            .rebuilds
            .pause(busy.div_f64(self.cpu_share).saturating_sub(busy));
        Ok(())
    }
}
