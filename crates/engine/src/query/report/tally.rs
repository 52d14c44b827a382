//! The part of a shard in a report on origins: one look at every journey, in threads that each have a part of the conversations.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::time::Duration;

use origem_domain::amount::Amount;
use origem_domain::credit::markov::{Chain, Place};
use origem_domain::credit::{Decay, Model, Touchpoint, apportion, weights};
use origem_domain::day::Day;
use origem_domain::event::{Channel, ChannelKind};
use origem_domain::key::ConversationId;
use origem_domain::time::{Micros, Timestamp};
use origem_domain::zone::Zone;
use origem_views::journeys::{self, Journey, Service};
use origem_views::layout::AccountKey;
use origem_views::rows::RowsError;
use serde::{Deserialize, Serialize};

use super::LINES_MAX;
use super::catalogue::{Catalogue, Ending};
use super::counts::{Counts, Credit};
use super::group::{Dimension, Group, Origin, Source};
use super::numbers::{Named, Numbers};
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// Threads of one report; more would take the machine from everybody else.
const THREADS_MAX: usize = 8;
/// The most different steps between origins in all chains of a report together: a hundred megabytes.
pub(super) const STEPS_MAX: usize = if cfg!(test) { 4_000 } else { 400_000 };
/// A win as counts of wins have it.
const ONE: i64 = 1_000_000;

/// A question for what origins brought.
#[derive(Serialize, Deserialize)]
pub(crate) struct Tally {
    pub account: String,
    /// Tickets opened from then on.
    pub from: Timestamp,
    /// Tickets opened before then.
    pub to: Timestamp,
    /// Where the paths of tickets end that are not finished.
    pub now: Timestamp,
    pub zone: Zone,
    pub by: BTreeSet<Dimension>,
    pub models: BTreeSet<Model>,
    pub lookback: Micros,
    pub half_life_days: u16,
    pub catalogue: Catalogue,
}

/// What a shard counted.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tallied {
    pub lines: BTreeMap<Group, Line>,
    /// What [`Model::Markov`] needs, by what tickets have in common.
    pub chains: BTreeMap<Group, Steps>,
    /// It was too much, and nothing of it was kept.
    pub too_much: bool,
}

/// A line as shards count it.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub counts: Counts,
    pub credit: BTreeMap<Model, Credit>,
}

/// The paths of some tickets, and what is to be shared out among their origins.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Steps {
    pub chain: Chain<Origin>,
    pub won: Credit,
}

impl Tallied {
    fn too_much() -> Self {
        Self {
            too_much: true,
            ..Self::default()
        }
    }

    /// Adds what was counted elsewhere, as long as both are little enough to be held.
    pub(super) fn absorb(&mut self, other: Self) {
        if self.too_much || other.too_much {
            *self = Self::too_much();
            return;
        }
        for (group, line) in other.lines {
            if self.lines.len() > LINES_MAX {
                break;
            }
            let sum = self.lines.entry(group).or_default();
            sum.counts.absorb(line.counts);
            for (model, credit) in &line.credit {
                sum.credit.entry(*model).or_default().absorb(credit);
            }
        }
        for (group, steps) in other.chains {
            let sum = self.chains.entry(group).or_default();
            for (from, to, number) in steps.chain.steps() {
                sum.chain.step(from.clone(), to.clone(), number);
            }
            sum.won.absorb(&steps.won);
        }
        let steps: usize = self.chains.values().map(|steps| steps.chain.size()).sum();
        if self.lines.len() > LINES_MAX || steps > STEPS_MAX {
            *self = Self::too_much();
        }
    }
}

/// Why the journeys are not read on.
pub(super) enum Stop {
    /// There is more than a report may have.
    TooMuch,
    Rows(RowsError),
}

impl From<RowsError> for Stop {
    fn from(error: RowsError) -> Self {
        Self::Rows(error)
    }
}

impl Question for Tally {
    const NAME: &'static str = "report-origins";
    // It looks at every conversation.
    const PATIENCE: Duration = Duration::from_secs(60);
    type Answer = Tallied;

    fn answer(&self, view: View<'_>) -> Result<Tallied, EngineError> {
        let counted = in_parts(|ids| self.count(view, ids));
        let mut all = Tallied::default();
        for part in counted {
            all.absorb(part?);
        }
        Ok(all)
    }

    fn combine(&self, answers: Vec<Tallied>) -> Option<Tallied> {
        let mut all = Tallied::default();
        answers.into_iter().for_each(|answer| all.absorb(answer));
        Some(all)
    }
}

/// What `count` gives of each part of the conversations, in threads of their own.
pub(super) fn in_parts<T: Send>(count: impl Fn(RangeInclusive<ConversationId>) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = parts_of_ids(threads.min(THREADS_MAX) as u64);
    let count = &count;
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || count(part))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, T>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

/// The ids of conversations in so many parts; ids are hashes, so the parts are about as large.
fn parts_of_ids(number: u64) -> Vec<RangeInclusive<ConversationId>> {
    let size = u64::MAX / number.max(1);
    let part = |index: u64| {
        let end = if index + 1 == number {
            u64::MAX
        } else {
            (index + 1) * size - 1
        };
        ConversationId(index * size)..=ConversationId(end)
    };
    (0..number.max(1)).map(part).collect()
}

