//! Records of the outbox's log: JSON, each the whole of what it is about, so that the last one counts and older ones may go.

use origem_domain::position::Positions;
use origem_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversion::{Destination, Item};

/// The version of records that this build writes, and the newest it reads.
pub(super) const VERSION: u32 = 1;

/// A record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub version: u32,
    /// A conversion, as it is from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Item>,
    /// How far a destination has been served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// A destination that is not configured any more: once it is again, it begins anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Destination>,
}

/// How far a destination has been served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which.
    pub destination: Destination,
    /// It is told what happened from here on.
    pub began_at: Timestamp,
    /// The last event of each partition that was decided for it.
    pub seen: Positions,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    #[error("a record of version {0} of the outbox is newer than this build, which reads up to {VERSION}")]
    Newer(u32),
    #[error("a record of the outbox cannot be read")]
    Json(#[from] serde_json::Error),
}

impl Record {
    pub(super) fn of_item(item: &Item) -> Self {
        Self {
            version: VERSION,
            item: Some(item.clone()),
            ..Self::default()
        }
    }

    pub(super) fn of_place(place: &Place) -> Self {
        Self {
            version: VERSION,
            place: Some(place.clone()),
            ..Self::default()
        }
    }

    pub(super) fn of_end(destination: Destination) -> Self {
        Self {
            version: VERSION,
            ended: Some(destination),
            ..Self::default()
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        /// The part that all versions have.
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Head { version } = serde_json::from_slice(bytes)?;
        if version > VERSION {
            return Err(RecordError::Newer(version));
        }
        Ok(serde_json::from_slice(bytes)?)
    }
}
