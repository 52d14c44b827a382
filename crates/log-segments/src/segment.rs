//! The segments of an open log, as its readers see them: what is published here is durable and stays.
//!
//! ```text
//!   segments   [ 0..500 | 500..900 | 900..tail ]     the last one grows
//! ```

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use origem_domain::position::Offset;

use crate::header::HEADER_BYTES;
use crate::index::Index;
use crate::storage::File;

/// One segment, up to what readers may see.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) base: Offset,
    pub(crate) file: Arc<dyn File>,
    pub(crate) index: Index,
    /// The offset after its last record.
    pub(crate) next: Offset,
    /// Bytes up to the end of that record.
    pub(crate) bytes: u64,
}

impl Segment {
    /// A segment with a header and no record.
    pub(crate) fn empty(base: Offset, file: Arc<dyn File>) -> Self {
        Self {
            base,
            file,
            index: Index::default(),
            next: base,
            bytes: HEADER_BYTES,
        }
    }
}

/// All segments, in order and without gaps; not empty in an open log.
#[derive(Debug)]
pub(crate) struct Segments {
    held: Mutex<Vec<Segment>>,
    grown: Condvar,
}

impl Segments {
    pub(crate) fn new(segments: Vec<Segment>) -> Self {
        Self {
            held: Mutex::new(segments),
            grown: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Vec<Segment>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first offset and the tail.
    pub(crate) fn range(&self) -> (Offset, Offset) {
        range(&self.lock())
    }

    /// Adds an empty segment, which becomes the last.
    pub(crate) fn push(&self, segment: Segment) {
        self.lock().push(segment);
    }

    /// Takes the oldest segment, which is sealed, out of sight of new readers.
    pub(crate) fn drop_oldest(&self, base: Offset) {
        let mut held = self.lock();
        if held.len() > 1 && held[0].base == base {
            held.remove(0);
        }
    }

    /// Lets readers see the last segment up to `next` and `bytes`. `frames` are the positions of the new ones, in order.
    pub(crate) fn grow(&self, frames: impl Iterator<Item = u64>, next: Offset, bytes: u64) {
        if let Some(last) = self.lock().last_mut() {
            for (count, position) in frames.enumerate() {
                last.index.note(last.next.plus(count as u64), position);
            }
            last.next = next;
            last.bytes = bytes;
        }
        self.grown.notify_all();
    }

    /// Blocks until the tail is beyond `offset` or the time is over; returns the tail.
    pub(crate) fn wait(&self, offset: Offset, timeout: Duration) -> Offset {
        let waited = self
            .grown
            .wait_timeout_while(self.lock(), timeout, |held| range(held).1 <= offset);
        range(&waited.unwrap_or_else(PoisonError::into_inner).0).1
    }
}

fn range(segments: &[Segment]) -> (Offset, Offset) {
    let start = segments.first().map_or(Offset(0), |segment| segment.base);
    (start, segments.last().map_or(start, |segment| segment.next))
}
