//! What a rebuild notes with the views themselves, so that a restart knows of it. Notes are no part of what the views say.
//!
//! ```text
//! note/rebuild       in a generation that is being made: what for, to go on after a crash
//! note/last_rebuild  the number of the last rebuild
//! note/made_by       in a generation that serves: the rebuild that made it
//! note/declined      in a generation that serves again: what was gone back from, so that nobody begins it once more
//! note/compared      what comparing a conversation took, in records that are loaded in that time
//! ```

use origem_views::meta::{self, Versions};
use origem_views::rows::{Changes, Rows, RowsError, Store};
use serde::{Deserialize, Serialize};

use super::status::{Cause, RebuildOptions};

const REBUILD: &str = "rebuild";
const LAST: &str = "last_rebuild";
const MADE_BY: &str = "made_by";
const DECLINED: &str = "declined";
const COMPARED: &str = "compared";

/// What a rebuild was started for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub id: u64,
    pub cause: Cause,
    pub options: RebuildOptions,
    /// What the new views are made with.
    pub versions: Versions,
}

/// The plan of a generation that is being made; `None` if it is not, or is of another version.
pub(crate) fn plan(rows: &dyn Rows) -> Option<Plan> {
    meta::note(rows, REBUILD).ok().flatten()
}

/// Notes the plan; durable on return: what is loaded from now on survives a crash, and without its plan nobody would go on with it.
pub(crate) fn begin(store: &dyn Store, plan: &Plan) -> Result<(), RowsError> {
    let mut changes = Changes::default();
    meta::put_note(&mut changes, REBUILD, Some(plan));
    store.commit(&changes)?;
    store.flush()
}

/// Notes that a generation will be gone back to from `declined`, which is not to be begun by itself again. Durable with the next flush.
pub(crate) fn decline(store: &dyn Store, declined: &Versions) -> Result<(), RowsError> {
    let mut changes = Changes::default();
    meta::put_note(&mut changes, DECLINED, Some(declined));
    store.commit(&changes)
}

/// Notes that a generation is not being made any more: it serves. The last rebuild was `id`, which made it; or it was gone back to
/// from `declined`, which is not to be begun by itself again. Durable on return, as that it serves is.
pub(crate) fn serve(store: &dyn Store, id: u64, declined: Option<&Versions>) -> Result<(), RowsError> {
    let mut changes = Changes::default();
    meta::put_note::<Plan>(&mut changes, REBUILD, None);
    meta::put_note(&mut changes, LAST, Some(&id));
    meta::put_note(&mut changes, DECLINED, declined);
    if declined.is_none() {
        meta::put_note(&mut changes, MADE_BY, Some(&id));
    }
    store.commit(&changes)?;
    store.flush()
}

/// The rebuild that made a generation.
pub(crate) fn made_by(rows: &dyn Rows) -> Option<u64> {
    meta::note(rows, MADE_BY).ok().flatten()
}

/// The number of the last rebuild; 0 if there was none.
pub(crate) fn last(rows: &dyn Rows) -> u64 {
    meta::note(rows, LAST).ok().flatten().unwrap_or(0)
}

/// Notes the number of the last rebuild.
pub(crate) fn put_last(store: &dyn Store, id: u64) -> Result<(), RowsError> {
    let mut changes = Changes::default();
    meta::put_note(&mut changes, LAST, Some(&id));
    store.commit(&changes)
}

/// What comparing a conversation took when that was last done.
pub(crate) fn compared(rows: &dyn Rows) -> Option<f64> {
    meta::note(rows, COMPARED).ok().flatten()
}

/// Notes what comparing a conversation took.
pub(crate) fn put_compared(store: &dyn Store, each: f64) -> Result<(), RowsError> {
    let mut changes = Changes::default();
    meta::put_note(&mut changes, COMPARED, Some(&each));
    store.commit(&changes)
}

/// Whether somebody went back from views made with `wanted`.
pub(crate) fn is_declined(rows: &dyn Rows, wanted: &Versions) -> bool {
    let declined: Option<Versions> = meta::note(rows, DECLINED).ok().flatten();
    declined.is_some_and(|declined| declined.are(wanted))
}
