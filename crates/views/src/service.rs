//! Service messages delivered by a number: what its monthly thousand is counted from.
//!
//! A message counts once, at the earliest report that it was delivered, in whatever order its reports come. It counts in a
//! quarter of an hour and in a day, both of UTC: every time zone begins its months at a quarter, and whole days make the sum
//! of a month a short scan. Serial, in the resolver: a message may be reported under two conversations that turn out to be one.

use serde::{Deserialize, Serialize};

use origem_domain::event::Body;
use origem_domain::record::Recorded;
use origem_domain::rules::windows::SERVICE_COUNTED_FROM;
use origem_domain::time::{DAY, HOUR, Micros, Timestamp};
use origem_domain::windows::Report;

use crate::layout::{self, Scope};
use crate::rows::{self, Changes, Overlay, Rows, RowsError};

const VIEW: &str = "service";

/// A length of time that is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// A day of UTC.
    Day = 0,
    /// A quarter of an hour.
    Quarter = 1,
}

impl Span {
    const fn length(self) -> Micros {
        match self {
            Self::Day => DAY,
            Self::Quarter => HOUR / 4,
        }
    }

    /// The number of the span that `at` is in; 0 before 1970.
    fn number(self, at: Timestamp) -> u32 {
        u32::try_from(at.micros().div_euclid(self.length())).unwrap_or_default()
    }
}

/// When a message was first reported as delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Delivered {
    at: Timestamp,
}

/// Counts the message that a report says was delivered, if it is a service message.
pub(crate) fn note(rows: &mut Overlay<'_>, scope: Scope, recorded: &Recorded) -> Result<(), RowsError> {
    let at = recorded.event.occurred_at;
    let Body::MessageStatus { status } = &recorded.event.body else {
        return Ok(());
    };
    let (Some(message), false) = (recorded.keys.message, at < SERVICE_COUNTED_FROM) else {
        return Ok(());
    };
    let counts = |report: Report| report.on(Some(message), status.state).counts_as_service();
    if recorded.event.group.is_some() || !Report::of(status).is_some_and(counts) {
        return Ok(());
    }
    let key = layout::delivered(scope, message);
    let known: Option<Delivered> = rows::read(rows, VIEW, &key)?;
    if known.is_some_and(|known| known.at <= at) {
        return Ok(());
    }
    rows.changes.put(key, &Delivered { at });
    if let Some(known) = known {
        add(&mut rows.changes, scope, known.at, -1);
    }
    add(&mut rows.changes, scope, at, 1);
    Ok(())
}

fn add(changes: &mut Changes, scope: Scope, at: Timestamp, delta: i64) {
    for span in [Span::Day, Span::Quarter] {
        let key = layout::service(scope, span as u8, span.number(at));
        *changes.counts.entry(key).or_default() += delta;
    }
}

/// The start of the quarter of an hour that `at` is in.
#[must_use]
pub fn quarter_start(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros() - at.micros().rem_euclid(Span::Quarter.length()))
}

/// How many service messages a number delivered from `from`, a quarter of an hour, until `to`, exclusive and rounded up to one.
///
/// # Errors
/// As reading rows does.
pub fn delivered(rows: &dyn Rows, scope: Scope, from: Timestamp, to: Timestamp) -> Result<u32, RowsError> {
    let quarters = |at: Timestamp| Span::Quarter.number(at);
    let (from, to) = (quarters(from), quarters(to.plus(HOUR / 4 - 1)));
    let per_day = quarters(Timestamp::from_micros(DAY));
    // Whole days between, quarters on both sides.
    let (first, last) = (from.div_ceil(per_day), to / per_day);
    let sum = if first < last {
        sum(rows, scope, Span::Day, first, last)?
            + sum_quarters(rows, scope, from, first * per_day)?
            + sum_quarters(rows, scope, last * per_day, to)?
    } else {
        sum_quarters(rows, scope, from, to)?
    };
    Ok(u32::try_from(sum.max(0)).unwrap_or(u32::MAX))
}

fn sum_quarters(rows: &dyn Rows, scope: Scope, from: u32, to: u32) -> Result<i64, RowsError> {
    sum(rows, scope, Span::Quarter, from, to)
}

fn sum(rows: &dyn Rows, scope: Scope, span: Span, from: u32, to: u32) -> Result<i64, RowsError> {
    if from >= to {
        return Ok(0);
    }
    let key = |number| layout::service(scope, span as u8, number);
    let counts = rows
        .scan(&key(from), &key(to))
        .map(|row| rows::decode::<i64>(VIEW, &row?.1));
    counts.sum()
}

