//! What a projector finds in a store when it starts, and what it makes of it: views that go on, a load that goes on, or nothing.

use std::sync::Arc;

use origem_channels::PARSERS_VERSION;
use origem_domain::position::{Offset, Partition};
use origem_domain::rules::Rulebook;
use origem_log::EventLog;
use origem_views::meta::{self, Checkpoint, Versions};
use origem_views::rows::{Changes, RowsError, Store};
use tracing::{info, warn};

use crate::decode::Reading;

/// Where a projector begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// What the views are made with. Whole ones go on as they were made, under whatever rules that was.
    pub(crate) versions: Versions,
    pub(crate) checkpoint: Checkpoint,
    /// The views are not whole yet.
    pub(crate) loading: bool,
}

/// The versions of views that are made of `log` from now on.
#[must_use]
pub fn versions_of(log: &dyn EventLog, rulebook: &Arc<Rulebook>, reading: &Reading) -> Versions {
    let parsers = match reading {
        Reading::Recorded => None,
        Reading::Again { .. } => Some(PARSERS_VERSION),
    };
    Versions {
        parsers,
        ..Versions::current(log.identity(), (**rulebook).clone())
    }
}

/// Where to begin: at the end of whole views of this log that can be read, at the end of an interrupted load of what is wanted,
/// or from the `first` record on, with whatever is there dropped.
pub(crate) fn start(
    store: &dyn Store,
    wanted: Versions,
    partition: Partition,
    first: Offset,
    tail: Offset,
) -> Result<Start, RowsError> {
    let dropped = match whole(store, &wanted, partition, tail) {
        Ok(start) => return Ok(start),
        Err(cause) => cause,
    };
    let loaded = meta::loading(store);
    let resumed = match &loaded {
        Ok(Some(versions)) if *versions == wanted => meta::checkpoint(store, partition).ok(),
        _ => None,
    };
    let resumed = resumed.filter(|checkpoint| checkpoint.next >= first && checkpoint.next <= tail);
    let checkpoint = match resumed {
        Some(checkpoint) if dropped.is_none() => {
            info!(%partition, next = %checkpoint.next, %tail, "an interrupted load goes on");
            checkpoint
        }
        _ => {
            if let Some(cause) = dropped {
                warn!(%partition, cause, "the views are dropped and folded again from the log");
            }
            // A new store has nothing but notes.
            if dropped.is_some() || !matches!(loaded, Ok(None)) {
                store.clear()?;
            }
            Checkpoint {
                next: first,
                ..Checkpoint::default()
            }
        }
    };
    let loading = checkpoint.next < tail;
    if !loading {
        complete(store, &wanted)?;
    }
    Ok(Start {
        versions: wanted,
        checkpoint,
        loading,
    })
}

/// Marks views as whole.
pub(crate) fn complete(store: &dyn Store, versions: &Versions) -> Result<(), RowsError> {
    let mut mark = Changes::default();
    meta::put_versions(&mut mark, versions);
    store.commit(&mark)
}

/// Views that can go on; else why they cannot, if there are any.
fn whole(
    store: &dyn Store,
    wanted: &Versions,
    partition: Partition,
    tail: Offset,
) -> Result<Start, Option<&'static str>> {
    let versions = match meta::versions(store) {
        Ok(None) => return Err(None),
        Ok(Some(versions)) if versions.log != wanted.log => return Err(Some("they are of another log")),
        Ok(Some(versions)) if versions.are_readable() => versions,
        Ok(Some(_)) => return Err(Some("another version made them")),
        Err(_) => return Err(Some("their version cannot be read")),
    };
    match meta::checkpoint(store, partition) {
        Ok(checkpoint) if checkpoint.next <= tail => Ok(Start {
            versions,
            checkpoint,
            loading: false,
        }),
        Ok(_) => Err(Some("they are ahead of the log")),
        Err(_) => Err(Some("their checkpoint cannot be read")),
    }
}

#[cfg(test)]
mod tests {
    use origem_views::rows::MemoryStore;

    use super::*;

    const PARTITION: Partition = Partition(0);

    fn versions(rules: u32) -> Versions {
        Versions {
            rules,
            ..Versions::current("log".to_owned(), Rulebook::default())
        }
    }

    fn store(whole: Option<&Versions>, loading: Option<&Versions>, next: u64) -> MemoryStore {
        let (store, mut changes) = (MemoryStore::default(), Changes::default());
        if let Some(versions) = loading {
            meta::put_loading(&mut changes, versions);
        }
        if let Some(versions) = whole {
            meta::put_versions(&mut changes, versions);
        }
        let checkpoint = Checkpoint {
            next: Offset(next),
            ..Checkpoint::default()
        };
        meta::put_checkpoint(&mut changes, PARTITION, &checkpoint);
        store.commit(&changes).unwrap();
        store
    }

    #[test]
    fn what_is_found_decides() {
        let (today, before) = (versions(2), versions(1));
        let elsewhere = Versions {
            log: "another".to_owned(),
            ..today.clone()
        };
        let unreadable = Versions {
            views: 0,
            ..today.clone()
        };
        // whole, loading, next; made with, from, loading
        for (whole, loading, next, expected) in [
            (Some(&today), None, 7, (&today, 7, false)),
            (Some(&before), None, 7, (&before, 7, false)),
            (Some(&elsewhere), None, 7, (&today, 2, true)),
            (Some(&unreadable), None, 7, (&today, 2, true)),
            (Some(&today), None, 11, (&today, 2, true)),
            (None, None, 0, (&today, 2, true)),
            (None, Some(&today), 7, (&today, 7, true)),
            (None, Some(&today), 10, (&today, 10, false)),
            (None, Some(&before), 7, (&today, 2, true)),
            (None, Some(&today), 11, (&today, 2, true)),
            (None, Some(&today), 1, (&today, 2, true)),
        ] {
            let store = store(whole, loading, next);
            let found = start(&store, today.clone(), PARTITION, Offset(2), Offset(10)).unwrap();
            let told = (&found.versions, found.checkpoint.next.0, found.loading);
            assert_eq!(told, expected, "{whole:?} {loading:?} {next}");
            assert_eq!(meta::versions(&store).unwrap().is_some(), !found.loading);
        }
    }

    #[test]
    fn an_empty_log_has_whole_views_at_once() {
        let store = MemoryStore::default();
        let found = start(&store, versions(2), PARTITION, Offset(0), Offset(0)).unwrap();
        assert!(!found.loading);
        assert_eq!(meta::versions(&store).unwrap(), Some(versions(2)));
    }
}
