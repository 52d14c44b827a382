//! Letting go of the oldest segments of an open log, beside its writer and its readers.
//!
//! One segment at a time, the oldest first, each removal durable before the next: whatever a crash leaves is the log without some
//! of its oldest segments, never one with a gap. Readers that are in a segment keep its file until they are done.

use std::io;

use origem_domain::position::Offset;
use tracing::info;

use crate::header::{index_name, segment_name};
use crate::segment::Segments;
use crate::storage::Storage;

/// Removes the sealed segments that end at or before `before`; gives the first offset that is left.
pub(crate) fn trim(storage: &dyn Storage, segments: &Segments, before: Offset) -> io::Result<Offset> {
    while let Some(base) = oldest(segments, before) {
        let (segment, index) = (segment_name(base), index_name(base));
        // First the cache: a segment without it is read once more, a cache without its segment would lie about for ever.
        remove(storage, &index)?;
        remove(storage, &segment)?;
        storage.sync_names()?;
        segments.drop_oldest(base);
        info!(segment, start = %segments.range().0, "oldest segment of the log dropped");
    }
    Ok(segments.range().0)
}

/// The oldest segment, if it is sealed and holds nothing from `before` on.
fn oldest(segments: &Segments, before: Offset) -> Option<Offset> {
    match segments.lock().as_slice() {
        [oldest, _, ..] if oldest.next <= before => Some(oldest.base),
        _ => None,
    }
}

/// Removes a file that an earlier attempt may have removed already.
fn remove(storage: &dyn Storage, name: &str) -> io::Result<()> {
    match storage.remove(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