#[cfg(test)]
mod tests {
    use origem_domain::event::{Channel, ChannelKind, DEFAULT_ACCOUNT};
    use origem_testkit::script;

    use super::*;
    use crate::counts;
    use crate::rows::MapRows;

    fn scope() -> Scope {
        let channel = Channel {
            kind: ChannelKind::Whatsapp,
            id: "200000000000001".to_owned(),
        };
        Scope::of(DEFAULT_ACCOUNT, &channel, None)
    }

    /// The rows of a script of events, in units of work of `batch` events.
    fn project(lines: &[&str], batch: usize) -> MapRows {
        let mut rows = MapRows::default();
        for lines in lines.chunks(batch) {
            let mut overlay = Overlay::new(&rows);
            for line in lines {
                note(&mut overlay, scope(), &script::records(line)[0]).unwrap();
            }
            let mut changes = overlay.changes;
            counts::settle(&mut changes, &rows).unwrap();
            rows.commit(&changes);
        }
        rows
    }

    /// Day 31 of the scripts is 2026-10-01.
    #[test]
    fn a_message_counts_once_when_it_was_first_delivered() {
        let october = |lines: &[&str]| {
            let (from, to) = (script::time_of("31.00:00"), script::time_of("62.00:00"));
            let mut told = Vec::new();
            let reversed: Vec<&str> = lines.iter().rev().copied().collect();
            let twice = [lines, lines].concat();
            for lines in [lines, &reversed, &twice] {
                for batch in [1, 2, 9] {
                    told.push(delivered(&project(lines, batch), scope(), from, to).unwrap());
                }
            }
            assert!(told.iter().all(|one| *one == told[0]), "{lines:?}: {told:?}");
            told[0]
        };
        const SERVICE: &str = "price=service type=free_customer_service";
        for (lines, count) in [
            (vec![format!("40.10:00 p1 delivered m1 {SERVICE}")], 1),
            (
                vec!["40.10:00 p1 delivered m1 price=service type=regular".to_owned()],
                1,
            ),
            // Delivered and read are one message, under whichever name of the customer.
            (
                vec![
                    format!("40.10:00 p1 delivered m1 {SERVICE}"),
                    format!("41.10:00 b1 read m1 {SERVICE}"),
                ],
                1,
            ),
            (
                vec![
                    format!("40.10:00 p1 delivered m1 {SERVICE}"),
                    format!("40.10:01 p2 read m2 {SERVICE}"),
                ],
                2,
            ),
            // Read in November, delivered in October.
            (
                vec![
                    format!("61.23:00 p1 delivered m1 {SERVICE}"),
                    format!("62.10:00 p1 read m1 {SERVICE}"),
                ],
                1,
            ),
            // Sent is not delivered; other categories, free entry points and groups do not count, nor does September.
            (vec![format!("40.10:00 p1 sent m1 {SERVICE}")], 0),
            (vec![format!("40.10:00 p1 failed m1 {SERVICE}")], 0),
            (
                vec!["40.10:00 p1 delivered m1 price=utility type=regular".to_owned()],
                0,
            ),
            (
                vec!["40.10:00 p1 delivered m1 price=service type=free_entry_point".to_owned()],
                0,
            ),
            (vec!["40.10:00 p1 delivered m1 price=service".to_owned()], 0),
            (vec![format!("40.10:00 p1@g1 delivered m1 {SERVICE}")], 0),
            (vec![format!("30.23:00 p1 delivered m1 {SERVICE}")], 0),
            (vec![format!("62.00:00 p1 delivered m1 {SERVICE}")], 0),
        ] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(october(&lines), count, "{lines:?}");
        }
    }

    #[test]
    fn a_month_is_summed_in_any_time_zone() {
        let lines = [
            "31.02:59", "31.03:00", "31.23:50", "45.12:00", "62.00:00", "62.02:59", "62.03:00",
        ];
        let lines: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(index, at)| format!("{at} p1 delivered m{index} price=service type=regular"))
            .collect();
        let rows = project(&lines.iter().map(String::as_str).collect::<Vec<_>>(), 3);
        for (from, to, count) in [
            ("31.00:00", "62.00:00", 4),
            ("31.03:00", "62.03:00", 5),
            ("31.00:00", "31.03:00", 1),
            ("31.03:00", "31.23:45", 1),
            ("31.03:00", "31.23:50", 2),
            ("31.03:00", "31.03:00", 0),
            ("45.11:45", "45.12:15", 1),
        ] {
            let count_of = delivered(&rows, scope(), script::time_of(from), script::time_of(to));
            assert_eq!(count_of.unwrap(), count, "{from} to {to}");
        }
    }
}