impl Tally {
    fn count(&self, view: View<'_>, ids: RangeInclusive<ConversationId>) -> Result<Tallied, EngineError> {
        let mut counting = Counting::new(self);
        let account = AccountKey::of(&self.account);
        let read = journeys::each(view.rows, account, ids, self.from, |_, journey| {
            counting.take(&journey);
            match counting.is_too_much() {
                true => Err(Stop::TooMuch),
                false => Ok(()),
            }
        });
        match read {
            Ok(()) => Ok(counting.done()),
            Err(Stop::TooMuch) => Ok(Tallied::too_much()),
            Err(Stop::Rows(error)) => Err(error.into()),
        }
    }
}

/// What tickets have in common, texts by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct TicketKey {
    day: Option<Day>,
    channel: Option<(ChannelKind, u32)>,
    team: Option<u32>,
    agent: Option<u32>,
}

/// What one thread counts. Names are numbers until the end, so that nothing is copied for a ticket.
pub(super) struct Counting<'a> {
    asked: &'a Tally,
    decay: Decay,
    tells_origins: bool,
    numbers: Numbers,
    lines: HashMap<(TicketKey, Option<u32>), Line>,
    chains: HashMap<TicketKey, (Chain<u32>, Credit)>,
    /// Different steps of all chains.
    steps: usize,
    /// Of the conversation at hand; kept for their room.
    touches: Vec<Touchpoint<u32>>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(asked: &'a Tally) -> Self {
        Self {
            asked,
            decay: Decay::by_half_life(asked.half_life_days),
            tells_origins: asked.by.iter().any(|dimension| dimension.is_of_origin()),
            numbers: Numbers::default(),
            lines: HashMap::new(),
            chains: HashMap::new(),
            steps: 0,
            touches: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, journey: &Journey<&str>) {
        let asked = self.asked;
        let is_asked = |ticket: &&Service<&str>| asked.from <= ticket.opened_at && ticket.opened_at < asked.to;
        if !journey.tickets.iter().any(|ticket| is_asked(&ticket)) {
            return;
        }
        let mut touches = std::mem::take(&mut self.touches);
        self.numbers.touches(&asked.catalogue, &asked.by, journey, &mut touches);
        for ticket in journey.tickets.iter().filter(is_asked) {
            self.ticket(journey, ticket, &touches);
        }
        self.touches = touches;
    }

    /// Whether there is more than a report may have.
    pub(super) fn is_too_much(&self) -> bool {
        self.lines.len() > LINES_MAX || self.steps > STEPS_MAX
    }

    fn ticket(&mut self, journey: &Journey<&str>, ticket: &Service<&str>, touches: &[Touchpoint<u32>]) {
        let key = self.key(journey, ticket);
        let (won_at, end) = end_of(&self.asked.catalogue, ticket, self.asked.now);
        let path = path_of(touches, end, self.asked.lookback);
        let revenue = won_at.map_or_else(BTreeMap::new, |_| revenue_of(&self.asked.catalogue, ticket));
        let opening = opening(touches, |touch| touch.at, ticket.opened_at).map(|touch| touch.origin);
        let line = self.line(key, opening);
        line.counts.opened += 1;
        if let Some(at) = ticket.answered_at {
            line.counts.answered += 1;
            // At the very opening: the business began it.
            if at > ticket.opened_at {
                line.counts.first_response.note(at.since(ticket.opened_at));
            }
        }
        if ticket.closed_at.is_some() {
            line.counts.finished += 1;
            if let Some(code) = ticket.classification {
                match line.counts.classified.get_mut(code) {
                    Some(number) => *number += 1,
                    None => drop(line.counts.classified.insert(code.to_owned(), 1)),
                }
            }
        }
        if let Some(at) = won_at {
            line.counts.won += 1;
            let began = path.first().map_or(ticket.opened_at, |touch| touch.at);
            line.counts.time_to_win.note(at.since(began));
            let won = Credit {
                won: Amount(ONE),
                revenue,
            };
            super::counts::add_all(&mut line.counts.revenue, &won.revenue);
            self.share_out(key, path, at, &won);
        }
        if self.asked.models.contains(&Model::Markov) && !path.is_empty() {
            let (chain, _) = self.chains.entry(key).or_default();
            let before = chain.size();
            chain.add(path.iter().map(|touch| touch.origin), won_at.is_some());
            self.steps += chain.size() - before;
        }
    }

    fn key(&mut self, journey: &Journey<&str>, ticket: &Service<&str>) -> TicketKey {
        let asked = |dimension| self.asked.by.contains(&dimension);
        let day = || Day::of(ticket.opened_at, self.asked.zone);
        let day = match (asked(Dimension::Day), asked(Dimension::Month)) {
            (true, _) => day(),
            (false, true) => day().map(Day::month),
            (false, false) => None,
        };
        let (channel, team, agent) = (
            asked(Dimension::Channel),
            asked(Dimension::Team),
            asked(Dimension::Agent),
        );
        TicketKey {
            day,
            channel: channel.then(|| (journey.channel_kind, self.numbers.text(journey.channel_id))),
            team: ticket.team.filter(|_| team).map(|team| self.numbers.text(team)),
            agent: ticket.agent.filter(|_| agent).map(|agent| self.numbers.text(agent)),
        }
    }

    fn line(&mut self, key: TicketKey, origin: Option<u32>) -> &mut Line {
        // Where origins are not told apart, nothing is without one.
        let origin = origin.filter(|_| self.tells_origins);
        self.lines.entry((key, origin)).or_default()
    }

    /// Gives every touch its part of a win, by every model.
    fn share_out(&mut self, key: TicketKey, path: &[Touchpoint<u32>], won_at: Timestamp, won: &Credit) {
        let asked = self.asked;
        for model in &asked.models {
            if path.is_empty() {
                let credit = &mut self.line(key, None).credit;
                credit.entry(*model).or_default().absorb(won);
                continue;
            }
            let Some(weights) = weights(*model, path, won_at, &self.decay) else {
                self.chains.entry(key).or_default().1.absorb(won);
                continue;
            };
            for (touch, part) in path.iter().zip(parts(won, &weights)) {
                if part != Credit::default() {
                    let credit = &mut self.line(key, Some(touch.origin)).credit;
                    credit.entry(*model).or_default().absorb(&part);
                }
            }
        }
    }

    /// The same with names.
    pub(super) fn done(self) -> Tallied {
        let Named { texts, origins } = self.numbers.named();
        let name = |number: u32| texts[number as usize].clone();
        let group = |key: TicketKey, source: Source| Group {
            day: key.day,
            channel: key.channel.map(|(kind, id)| Channel { kind, id: name(id) }),
            team: key.team.map(name),
            agent: key.agent.map(name),
            source,
        };
        let source = |origin: Option<u32>| match origin {
            Some(number) => Source::Touch(origins[number as usize].clone()),
            None if self.tells_origins => Source::Unattributed,
            None => Source::default(),
        };
        let lines = self.lines.into_iter();
        let lines = lines.map(|((key, origin), line)| (group(key, source(origin)), line));
        let place = |place: &Place<u32>| match place {
            Place::Origin(number) => Place::Origin(origins[*number as usize].clone()),
            Place::Start => Place::Start,
            Place::Win => Place::Win,
            Place::Nothing => Place::Nothing,
        };
        let chains = self.chains.into_iter().map(|(key, (chain, won))| {
            let mut named = Steps {
                won,
                ..Steps::default()
            };
            for (from, to, number) in chain.steps() {
                named.chain.step(place(from), place(to), number);
            }
            (group(key, Source::default()), named)
        });
        Tallied {
            lines: lines.collect(),
            chains: chains.collect(),
            too_much: false,
        }
    }
}

