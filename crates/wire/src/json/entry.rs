//! Entries of the directory.

use origem_domain::directory::{Fault, Item};
use origem_domain::time::Timestamp;
use origem_engine as engine;
use serde::Serialize;
use utoipa::ToSchema;

/// An entry: what it says, with the members of its kind, and who wrote it when.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DirectoryEntry {
    /// Unique among those of its kind and account.
    pub id: String,
    /// What it says.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub item: Item,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Who wrote it, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}

impl DirectoryEntry {
    /// An entry.
    #[must_use]
    pub fn of(entry: &engine::Entry) -> Self {
        Self {
            id: entry.id.clone(),
            item: entry.item.clone(),
            updated_at: entry.at,
            updated_by: entry.by.clone(),
        }
    }
}

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FaultDetail {
    /// A field (`rates.3.market`) or a line of a file (`line 12`); empty: the whole.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FaultDetail {
    /// A fault.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        Self {
            place: fault.place.clone(),
            reason: fault.reason.clone(),
        }
    }
}
