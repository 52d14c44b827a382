//! What the store knows of itself: the version of its rows and how far each partition is folded.

use serde::{Deserialize, Serialize};

use origem_domain::position::{Offset, Partition};
use origem_domain::rules::RULES_VERSION;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hasher as _;

use crate::layout::{self, META, VIEWS_VERSION};
use crate::rows::{self, Changes, Rows, RowsError};

/// What a store was written with and from; anything else means: rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Of the rows.
    pub views: u32,
    /// Of the rules.
    pub rules: u32,
    /// The log they were folded from, by its own name for itself.
    pub log: String,
}

impl Versions {
    /// Those of this build, for the log `log`.
    #[must_use]
    pub fn current(log: String) -> Self {
        Self {
            views: VIEWS_VERSION,
            rules: RULES_VERSION,
            log,
        }
    }
}

/// How far a partition is folded, and what that gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The next offset to fold.
    pub next: Offset,
    /// Events folded, duplicates included.
    pub events: u64,
    /// Of these, duplicates.
    pub duplicates: u64,
    /// Of these, not understood.
    pub unrecognised: u64,
    /// Conversations there are.
    pub conversations: u64,
}

/// The versions a store was written with; `None` if it is empty.
///
/// # Errors
/// As reading rows does.
pub fn versions(rows: &dyn Rows) -> Result<Option<Versions>, RowsError> {
    rows::read(rows, "meta", &layout::meta("versions"))
}

/// Writes the versions.
pub fn put_versions(changes: &mut Changes, versions: &Versions) {
    changes.put(layout::meta("versions"), versions);
}

fn checkpoint_key(partition: Partition) -> Vec<u8> {
    layout::meta(&format!("checkpoint/{partition}"))
}

/// How far a partition is folded.
///
/// # Errors
/// As reading rows does.
pub fn checkpoint(rows: &dyn Rows, partition: Partition) -> Result<Checkpoint, RowsError> {
    Ok(rows::read(rows, "meta", &checkpoint_key(partition))?.unwrap_or_default())
}

/// Writes how far a partition is folded.
pub fn put_checkpoint(changes: &mut Changes, partition: Partition, checkpoint: &Checkpoint) {
    changes.put(checkpoint_key(partition), checkpoint);
}

/// A hash of every row of every view, checkpoints apart: equal for equal views.
///
/// # Errors
/// As reading rows does.
pub fn fingerprint(rows: &dyn Rows) -> Result<u128, RowsError> {
    let mut hasher = SipHasher13::new();
    for row in rows.scan(&[META + 1], &[u8::MAX]) {
        let (key, value) = row?;
        for part in [key, value] {
            hasher.write_u64(part.len() as u64);
            hasher.write(&part);
        }
    }
    Ok(hasher.finish128().as_u128())
}
