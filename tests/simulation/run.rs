//! One run: a seed draws what happens, step by step, and after each step everything that has to hold is looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use origem_domain::position::Offset;
use origem_domain::rules::Rulebook;
use origem_domain::time::{DAY, HOUR, Timestamp};
use origem_log_segments::{Disk, Restart};
use origem_sim::{Delivery, Options as SimOptions, Simulation};
use origem_testkit::chance::Chance;

use crate::invariant::{self, Known};
use crate::machine::{Machine, Start};
use crate::model::Model;
use crate::step::Step;

/// Events that are delivered, at most.
const EVENTS: u64 = 120;

/// What a seed decides once.
pub struct Run {
    pub chance: Chance,
    pub machine: Machine,
    pub start: Start,
    /// The rules there are, and which an engine is started with.
    pub rulebooks: [Arc<Rulebook>; 2],
    pub wanted: usize,
    pub known: Known,
    pub models: Vec<Model>,
    /// Deliveries that are to come, the next last; and those that came.
    pub to_come: Vec<Delivery>,
    pub came: Vec<Delivery>,
    /// How far the clock of this machine is from the right time.
    pub clock_ahead: i64,
    pub commands: u64,
    trace: Arc<Mutex<Vec<String>>>,
}

/// Why a run is wrong, and what happened until then.
#[derive(Debug)]
pub struct Wrong {
    pub why: String,
    pub trace: Vec<String>,
}

/// Runs `steps` steps of `seed`, then brings everything to its end; gives what happened. A panic is a wrong run as any other.
pub fn run(seed: u64, steps: usize) -> Result<Vec<String>, Wrong> {
    let trace = Arc::default();
    let go = || Run::new(seed, &trace).go(steps);
    let outcome = catch_unwind(AssertUnwindSafe(go)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        Err(said.unwrap_or_else(|| "it panicked".to_owned()))
    });
    let trace = std::mem::take(&mut *trace.lock().unwrap_or_else(PoisonError::into_inner));
    match outcome {
        Ok(()) => Ok(trace),
        Err(why) => Err(Wrong { why, trace }),
    }
}

impl Run {
    fn new(seed: u64, trace: &Arc<Mutex<Vec<String>>>) -> Self {
        let mut chance = Chance::new(seed, 0);
        let gap = |hours| Rulebook::default().changed(Timestamp::MIN, |rules| rules.interaction_gap = hours * HOUR);
        let rulebooks = [24, 3].map(|hours| Arc::new(gap(hours)));
        let mut to_come: Vec<Delivery> = Simulation::new(SimOptions {
            seed,
            events: EVENTS,
            ..SimOptions::default()
        })
        .collect();
        // Some overtake others.
        for at in 1..to_come.len() {
            if chance.once_in(4) {
                to_come.swap(at, at - 1);
            }
        }
        to_come.reverse();
        let start = Start {
            rulebook: rulebooks[0].clone(),
            automatic: chance.once_in(3),
            bulk: chance.once_in(2),
            records_max: chance.between(1, 20) as usize,
            visible: Offset(0),
        };
        Self {
            machine: Machine::with(Disk::new(seed)),
            models: rulebooks.iter().map(Model::new).collect(),
            chance,
            start,
            rulebooks,
            wanted: 0,
            known: Known::default(),
            to_come,
            came: Vec::new(),
            clock_ahead: 0,
            commands: 0,
            trace: trace.clone(),
        }
    }

    fn go(&mut self, steps: usize) -> Result<(), String> {
        self.bring_up()?;
        self.look("start")?;
        for _ in 0..steps {
            let step = Step::draw(self);
            let told = self.take(step)?;
            self.look(&format!("{step:?}: {told}"))?;
        }
        self.end()
    }

