//! What may happen. A new kind of trouble is a variant, its weight, and an arm.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use origem_domain::decide::{Act, Ending, Target, Wanted};
use origem_domain::position::{Offset, Partition};
use origem_engine::query::ThreadQuery;
use origem_engine::{By, Delivery, EngineError, Order, Source};
use origem_log::{AppendError, EventLog as _, Refusal};
use origem_log_segments::{Plan, Restart, Torn};
use origem_views::{card, meta};

use crate::invariant;
use crate::machine::{AGENTS, Machine, Start, step_by_step};
use crate::run::Run;
use crate::store::Fault;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A delivery comes in.
    Deliver,
    /// One that came before comes again.
    DeliverAgain,
    /// One comes in while the disk of the log fails once.
    DeliverWhileFailing,
    /// One comes in, and the machine goes down at one of the writes.
    DeliverWhileCrashing,
    /// The disk of the log is full for a while.
    FillDisk,
    /// The views may see some more of the log.
    Project,
    /// The log cannot be read for a moment while they do.
    ProjectWhileAway,
    /// A commit of the views is going to fail.
    FailCommit,
    /// An agent does something.
    Command,
    /// Somebody looks at lists and conversations.
    Ask,
    /// A rebuild is begun, and waits at one of its writes.
    BeginRebuild,
    /// The rebuild that waits goes on to its end.
    GoOn,
    /// The views of before serve again.
    RollBack,
    /// What is kept for that is removed.
    Prune,
    /// The clock of the machine jumps.
    Clock,
    /// The process is restarted.
    Restart,
    /// The process is killed.
    Kill,
    /// The machine loses power.
    LosePower,
    /// A copy of the log has one bit that is another.
    FlipBit,
}

/// How often each is drawn, where it makes sense.
const WEIGHTS: &[(Step, u64)] = &[
    (Step::Deliver, 30),
    (Step::DeliverAgain, 6),
    (Step::DeliverWhileFailing, 4),
    (Step::DeliverWhileCrashing, 3),
    (Step::FillDisk, 2),
    (Step::Project, 24),
    (Step::ProjectWhileAway, 1),
    (Step::FailCommit, 3),
    (Step::Command, 8),
    (Step::Ask, 6),
    (Step::BeginRebuild, 4),
    (Step::GoOn, 3),
    (Step::RollBack, 2),
    (Step::Prune, 1),
    (Step::Clock, 2),
    (Step::Restart, 2),
    (Step::Kill, 2),
    (Step::LosePower, 2),
    (Step::FlipBit, 1),
];

impl Step {
    /// What happens next.
    pub fn draw(run: &mut Run) -> Self {
        // A log that is in doubt and views that have stopped want a restart; nothing else would tell anything.
        let Some(progress) = run.machine.engine().shards().first().map(|shard| shard.progress()) else {
            return Self::Kill;
        };
        if progress.failed || run.machine.running().log.refusal() == Some(Refusal::Unconfirmed) {
            return *run.chance.pick(&[Self::Restart, Self::Kill, Self::LosePower]);
        }
        let is_paused = run.machine.generations.is_paused();
        let makes_sense = |step: Self| match step {
            Self::GoOn => is_paused,
            Self::BeginRebuild | Self::Prune => !is_paused,
            // Where everything is rebuilt by itself nobody goes back.
            Self::RollBack => !is_paused && !run.start.automatic,
            Self::DeliverAgain => !run.came.is_empty(),
            // A command waits for the views, in real time.
            Self::Command => !run.machine.generations.is_to_fail(),
            _ => true,
        };
        let all: Vec<_> = WEIGHTS.iter().filter(|(step, _)| makes_sense(*step)).collect();
        let mut left = run.chance.below(all.iter().map(|(_, weight)| weight).sum());
        for (step, weight) in all {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *step,
            }
        }
        Self::Deliver
    }
}

impl Run {
    /// Takes a step; what came of it.
    pub fn take(&mut self, step: Step) -> Result<String, String> {
        match step {
            Step::Deliver => self.deliver(false),
            Step::DeliverAgain => self.deliver(true),
            Step::DeliverWhileFailing => {
                let call = self.chance.below(4);
                self.machine.disk.plan(Plan::FailOnce(call));
                let told = self.deliver(false);
                self.machine.disk.plan(Plan::Nothing);
                told
            }
            Step::DeliverWhileCrashing => {
                let call = self.chance.below(5);
                self.machine.disk.plan(Plan::Crash(call));
                let told = self.deliver(false)?;
                let how = *self.chance.pick(&[Restart::ProcessKilled, Restart::PowerLost]);
                Ok(format!("{told}, then {}", self.restart(Some(how))?))
            }
            Step::FillDisk => self.fill_disk(),
            Step::Project => Ok(self.project()),
            Step::ProjectWhileAway => {
                self.machine.running().log.fail_reads(1);
                Ok(self.project())
            }
            Step::FailCommit => {
                let (left, fault) = (
                    self.chance.below(3),
                    *self.chance.pick(&[Fault::Refused, Fault::AnswerLost]),
                );
                self.machine.generations.fail_after(left, fault);
                Ok(format!("{fault:?} after {left}"))
            }
            Step::Command => self.command(),
            Step::Ask => self.ask(),
            Step::BeginRebuild => Ok(self.begin_rebuild()),
            Step::GoOn => {
                self.machine.generations.go_on();
                Ok(self.rebuilt())
            }
            Step::RollBack => Ok(told(self.machine.engine().rollback())),
            Step::Prune => Ok(told(self.machine.engine().prune_generations())),
            Step::Clock => {
                self.clock_ahead = self.chance.below(81) as i64 - 40;
                Ok(format!("{} days ahead", self.clock_ahead))
            }
            Step::Restart => self.restart(None),
            Step::Kill => self.restart(Some(Restart::ProcessKilled)),
            Step::LosePower => self.restart(Some(Restart::PowerLost)),
            Step::FlipBit => self.flip_bit(),
        }
    }

