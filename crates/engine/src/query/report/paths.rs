//! Paths: which origins follow each other on the way to a ticket's end, and which of these ways lead to a sale.
//!
//! The path of a ticket is what models of credit look at: the touches of its conversation within the lookback before it was won, else
//! closed, else before now. The same origin again right after itself is one step.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::time::Duration;

use origem_domain::amount::Amount;
use origem_domain::credit::Touchpoint;
use origem_domain::key::ConversationId;
use origem_domain::time::{DAY, Micros, Timestamp};
use origem_views::journeys::{self, Journey, Service};
use origem_views::layout::AccountKey;
use serde::{Deserialize, Serialize};

use super::catalogue::Catalogue;
use super::counts::add_all;
use super::numbers::Numbers;
use super::tally::{Stop, end_of, in_parts, path_of, revenue_of};
use super::{Dimension, LINES_MAX, Names, Origin, Period, Span, catalogue};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Clock;
use crate::question::Question;
use crate::shard::View;

/// Steps of a path that are told apart, if not told: few enough to be looked at.
pub const STEPS: usize = 5;
/// The most steps of a path that are told apart.
pub const STEPS_MAX: usize = 10;
/// Paths that are told, if not told.
pub const PATHS: usize = 20;
/// The most paths that are told.
pub const PATHS_MAX: usize = 1_000;
/// What stands before the steps of a path that is longer: no origin has that number.
const LONGER: u32 = u32::MAX;

/// What a report on paths is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathsQuery {
    /// Which tickets.
    pub period: Period,
    /// What origins are told apart by: dimensions of origins only.
    pub by: BTreeSet<Dimension>,
    /// Days back from the end of a ticket within which touches are on its path.
    pub lookback_days: u16,
    /// How many of the last steps of a path are told apart: at least one.
    pub steps: usize,
    /// How many paths are told at most.
    pub limit: usize,
}

/// Which ways led to tickets, and to sales.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    /// The period as instants and days.
    pub span: Span,
    /// Those that won most, then those of most tickets.
    pub lines: Vec<PathLine>,
    /// All others together.
    pub others: PathCounts,
    /// How many others there are.
    pub others_number: usize,
    /// All of them together.
    pub totals: PathCounts,
    /// What things are called.
    pub names: Names,
}

/// A path, and what became of its tickets.
#[derive(Debug, Clone, PartialEq)]
pub struct PathLine {
    /// The path.
    pub path: Path,
    /// What became of them.
    pub counts: PathCounts,
}

/// Origins in order of time. Without any: no touch within the lookback.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Path {
    /// Its last steps.
    pub steps: Vec<Origin>,
    /// There are more before them.
    pub longer: bool,
}

/// What became of the tickets of a path.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PathCounts {
    /// Tickets opened.
    pub tickets: u64,
    /// Of these, won.
    pub won: u64,
    /// What was sold with them, by currency.
    pub revenue: BTreeMap<String, Amount>,
}

impl PathCounts {
    fn absorb(&mut self, other: &Self) {
        self.tickets += other.tickets;
        self.won += other.won;
        add_all(&mut self.revenue, &other.revenue);
    }
}

/// A question for the paths of tickets.
#[derive(Serialize, Deserialize)]
pub(crate) struct Walk {
    pub account: String,
    /// Tickets opened from then on.
    pub from: Timestamp,
    /// Tickets opened before then.
    pub to: Timestamp,
    /// Where the paths of tickets end that are not finished.
    pub now: Timestamp,
    pub by: BTreeSet<Dimension>,
    pub lookback: Micros,
    pub steps: usize,
    pub catalogue: Catalogue,
}

/// What a shard counted; `None`: it was too much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Walked(pub Option<BTreeMap<Path, PathCounts>>);

impl Walked {
    pub(super) fn of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = BTreeMap::new();
        for Self(part) in parts {
            let Some(part) = part else { return Self(None) };
            for (path, counts) in part {
                let sum: &mut PathCounts = all.entry(path).or_default();
                sum.absorb(&counts);
            }
            if all.len() > LINES_MAX {
                return Self(None);
            }
        }
        Self(Some(all))
    }
}

impl Question for Walk {
    const NAME: &'static str = "report-paths";
    // It looks at every conversation.
    const PATIENCE: Duration = Duration::from_secs(60);
    type Answer = Walked;

    fn answer(&self, view: View<'_>) -> Result<Walked, EngineError> {
        let parts: Result<Vec<Walked>, EngineError> = in_parts(|ids| self.walk(view, ids)).into_iter().collect();
        Ok(Walked::of(parts?))
    }

    fn combine(&self, answers: Vec<Walked>) -> Option<Walked> {
        Some(Walked::of(answers))
    }
}