    /// Starts an engine on what is there, and waits until nothing moves.
    pub fn bring_up(&mut self) -> Result<(), String> {
        self.start.rulebook = self.rulebooks[self.wanted].clone();
        self.machine
            .start(&self.start)
            .map_err(|error| format!("the log does not open: {error:?}"))?;
        self.known.restarted();
        let same = self.known.read(self.machine.running());
        self.models.iter_mut().for_each(|model| model.forget_from(same));
        self.known.nothing_is_lost()?;
        if self.start.automatic {
            self.machine.settle_by_itself(&self.rulebooks[self.wanted]);
        }
        self.machine.settle();
        Ok(())
    }

    /// Lets the views see what is appended, up to here.
    pub fn let_through(&mut self, visible: Offset) {
        self.start.visible = visible;
        self.machine.running().log.let_through(visible);
    }

    /// Goes down and comes up again, perhaps under other rules.
    pub fn restart(&mut self, how: Option<Restart>) -> Result<String, String> {
        match how {
            Some(how) => self.machine.crash(how, &mut self.chance),
            None => self
                .machine
                .stop()
                .map_err(|error| format!("it does not stop: {error:?}"))?,
        }
        if self.chance.once_in(4) {
            self.wanted = 1 - self.wanted;
        }
        self.bring_up()?;
        Ok(format!("under rules {}", self.wanted))
    }

    /// Whatever is to hold holds, and that is noted.
    fn look(&mut self, what: &str) -> Result<(), String> {
        let progress = self.machine.settle();
        let tail = self.machine.running().log.whole_tail();
        // Views that are not whole say so, and nobody reads them.
        let (Some(rules), false) = (self.machine.rules(), progress.loading) else {
            self.note(format!("{what} | loading, {} of {tail} seen", self.start.visible));
            return Ok(());
        };
        let rules = self.rulebooks.iter().position(|one| **one == rules);
        let rules = rules.ok_or_else(|| format!("after {what}: the views are under rules of nobody"))?;
        let (next, fingerprint) =
            invariant::views_are_the_fold(&self.machine, &mut self.known, &mut self.models, rules)
                .map_err(|why| format!("after {what}: {why}"))?;
        invariant::generations_are_few(&self.machine).map_err(|why| format!("after {what}: {why}"))?;
        let state = if progress.failed { "stopped" } else { "going" };
        self.note(format!(
            "{what} | {state} at {next} of {tail}, {} seen, rules {rules}, views {fingerprint:032x}",
            self.start.visible
        ));
        Ok(())
    }

    fn note(&self, line: String) {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// The clock of whoever receives.
    pub fn now(&self) -> Timestamp {
        let latest = self.came.iter().map(|delivery| delivery.at).max();
        latest
            .unwrap_or(SimOptions::default().start)
            .plus(self.clock_ahead * DAY)
    }

    /// Everything that is to come comes, nothing fails any more, and the views are what they have to be.
    fn end(&mut self) -> Result<(), String> {
        let how = [None, Some(Restart::ProcessKilled), Some(Restart::PowerLost)][self.chance.below(3) as usize];
        self.restart(how)?;
        while !self.to_come.is_empty() {
            let told = self.take(Step::Deliver)?;
            self.look(&format!("last deliveries: {told}"))?;
        }
        let tail = self.machine.running().log.whole_tail();
        self.let_through(tail);
        self.look("everything is seen")?;
        let progress = self.machine.settle();
        if progress.failed || progress.checkpoint.next != tail {
            return Err(format!("in the end the views stand still: {progress:?}"));
        }
        self.known.nothing_is_lost()?;
        let rules = self.machine.rules();
        let rules = self.rulebooks.iter().position(|one| Some(&**one) == rules.as_ref());
        let model = &self.models[rules.ok_or("in the end the views are under rules of nobody")?];
        let again = invariant::folded_once(&self.machine, &self.known, model)?;
        let conversations = invariant::lists_are_counted(&self.machine)?;
        self.note(format!(
            "end: {conversations} conversations of {tail} records, {again} of them again"
        ));
        self.machine
            .stop()
            .map_err(|error| format!("it does not stop: {error:?}"))
    }
}
