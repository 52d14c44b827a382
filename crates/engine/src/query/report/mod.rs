//! Reports over tickets: what each origin brought, and what became of it.
//!
//! ```text
//! journeys --tally, in threads of each shard--> counts, credit, steps --combined--> lines --settled--> markov, cents, cost, names
//! journeys --walk,  in threads of each shard--> paths --combined--> lines, those that won most first
//! ```
//! A report is of the tickets opened in some days. Shards count what adds up exactly; whoever asked does what needs all of it at once.
//! What the directory knows of ads, links and classifications goes along with the question, for shards have no directory.

mod catalogue;
mod counts;
mod export;
mod funnel;
mod group;
mod numbers;
mod paths;
mod settle;
mod tally;
#[cfg(test)]
mod tests;
mod told;

pub use catalogue::Names;
pub use counts::{Counts, Credit, Seconds};
pub use export::{Export, ExportQuery, Exported, Opening, PAGE_TICKETS, TicketPlace};
pub use funnel::{Funnel, FunnelBy, FunnelLine, Stages};
pub use group::{Dimension, Group, Origin, Source};
pub use paths::{PATHS, PATHS_MAX, Path, PathCounts, PathLine, Paths, PathsQuery, STEPS, STEPS_MAX};

pub(crate) use export::{Pages, Places};
pub(crate) use funnel::Clicks;
pub(crate) use paths::Walk;
pub(crate) use tally::Tally;

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::amount::Amount;
use origem_domain::credit::Model;
use origem_domain::day::Day;
use origem_domain::time::{DAY, Timestamp};
use origem_domain::zone::Zone;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Clock;

/// Days back from a win within which touches have part in it, if not told.
pub const LOOKBACK_DAYS: u16 = 30;
/// The longest lookback: ten years.
pub const LOOKBACK_DAYS_MAX: u16 = 3_653;
/// Days after which a touch counts half in [`Model::TimeDecay`], if not told.
pub const HALF_LIFE_DAYS: u16 = 7;
/// The most lines of a report: more than anybody reads, and little enough for memory.
pub const LINES_MAX: usize = if cfg!(test) { 500 } else { 50_000 };

/// Which tickets a report is of. Days are those of the account's time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The tenant.
    pub account: String,
    /// Tickets opened from this day on; the first of the month if not told.
    pub from: Option<Day>,
    /// Tickets opened until this day, exclusive; all if not told.
    pub to: Option<Day>,
}

/// What a report on origins is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginsQuery {
    /// Which tickets.
    pub period: Period,
    /// What lines are told apart by; none is one line for everything.
    pub by: BTreeSet<Dimension>,
    /// How credit is shared out: each of them, side by side.
    pub models: BTreeSet<Model>,
    /// Days back from a win within which touches have part in it.
    pub lookback_days: u16,
    /// Days after which a touch counts half in [`Model::TimeDecay`].
    pub half_life_days: u16,
}

/// What each origin brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Origins {
    /// The period as instants and days.
    pub span: Span,
    /// In order of their groups, what has no origin last.
    pub lines: Vec<OriginLine>,
    /// All lines together.
    pub totals: OriginLine,
    /// What things are called.
    pub names: Names,
}

/// One line of a report, or its totals.
#[derive(Debug, Clone, PartialEq)]
pub struct OriginLine {
    /// What its tickets have in common; of touches, for credit.
    pub group: Group,
    /// What became of the tickets that it opened.
    pub counts: Counts,
    /// Its part in what was won, by model: lines add up to what was won.
    pub credit: BTreeMap<Model, Credit>,
    /// What was spent on it, by currency; `None` where lines are told apart by what spend is not told by.
    pub cost: Option<BTreeMap<String, Amount>>,
}

/// Some days, as days and as instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub first: Day,
    /// The day after the last, as far as it was told.
    pub end: Option<Day>,
    /// Where days begin.
    pub zone: Zone,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

impl Span {
    /// Whether a day is in it.
    pub(crate) fn has(&self, day: Day) -> bool {
        self.first <= day && self.end.is_none_or(|end| day < end)
    }
}

impl Engine {
    /// The days of a report, by the calendar of the account, of `clock.zone` where it has none.
    ///
    /// # Errors
    /// `Invalid` if the days are none.
    pub(crate) fn span(&self, period: &Period, clock: Clock) -> Result<Span, EngineError> {
        let zone = self.directory().snapshot().zone(&period.account, clock.zone);
        let month = || Day::of(clock.at, zone).map(Day::month);
        let first = period.from.or_else(month).ok_or_else(|| EngineError::Invalid {
            what: "from",
            reason: "name a day like 2026-10-01".to_owned(),
        })?;
        if period.to.is_some_and(|to| to <= first) {
            return Err(EngineError::Invalid {
                what: "to",
                reason: format!("it must be after {first}, the first day; the day itself is not in the report"),
            });
        }
        Ok(Span {
            first,
            end: period.to,
            zone,
            from: first.begins(zone),
            to: period.to.map_or(Timestamp::MAX, |to| to.begins(zone)),
        })
    }

    /// What each origin brought, of the tickets opened in some days. Reads the journey of every conversation of the account, in
    /// parallel; only a few reports are worked out at a time.
    ///
    /// # Errors
    /// `Invalid` if the days are none, if there are too many lines, or too many origins for [`Model::Markov`]; `Crowded` while too
    /// many others wait; as [`Engine::ask`].
    pub fn report_origins(&self, query: &OriginsQuery, clock: Clock) -> Result<Origins, EngineError> {
        let span = self.span(&query.period, clock)?;
        let (catalogue, names) = catalogue::of(&self.catalogue(), &query.period.account);
        let _turn = self.limits.reports.take()?;
        let tally = Tally {
            account: query.period.account.clone(),
            from: span.from,
            to: span.to,
            now: clock.at,
            zone: span.zone,
            by: query.by.clone(),
            models: query.models.clone(),
            lookback: i64::from(query.lookback_days) * DAY,
            half_life_days: query.half_life_days,
            catalogue,
        };
        let tallied = self.ask(&tally)?;
        let spent = settle::spent(&self.directory().snapshot(), query, &span, &tally.catalogue);
        let (lines, totals) = settle::settle(tallied, query, spent)?;
        Ok(Origins {
            span,
            lines,
            totals,
            names,
        })
    }
}
