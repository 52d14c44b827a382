//! Anomalies: events that could not be understood or applied, each leading to its bytes in the log.

use serde::{Deserialize, Serialize};

use origem_domain::event::{Channel, Kind};
use origem_domain::key::{ConversationId, Key};
use origem_domain::position::Position;
use origem_domain::time::Timestamp;

use crate::layout;
use crate::rows::{self, Changes, Rows, RowsError, prefix_end};

/// What is odd about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// No reader understood the payload.
    Unrecognised,
    /// The payload's time cannot be right.
    BadTime,
    /// The aliases of the event belong to two people.
    IdentityConflict,
    /// The command was decided on a stale revision of the ticket.
    Voided,
    /// The command made no sense on the ticket as it was.
    NoEffect,
    /// The event concerns a person and names nobody.
    NoContact,
    /// The record cannot be decoded: it was written by another version, or is damaged.
    Undecodable,
}

impl Reason {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unrecognised => "unrecognised",
            Self::BadTime => "bad_time",
            Self::IdentityConflict => "identity_conflict",
            Self::Voided => "voided",
            Self::NoEffect => "no_effect",
            Self::NoContact => "no_contact",
            Self::Undecodable => "undecodable",
        }
    }
}

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
    /// When it happened; the time of receipt where that is not known.
    pub at: Timestamp,
    /// Where.
    pub channel: Option<Channel>,
    /// In which conversation.
    pub conversation: Option<ConversationId>,
    /// More, for a person; without personal data.
    pub detail: Option<String>,
}

pub(crate) fn put(changes: &mut Changes, anomaly: &Anomaly) {
    changes.put(
        layout::anomaly(anomaly.position, anomaly.reason as u8, anomaly.event),
        anomaly,
    );
}

/// Anomalies of partition 0 and on, the latest first, below `before`.
///
/// # Errors
/// As reading rows does.
pub fn page(rows: &dyn Rows, before: Option<Position>, limit: usize) -> Result<Vec<Anomaly>, RowsError> {
    let prefix = layout::anomalies();
    let to = before.map_or_else(
        || prefix_end(&prefix),
        |before| layout::anomaly(before, 0, Key::default()),
    );
    let found = rows.scan_back(&prefix, &to).take(limit);
    found.map(|row| rows::decode("anomalies", &row?.1)).collect()
}