impl Walk {
    fn walk(&self, view: View<'_>, ids: RangeInclusive<ConversationId>) -> Result<Walked, EngineError> {
        let mut walking = Walking::new(self);
        let account = AccountKey::of(&self.account);
        let read = journeys::each(view.rows, account, ids, self.from, |_, journey| {
            walking.take(&journey);
            match walking.paths.len() > LINES_MAX {
                true => Err(Stop::TooMuch),
                false => Ok(()),
            }
        });
        match read {
            Ok(()) => Ok(walking.done()),
            Err(Stop::TooMuch) => Ok(Walked(None)),
            Err(Stop::Rows(error)) => Err(error.into()),
        }
    }
}

/// What one thread counts.
pub(super) struct Walking<'a> {
    asked: &'a Walk,
    numbers: Numbers,
    paths: HashMap<Vec<u32>, PathCounts>,
    /// Of the conversation at hand; kept for their room.
    touches: Vec<Touchpoint<u32>>,
    steps: Vec<u32>,
}

impl<'a> Walking<'a> {
    pub(super) fn new(asked: &'a Walk) -> Self {
        Self {
            asked,
            numbers: Numbers::default(),
            paths: HashMap::new(),
            touches: Vec::new(),
            steps: Vec::new(),
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
            self.ticket(ticket, &touches);
        }
        self.touches = touches;
    }

    fn ticket(&mut self, ticket: &Service<&str>, touches: &[Touchpoint<u32>]) {
        let (won_at, end) = end_of(&self.asked.catalogue, ticket, self.asked.now);
        self.steps.clear();
        self.steps.extend(
            path_of(touches, end, self.asked.lookback)
                .iter()
                .map(|touch| touch.origin),
        );
        self.steps.dedup();
        if let Some(too_many @ 1..) = self.steps.len().checked_sub(self.asked.steps) {
            self.steps.drain(..too_many);
            self.steps.insert(0, LONGER);
        }
        let counts = match self.paths.get_mut(self.steps.as_slice()) {
            Some(counts) => counts,
            None => self.paths.entry(self.steps.clone()).or_default(),
        };
        counts.tickets += 1;
        if won_at.is_some() {
            counts.won += 1;
            add_all(&mut counts.revenue, &revenue_of(&self.asked.catalogue, ticket));
        }
    }

    /// The same with names.
    pub(super) fn done(self) -> Walked {
        let origins = self.numbers.named().origins;
        let named = |(steps, counts): (Vec<u32>, PathCounts)| {
            let longer = steps.first() == Some(&LONGER);
            let steps = steps[usize::from(longer)..].iter();
            let path = Path {
                steps: steps.map(|number| origins[*number as usize].clone()).collect(),
                longer,
            };
            (path, counts)
        };
        Walked(Some(self.paths.into_iter().map(named).collect()))
    }
}

impl Engine {
    /// Which ways led to the tickets opened in some days, those that won most first. Reads the journey of every conversation of the
    /// account, as [`Engine::report_origins`] does.
    ///
    /// # Errors
    /// `Invalid` if the days are none, or if there are too many different paths; `Crowded` while too many others wait; as
    /// [`Engine::ask`].
    pub fn report_paths(&self, query: &PathsQuery, clock: Clock) -> Result<Paths, EngineError> {
        let span = self.span(&query.period, clock)?;
        let (catalogue, names) = catalogue::of(&self.catalogue(), &query.period.account);
        let _turn = self.limits.reports.take()?;
        let Walked(walked) = self.ask(&Walk {
            account: query.period.account.clone(),
            from: span.from,
            to: span.to,
            now: clock.at,
            by: query.by.clone(),
            lookback: i64::from(query.lookback_days) * DAY,
            steps: query.steps.max(1),
            catalogue,
        })?;
        let walked = walked.ok_or_else(|| EngineError::Invalid {
            what: "steps",
            reason: format!("there are more than {LINES_MAX} different paths: tell fewer steps or fewer days apart, or group by less"),
        })?;
        Ok(ranked(walked, query.limit, span, names))
    }
}

fn ranked(walked: BTreeMap<Path, PathCounts>, limit: usize, span: Span, names: Names) -> Paths {
    let mut lines: Vec<PathLine> = walked
        .into_iter()
        .map(|(path, counts)| PathLine { path, counts })
        .collect();
    // Stable: equals stay in order of their paths.
    lines.sort_by_key(|line| Reverse((line.counts.won, line.counts.tickets)));
    let rest = lines.split_off(limit.min(lines.len()));
    let sum = |lines: &[PathLine]| {
        let mut sum = PathCounts::default();
        lines.iter().for_each(|line| sum.absorb(&line.counts));
        sum
    };
    let others = sum(&rest);
    let mut totals = sum(&lines);
    totals.absorb(&others);
    Paths {
        span,
        others,
        others_number: rest.len(),
        totals,
        lines,
        names,
    }
}
