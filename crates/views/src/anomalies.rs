//! Anomalies: events that could not be understood or applied, each leading to its bytes in the log; and how many there are,
//! by reason.
//!
//! A list goes back through the positions of a partition; by reason it goes along an index, so that what is rare is found
//! without reading the rest.

use serde::{Deserialize, Serialize};

use origem_domain::event::{Channel, Kind};
use origem_domain::key::{ConversationId, Key};
use origem_domain::position::{Offset, Partition, Position};
use origem_domain::time::Timestamp;

use crate::identity;
use crate::layout::{self, AccountKey};
use crate::rows::{self, Changes, Rows, RowsError, prefix_end};

mod reason;
mod tally;

pub use reason::Reason;
pub use tally::Tally;

/// Anomalies one page may look at; a filter that fits few gives a short page and where to go on.
const LOOKED_AT_MAX: usize = 20_000;

/// One anomaly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// The event.
    pub position: Position,
    /// Key of its dedup key, which tells it from others at that position; zero if it cannot be decoded.
    pub event: Key,
    /// What is odd.
    pub reason: Reason,
    /// The kind of event; `None` if it cannot be decoded.
    pub kind: Option<Kind>,
    /// When it happened: the time of receipt where the payload tells none; `None` if it cannot be decoded.
    pub at: Option<Timestamp>,
    /// When it was received; `None` if it cannot be decoded.
    pub received_at: Option<Timestamp>,
    /// Whose; `None` if it cannot be decoded.
    pub account: Option<String>,
    /// Where.
    pub channel: Option<Channel>,
    /// In which conversation.
    pub conversation: Option<ConversationId>,
    /// More, for a person; without personal data.
    pub detail: Option<String>,
}

/// Which anomalies. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// What is odd.
    pub reason: Option<Reason>,
    /// The kind of event.
    pub kind: Option<Kind>,
    /// Whose.
    pub account: Option<String>,
    /// Where.
    pub channel: Option<Channel>,
    /// In which conversation, also one that was merged into it.
    pub conversation: Option<ConversationId>,
    /// Received at or after. What has no time of receipt fits any.
    pub since: Option<Timestamp>,
    /// Received before. What has no time of receipt fits any.
    pub until: Option<Timestamp>,
}

impl Filter {
    fn fits(&self, rows: &dyn Rows, anomaly: &Anomaly) -> Result<bool, RowsError> {
        let received_at = anomaly.received_at;
        let fits = self.reason.is_none_or(|reason| anomaly.reason == reason)
            && self.kind.is_none_or(|kind| anomaly.kind == Some(kind))
            && (self.account.is_none() || anomaly.account == self.account)
            && (self.channel.is_none() || anomaly.channel == self.channel)
            && self.since.is_none_or(|since| received_at.is_none_or(|at| at >= since))
            && self.until.is_none_or(|until| received_at.is_none_or(|at| at < until));
        match (self.conversation, anomaly.conversation) {
            _ if !fits => Ok(false),
            (None, _) => Ok(true),
            (Some(_), None) => Ok(false),
            (Some(wanted), Some(is)) => Ok(identity::current(rows, is)? == identity::current(rows, wanted)?),
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Anomalies, the latest position first; all at one position that fit.
    pub items: Vec<Anomaly>,
    /// The list goes on below this offset; `None`: it ends here.
    pub below: Option<Offset>,
}

/// Notes an anomaly, and counts it. Once for each event and reason.
pub(crate) fn put(changes: &mut Changes, anomaly: &Anomaly) {
    let (position, event) = (anomaly.position, anomaly.event);
    let reason = anomaly.reason as u8;
    changes.put(layout::anomaly(position, reason, event), anomaly);
    changes.put_bytes(layout::anomaly_by_reason(reason, position, event), Vec::new());
    tally::count(changes, anomaly.account.as_deref(), anomaly.reason);
}

/// Anomalies of a partition below an offset, the latest first: `limit` and the rest of those at the last position. Looks at a
/// bounded number of rows, so a page may be short, or empty, and the list go on.
///
/// # Errors
/// As reading rows does.
pub fn page(
    rows: &dyn Rows,
    partition: Partition,
    below: Offset,
    filter: &Filter,
    limit: usize,
) -> Result<Page, RowsError> {
    let start = Position {
        partition,
        offset: Offset(0),
    };
    let end = Position {
        partition,
        offset: below,
    };
    let found: Box<dyn Iterator<Item = Result<Anomaly, RowsError>> + '_> = match filter.reason {
        Some(reason) => {
            let key = |position| layout::anomalies_by_reason_at(reason as u8, position);
            let places = rows.scan_back(&key(start), &key(end));
            Box::new(places.filter_map(move |row| match row {
                Ok((key, _)) => read(rows, &layout::anomaly_of_index(&key)?).transpose(),
                Err(error) => Some(Err(error)),
            }))
        }
        None => {
            let all = rows.scan_back(&layout::anomalies_at(start), &layout::anomalies_at(end));
            Box::new(all.map(|row| rows::decode("anomalies", &row?.1)))
        }
    };
    let mut items: Vec<Anomaly> = Vec::new();
    let mut last: Option<Offset> = None;
    for (looked_at, anomaly) in found.enumerate() {
        let anomaly = anomaly?;
        let offset = anomaly.position.offset;
        // A page ends between two positions, never in the middle of one.
        let is_full = items.len() >= limit || looked_at >= LOOKED_AT_MAX;
        if is_full && last != Some(offset) {
            return Ok(Page { items, below: last });
        }
        last = Some(offset);
        if filter.fits(rows, &anomaly)? {
            items.push(anomaly);
        }
    }
    Ok(Page { items, below: None })
}

/// The anomalies at a position, by reason.
///
/// # Errors
/// As reading rows does.
pub fn of(rows: &dyn Rows, position: Position) -> Result<Vec<Anomaly>, RowsError> {
    let at = layout::anomalies_at(position);
    let found = rows.scan(&at, &prefix_end(&at));
    found.map(|row| rows::decode("anomalies", &row?.1)).collect()
}

/// How many there are, by reason: of an account, or of all. What cannot be decoded has no account.
///
/// # Errors
/// As reading rows does.
pub fn counts(rows: &dyn Rows, account: Option<&str>) -> Result<Tally, RowsError> {
    tally::read(rows, account.map(AccountKey::of))
}

fn read(rows: &dyn Rows, key: &[u8]) -> Result<Option<Anomaly>, RowsError> {
    rows::read(rows, "anomalies", key)
}

#[cfg(test)]
mod tests;
