//! What the store knows of itself: the version of its rows and how far each partition is folded.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use origem_domain::position::{Offset, Partition};
use origem_domain::rules::{RULES_VERSION, Rulebook};
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hasher as _;

use crate::anomalies::Tally;
use crate::layout::{self, META, VIEWS_READABLE_FROM, VIEWS_VERSION};
use crate::rows::{self, Changes, Rows, RowsError, Store};

/// What a store was written with and from. Under another version or other rules its views go on as they are until they are folded
/// again beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Of the rows.
    pub views: u32,
    /// Of the rules.
    pub rules: u32,
    /// The log they were folded from, by its own name for itself.
    pub log: String,
    /// The rules they are folded under.
    pub rulebook: Rulebook,
    /// The parsers that the raw bytes of the log were read again with; `None`: events are as they were recorded.
    pub parsers: Option<u32>,
}

impl Versions {
    /// Those of this build, for the log `log` and the rules of the settings.
    #[must_use]
    pub const fn current(log: String, rulebook: Rulebook) -> Self {
        Self {
            views: VIEWS_VERSION,
            rules: RULES_VERSION,
            log,
            rulebook,
            parsers: None,
        }
    }

    /// Whether this build can read rows of these versions and fold on top of them.
    #[must_use]
    pub const fn are_readable(&self) -> bool {
        self.views >= VIEWS_READABLE_FROM && self.views <= VIEWS_VERSION
    }

    /// Whether views of these versions are what a fold under `wanted` gives, apart from how the log is read: that is an operator's
    /// choice, which stays.
    #[must_use]
    pub fn are(&self, wanted: &Self) -> bool {
        let parsers = self.parsers;
        *self
            == Self {
                parsers,
                ..wanted.clone()
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
    /// Anomalies noted, by reason.
    pub anomalies: Tally,
}

/// The versions a store was written with; `None` if it is empty.
///
/// # Errors
/// As reading rows does.
pub fn versions(rows: &dyn Rows) -> Result<Option<Versions>, RowsError> {
    rows::read(rows, "meta", &layout::meta("versions"))
}

/// Writes the versions: the mark that the views are whole.
pub fn put_versions(changes: &mut Changes, versions: &Versions) {
    changes.put(layout::meta("versions"), versions);
    changes.remove(layout::meta("loading"));
}

/// The versions that views are being loaded with, which are not whole yet.
///
/// # Errors
/// As reading rows does.
pub fn loading(rows: &dyn Rows) -> Result<Option<Versions>, RowsError> {
    rows::read(rows, "meta", &layout::meta("loading"))
}

/// Writes the versions that views are being loaded with.
pub fn put_loading(changes: &mut Changes, versions: &Versions) {
    changes.put(layout::meta("loading"), versions);
}

/// Removes the rows of every view; what the store knows of itself stays, also over a crash.
///
/// # Errors
/// `Store`.
pub fn clear_views(store: &dyn Store) -> Result<(), RowsError> {
    if store.scan(&[META + 1], &[u8::MAX]).next().transpose()?.is_none() {
        return Ok(());
    }
    let mut kept = Changes::default();
    for row in store.scan(&[META], &[META + 1]) {
        let (key, value) = row?;
        kept.put_bytes(key, value);
    }
    store.replace(kept)
}

const FOLDED_FROM: &str = "folded_from";

/// A note that somebody keeps with the views, by name.
///
/// # Errors
/// As reading rows does.
pub fn note<T: DeserializeOwned>(rows: &dyn Rows, name: &str) -> Result<Option<T>, RowsError> {
    rows::read(rows, "meta", &layout::meta(&format!("note/{name}")))
}

/// Writes a note; `None` removes it.
pub fn put_note<T: Serialize>(changes: &mut Changes, name: &str, note: Option<&T>) {
    let key = layout::meta(&format!("note/{name}"));
    match note {
        Some(note) => changes.put(key, note),
        None => changes.remove(key),
    }
}

/// The first offset that the views were folded from: they hold nothing that stood before it. Views that do not say so were made
/// before it was noted, and are taken to hold the log from its very beginning.
///
/// # Errors
/// As reading rows does.
pub fn folded_from(rows: &dyn Rows) -> Result<Offset, RowsError> {
    Ok(note(rows, FOLDED_FROM)?.unwrap_or_default())
}

/// Writes the first offset that the views are folded from.
pub fn put_folded_from(changes: &mut Changes, first: Offset) {
    put_note(changes, FOLDED_FROM, Some(&first));
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
