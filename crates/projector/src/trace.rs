//! Spans of the way from a delivery to its rows, for whoever collects traces. Without a collector they are disabled and cost a
//! comparison.
//!
//! ```text
//! trace of a request   request --+-- read --+-- append --+-- project (ends when the rows are committed)
//!                                                             ^
//! trace of a batch     batch --+-- fold --+-- commit          links to the `project` of every append it commits
//! ```
//!
//! Spans hold routes, counts and positions, never bodies, names, numbers or ids. `docs/howto/observe.md` tells them all.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use origem_domain::position::Offset;
use tracing::Span;

/// The target of these spans and of nothing else.
pub const TARGET: &str = "origem::trace";

/// Appends that are followed at once; further ones are not.
const FOLLOWED_MAX: usize = 4096;

/// Spans of appends that end when their records are committed, by the offset after the last of these.
#[derive(Debug, Default)]
pub struct Followed(Mutex<BTreeMap<Offset, Span>>);

impl Followed {
    /// Keeps `span` open until the records up to `end` are committed. `committed` tells how far that is now.
    pub(crate) fn add(&self, end: Offset, span: Span, committed: impl FnOnce() -> Offset) {
        if span.is_disabled() {
            return;
        }
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked under the lock: what is committed from now on will find it.
        if committed() < end && waiting.len() < FOLLOWED_MAX {
            waiting.insert(end, span);
        }
    }

    /// Ends the spans of records below `next`, which `batch` committed, and links it to them.
    pub(crate) fn committed(&self, next: Offset, batch: &Span) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(first) = waiting.first_entry().filter(|first| *first.key() <= next) {
            batch.follows_from(first.get());
            first.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::info_span;
    use tracing::subscriber::with_default;

    use super::*;

    #[test]
    fn spans_end_when_their_records_are_committed() {
        // Somebody must listen, or spans are disabled.
        with_default(tracing_subscriber::registry(), || {
            let followed = Followed::default();
            let batch = info_span!("batch");
            let count = || followed.0.lock().unwrap().len();
            for (end, committed, waiting) in [(3, 0, 1), (9, 0, 2), (5, 0, 3), (4, 4, 3), (4, 3, 4)] {
                followed.add(Offset(end), info_span!("project"), || Offset(committed));
                assert_eq!(count(), waiting, "{end} {committed}");
            }
            for (next, waiting) in [(2, 4), (3, 3), (5, 1), (8, 1), (100, 0)] {
                followed.committed(Offset(next), &batch);
                assert_eq!(count(), waiting, "{next}");
            }
            for end in 0..2 * FOLLOWED_MAX as u64 {
                followed.add(Offset(end + 1), info_span!("project"), || Offset(0));
            }
            assert_eq!(count(), FOLLOWED_MAX);
        });
        let followed = Followed::default();
        followed.add(Offset(1), Span::none(), || Offset(0));
        assert!(
            followed.0.lock().unwrap().is_empty(),
            "without a collector nothing is kept"
        );
    }
}