/// When a ticket was won, if it was, and where its path ends.
pub(super) fn end_of(catalogue: &Catalogue, ticket: &Service<&str>, now: Timestamp) -> (Option<Timestamp>, Timestamp) {
    let won_at = catalogue.won_at(&Ending {
        closed_at: ticket.closed_at,
        classification: ticket.classification,
        value: ticket.value,
        stage: ticket.stage,
    });
    (won_at, won_at.or(ticket.closed_at).unwrap_or(now))
}

/// The touches that have part in what ends at `end`: those within the lookback.
pub(super) fn path_of<T>(touches: &[Touchpoint<T>], end: Timestamp, lookback: Micros) -> &[Touchpoint<T>] {
    let begin = end.plus(-lookback);
    let path = &touches[touches.partition_point(|touch| touch.at < begin)..];
    &path[..path.partition_point(|touch| touch.at <= end)]
}

/// What was sold with a ticket that was won.
pub(super) fn revenue_of(catalogue: &Catalogue, ticket: &Service<&str>) -> BTreeMap<String, Amount> {
    let currency = || ticket.currency.unwrap_or(&catalogue.currency).to_owned();
    ticket.value.map(|value| (currency(), value)).into_iter().collect()
}

/// What opened a ticket: the latest touch when it did, of those in order of time.
pub(super) fn opening<T>(touches: &[T], at: impl Fn(&T) -> Timestamp, opened_at: Timestamp) -> Option<&T> {
    touches[..touches.partition_point(|touch| at(touch) <= opened_at)].last()
}

/// A win in parts that add up to it.
pub(super) fn parts(won: &Credit, weights: &[u64]) -> Vec<Credit> {
    let mut parts: Vec<Credit> = apportion(won.won.0, weights)
        .into_iter()
        .map(|won| Credit {
            won: Amount(won),
            revenue: BTreeMap::new(),
        })
        .collect();
    for (currency, amount) in &won.revenue {
        for (part, amount) in parts.iter_mut().zip(apportion(amount.0, weights)) {
            if amount != 0 {
                part.revenue.insert(currency.clone(), Amount(amount));
            }
        }
    }
    parts
}