    /// A delivery, which comes again later if nobody said that it is kept.
    fn deliver(&mut self, again: bool) -> Result<String, String> {
        let next = if again { None } else { self.to_come.pop() };
        let Some(delivery) = next.or_else(|| (!self.came.is_empty()).then(|| self.chance.pick(&self.came).clone()))
        else {
            return Ok("nothing".to_owned());
        };
        let received_at = delivery.at.plus(self.clock_ahead * origem_domain::time::DAY);
        let given = || Delivery {
            source: Source::Meta,
            body: &delivery.body,
            received_at,
            account: "default",
        };
        let engine = self.machine.engine();
        let records: Vec<Vec<u8>> = engine
            .prepare([given()])
            .into_records()
            .map(|(_, record)| record)
            .collect();
        let accepted = self.machine.wait_for(engine.accept(given()));
        let before = self.known.records.len() as u64;
        let same = self.known.read(self.machine.running());
        if same < before {
            return Err(format!("of {before} records only {same} are as they were"));
        }
        match accepted {
            Ok(accepted) => {
                let range = accepted
                    .spans
                    .first()
                    .map_or(0..0, |(_, range)| range.start.0..range.end.0);
                if self
                    .known
                    .acknowledged
                    .keys()
                    .next_back()
                    .is_some_and(|last| range.start <= *last)
                {
                    return Err(format!("{range:?} was acknowledged after what is behind it"));
                }
                self.known.acknowledged.extend(range.clone().zip(records));
                self.known.nothing_is_lost()?;
                self.came.push(delivery);
                Ok(format!("{range:?}"))
            }
            Err(error) => {
                self.to_come.push(delivery);
                Ok(name(&error).to_owned())
            }
        }
    }

    /// Little room, then plenty: what is refused leaves the log as it was, and then it goes on by itself.
    fn fill_disk(&mut self) -> Result<String, String> {
        self.machine.disk.leave_room(Some(self.chance.below(400)));
        let refused = self.deliver(false)?;
        self.machine.disk.leave_room(None);
        if self.machine.running().log.refusal() != Some(Refusal::NoSpace) {
            return Ok(refused);
        }
        let taken = self.deliver(false)?;
        if self.machine.running().log.refusal().is_some() {
            return Err(format!("with room again: {taken}"));
        }
        Ok(format!("{refused}, then {taken}"))
    }

    fn project(&mut self) -> String {
        let tail = self.machine.running().log.whole_tail();
        let more = self.chance.between(1, 30);
        let visible = Offset((self.start.visible.0 + more).min(tail.0));
        self.let_through(visible);
        format!("up to {visible}")
    }

    /// Everything is seen first, so that a command does not wait for what nobody lets through.
    fn command(&mut self) -> Result<String, String> {
        self.let_through(Offset(u64::MAX));
        let progress = self.machine.settle();
        let rows = self.machine.engine().shards()[0].rows();
        let ids: Vec<_> = card::all(&*rows).map(Result::unwrap).collect();
        drop(rows);
        let told = if ids.is_empty() || progress.failed {
            "nobody to serve".to_owned()
        } else {
            let id = *self.chance.pick(&ids);
            self.commands += 1;
            let (agent, other) = (*self.chance.pick(&AGENTS), *self.chance.pick(&AGENTS));
            let target = Target {
                assignee: Some(other.to_owned()),
                team: None,
            };
            let acts = [
                Act::Claim,
                Act::Assign(target.clone()),
                Act::Transfer(target),
                Act::Finish(Ending::default()),
                Act::Reopen,
            ];
            let order = Order {
                wanted: Wanted {
                    act: self.chance.pick(&acts).clone(),
                    revision: None,
                },
                by: By::Told(Some(agent.to_owned())),
                at: self.now(),
                idempotency_key: Some(format!("command {}", self.commands)),
            };
            let done = self.machine.wait_for(self.machine.engine().command(id, &order));
            self.known.read(self.machine.running());
            match done {
                Ok(done) => {
                    let at = done.position.offset.0;
                    let record = self
                        .known
                        .records
                        .get(at as usize)
                        .ok_or("a command is done and not in the log")?;
                    self.known.acknowledged.insert(at, record.clone());
                    format!("done at {at}")
                }
                Err(error) => name(&error).to_owned(),
            }
        };
        let tail = self.machine.running().log.whole_tail();
        self.let_through(tail);
        Ok(told)
    }

    fn ask(&mut self) -> Result<String, String> {
        let engine = self.machine.engine().clone();
        if self.machine.settle().failed {
            return Ok("the views have stopped".to_owned());
        }
        let count = invariant::lists_are_counted(&self.machine)?;
        let rows = engine.shards()[0].rows();
        let ids: Vec<_> = card::all(&*rows).map(Result::unwrap).collect();
        if ids.is_empty() {
            return Ok("nobody is there".to_owned());
        }
        let id = *self.chance.pick(&ids);
        let query = ThreadQuery {
            limit: 100,
            ..ThreadQuery::default()
        };
        let answers = [
            hash(&engine.timeline(id)),
            hash(&engine.tickets(id)),
            hash(&engine.thread(id, &query).map(|page| page.rows)),
        ];
        Ok(format!("{count} listed, {answers:x?}"))
    }

    fn begin_rebuild(&mut self) -> String {
        self.machine.generations.pause_new(self.chance.below(40));
        let begun = self.machine.engine().start_rebuild(step_by_step());
        if begun.is_err() {
            self.machine.generations.go_on();
        }
        self.machine.settle();
        match self.machine.generations.is_paused() {
            true => "waits".to_owned(),
            false => format!("{}{}", told(begun), self.rebuilt()),
        }
    }

    /// How the last rebuild ended.
    fn rebuilt(&self) -> String {
        self.machine.settle();
        let last = self.machine.engine().rebuilds().into_iter().next();
        last.map_or_else(String::new, |status| format!("{:?}", status.phase))
    }

    /// On a copy, so that the run goes on: the log refuses to open, or reading stops at the damage; never are views folded of what
    /// was not written.
    fn flip_bit(&mut self) -> Result<String, String> {
        let disk = self.machine.disk.copy();
        let names = disk.names();
        let name = self.chance.pick(&names).clone();
        let mut bytes = disk.bytes(&name);
        if bytes.is_empty() {
            return Ok(format!("{name} is empty"));
        }
        let mark = disk.bytes(MARK);
        let at = self.chance.below(bytes.len() as u64 * 8) as usize;
        bytes[at / 8] ^= 1 << (at % 8);
        disk.put(&name, bytes);
        let mut copy = Machine::with(disk);
        let start = Start {
            automatic: false,
            visible: Offset(u64::MAX),
            ..self.start.clone()
        };
        let recovery = match copy.start(&start) {
            Ok(recovery) => recovery,
            Err(_) => return Ok(format!("{name}, bit {at}: it does not open")),
        };
        let acknowledged = self.known.acknowledged.keys().next_back().map_or(0, |last| last + 1);
        // Beyond the mark, which stays behind where the disk refuses it, damage looks like what a crash tore.
        let is_marked = at as u64 / 8 < marked_bytes(&mark, &name);
        let is_told = |torn: Torn| torn.synced_bytes_lost > 0 || !is_marked;
        if recovery.tail.0 < acknowledged && !recovery.torn.is_some_and(is_told) {
            return Err(format!(
                "{name}, bit {at}: what was acknowledged is gone, and nobody says so"
            ));
        }
        let progress = copy.settle();
        let rows = copy.engine().shards()[0].rows();
        let next = meta::checkpoint(&*rows, Partition(0)).unwrap().next.0;
        // New views that are not whole say so, and are not read.
        if progress.loading {
            return Ok(format!("{name}, bit {at}: it stops while loading"));
        }
        let expected = self.models[self.wanted].fingerprint(&self.known.records, next);
        if meta::fingerprint(&*rows).unwrap() != expected {
            return Err(format!(
                "{name}, bit {at}: the views are of something that was never written"
            ));
        }
        Ok(format!("{name}, bit {at}: {next} folded"))
    }
}

/// The file that says up to where the log is known to be on the disk (docs/formats/segment.md).
const MARK: &str = "synced.mark";

/// Up to where a file is known to be on the disk, as the mark says.
fn marked_bytes(mark: &[u8], name: &str) -> u64 {
    let number = |at: usize| u64::from_le_bytes(*mark[at..].first_chunk().unwrap());
    match name.strip_suffix(".log").map(|base| base.parse::<u64>().unwrap()) {
        Some(base) if base > number(8) => 0,
        Some(base) if base == number(8) => number(16),
        _ => u64::MAX,
    }
}

fn told<T>(outcome: Result<T, EngineError>) -> String {
    outcome.map_or_else(|error| name(&error).to_owned(), |_| String::new())
}

/// An error by its name; where an append failed, by what that means.
fn name(error: &EngineError) -> &'static str {
    match error {
        EngineError::Append(AppendError::NotWritten { .. }) => "not written",
        EngineError::Append(AppendError::Unconfirmed { .. }) => "unconfirmed",
        EngineError::Append(AppendError::Poisoned { .. }) => "poisoned",
        other => other.code().name(),
    }
}

/// A number that tells answers apart.
fn hash(answer: &impl Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{answer:?}").hash(&mut hasher);
    hasher.finish()
}
