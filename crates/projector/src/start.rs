//! What a projector finds in a store when it starts, and what it makes of it: views that go on, a load that goes on, or nothing.
//!
//! ```text
//!            folded from          checkpoint
//! views          |--------------------|
//! log      ..........|=====================|   goes on; folded again, it would lack what the dots were
//! log      ..............................|=|   cannot go on: what is between them is gone
//! ```
//! A log may begin late, where retention dropped its oldest records. Views are never dropped then if they hold what the log does not.

use std::sync::Arc;

use origem_channels::PARSERS_VERSION;
use origem_domain::position::{Offset, Partition, Position};
use origem_domain::rules::Rulebook;
use origem_log::EventLog;
use origem_views::meta::{self, Checkpoint, Versions};
use origem_views::rows::{Changes, RowsError, Store};
use tracing::{info, warn};

use crate::decode::Reading;
use crate::run::ProjectError;

/// Where a projector begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// What the views are made with. Whole ones go on as they were made, under whatever rules that was.
    pub(crate) versions: Versions,
    pub(crate) checkpoint: Checkpoint,
    /// The first offset that they are folded from.
    pub(crate) from: Offset,
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
///
/// # Errors
/// `Behind` for views that end before `first`, `Irreplaceable` for views that would be dropped and hold what came before `first`;
/// `LogLost` for views of a log that is empty by now; `Rows`.
pub(crate) fn start(
    store: &dyn Store,
    wanted: Versions,
    partition: Partition,
    first: Offset,
    tail: Offset,
) -> Result<Start, ProjectError> {
    let at = |offset| Position { partition, offset };
    let rows = |source| ProjectError::Rows {
        position: at(first),
        source,
    };
    let dropped = match whole(store, &wanted, partition, tail) {
        Ok(found) if found.checkpoint.next < first => {
            return Err(ProjectError::Behind {
                next: at(found.checkpoint.next),
                start: at(first),
            });
        }
        Ok(found) => return Ok(found),
        Err(cause) => cause,
    };
    // Nothing could be folded in place of what is dropped. Who lost a log, or has not mounted it, still has these.
    if let Some(Dropped { of_this_log: true, .. }) = dropped
        && first == tail
        && let Ok(Checkpoint { next, .. }) = meta::checkpoint(store, partition)
        && next > tail
    {
        return Err(ProjectError::LogLost { next: at(next) });
    }
    if let Some(dropped) = &dropped
        && dropped.of_this_log
        && meta::folded_from(store).unwrap_or_default() < first
    {
        return Err(ProjectError::Irreplaceable {
            start: at(first),
            cause: dropped.cause,
        });
    }
    let loaded = meta::loading(store);
    let resumed = match &loaded {
        Ok(Some(versions)) if *versions == wanted => meta::checkpoint(store, partition).ok(),
        _ => None,
    };
    let resumed = resumed.filter(|checkpoint| checkpoint.next >= first && checkpoint.next <= tail);
    let (checkpoint, from) = match resumed {
        Some(checkpoint) if dropped.is_none() => {
            info!(%partition, next = %checkpoint.next, %tail, "an interrupted load goes on");
            (checkpoint, meta::folded_from(store).map_err(rows)?)
        }
        _ => {
            if let Some(Dropped { cause, .. }) = dropped {
                warn!(%partition, cause, "the views are dropped and folded again from the log");
            }
            // A new store has nothing but notes.
            if dropped.is_some() || !matches!(loaded, Ok(None)) {
                store.clear().map_err(rows)?;
            }
            let checkpoint = Checkpoint {
                next: first,
                ..Checkpoint::default()
            };
            (checkpoint, first)
        }
    };
    let loading = checkpoint.next < tail;
    if !loading {
        complete(store, &wanted, from).map_err(rows)?;
    }
    Ok(Start {
        versions: wanted,
        checkpoint,
        from,
        loading,
    })
}

/// Marks views as whole.
pub(crate) fn complete(store: &dyn Store, versions: &Versions, from: Offset) -> Result<(), RowsError> {
    let mut mark = Changes::default();
    meta::put_folded_from(&mut mark, from);
    meta::put_versions(&mut mark, versions);
    store.commit(&mark)
}

/// Why views cannot go on.
struct Dropped {
    cause: &'static str,
    of_this_log: bool,
}

impl Dropped {
    const fn because(cause: &'static str) -> Option<Self> {
        Some(Self {
            cause,
            of_this_log: true,
        })
    }
}

/// Views that can go on; else why they cannot, if there are any.
fn whole(store: &dyn Store, wanted: &Versions, partition: Partition, tail: Offset) -> Result<Start, Option<Dropped>> {
    let versions = match meta::versions(store) {
        Ok(None) => return Err(None),
        Ok(Some(versions)) if versions.log != wanted.log => {
            return Err(Some(Dropped {
                cause: "they are of another log",
                of_this_log: false,
            }));
        }
        Ok(Some(versions)) if versions.are_readable() => versions,
        Ok(Some(_)) => return Err(Dropped::because("another version made them")),
        Err(_) => return Err(Dropped::because("their version cannot be read")),
    };
    match (meta::checkpoint(store, partition), meta::folded_from(store)) {
        (Ok(checkpoint), Ok(from)) if checkpoint.next <= tail => Ok(Start {
            versions,
            checkpoint,
            from,
            loading: false,
        }),
        (Ok(_), Ok(_)) => Err(Dropped::because("they are ahead of the log")),
        (Err(_), _) | (_, Err(_)) => Err(Dropped::because("their checkpoint cannot be read")),
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

    /// Of today, under rules of before, of another log, of rows that cannot be read.
    fn kinds() -> [Versions; 4] {
        let today = versions(2);
        let elsewhere = Versions {
            log: "another".to_owned(),
            ..today.clone()
        };
        let unreadable = Versions {
            views: 0,
            ..today.clone()
        };
        [today, versions(1), elsewhere, unreadable]
    }

    /// Views folded from 2 on.
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
        meta::put_folded_from(&mut changes, Offset(2));
        store.commit(&changes).unwrap();
        store
    }

    #[test]
    fn what_is_found_decides() {
        let [today, before, elsewhere, unreadable] = kinds();
        const BEHIND: &str = "the views end at 0:3 and the log begins at 0:4";
        const IRREPLACEABLE: &str = "they hold events from before 0:4";
        // whole, loading, next; start of the log; made with, next, folded from, loading, or what is said
        for (whole, loading, next, first, expected) in [
            (Some(&today), None, 7, 2, Ok((&today, 7, 2, false))),
            (Some(&before), None, 7, 2, Ok((&before, 7, 2, false))),
            (Some(&elsewhere), None, 7, 2, Ok((&today, 2, 2, true))),
            (Some(&unreadable), None, 7, 2, Ok((&today, 2, 2, true))),
            (Some(&today), None, 11, 2, Ok((&today, 2, 2, true))),
            (None, None, 0, 2, Ok((&today, 2, 2, true))),
            (None, Some(&today), 7, 2, Ok((&today, 7, 2, true))),
            (None, Some(&today), 10, 2, Ok((&today, 10, 2, false))),
            (None, Some(&before), 7, 2, Ok((&today, 2, 2, true))),
            (None, Some(&today), 11, 2, Ok((&today, 2, 2, true))),
            (None, Some(&today), 1, 2, Ok((&today, 2, 2, true))),
            // The log has been cut since.
            (Some(&today), None, 7, 4, Ok((&today, 7, 2, false))),
            (Some(&today), None, 4, 4, Ok((&today, 4, 2, false))),
            (Some(&today), None, 3, 4, Err(BEHIND)),
            (Some(&before), None, 3, 4, Err(BEHIND)),
            (Some(&unreadable), None, 7, 4, Err(IRREPLACEABLE)),
            (Some(&today), None, 11, 4, Err(IRREPLACEABLE)),
            (Some(&elsewhere), None, 3, 4, Ok((&today, 4, 4, true))),
            (None, Some(&today), 7, 4, Ok((&today, 7, 2, true))),
            (None, Some(&today), 3, 4, Ok((&today, 4, 4, true))),
        ] {
            let case = format!("{whole:?} {loading:?} {next} {first}");
            let store = store(whole, loading, next);
            let found = start(&store, today.clone(), PARTITION, Offset(first), Offset(10));
            match (&found, expected) {
                (Ok(found), Ok(expected)) => {
                    let told = (&found.versions, found.checkpoint.next.0, found.from.0, found.loading);
                    assert_eq!(told, expected, "{case}");
                    assert_eq!(meta::versions(&store).unwrap().is_some(), !found.loading, "{case}");
                }
                (Err(error), Err(words)) => {
                    assert!(error.to_string().contains(words), "{case}: {error}");
                    assert_eq!(
                        meta::versions(&store).unwrap().as_ref(),
                        whole,
                        "{case}: nothing is dropped"
                    );
                }
                _ => panic!("{case}: {found:?}"),
            }
        }
    }

    #[test]
    fn an_empty_log_drops_no_views_of_its_own() {
        let [today, before, elsewhere, unreadable] = kinds();
        // whole, loading, next; start and end of the log; whether it is refused
        for (whole, loading, next, log, refused) in [
            (Some(&today), None, 7, 0, true),
            (Some(&before), None, 7, 0, true),
            (Some(&unreadable), None, 7, 0, true),
            (Some(&today), None, 7, 2, true),
            (Some(&today), None, 7, 7, false),
            (Some(&elsewhere), None, 7, 0, false),
            // They were never whole: whoever began them began with the log.
            (None, Some(&today), 7, 0, false),
            (None, None, 0, 0, false),
        ] {
            let case = format!("{whole:?} {loading:?} {next} {log}");
            let store = store(whole, loading, next);
            let found = start(&store, today.clone(), PARTITION, Offset(log), Offset(log));
            assert_eq!(
                matches!(found, Err(ProjectError::LogLost { .. })),
                refused,
                "{case}: {found:?}"
            );
            if refused {
                let kept = meta::checkpoint(&store, PARTITION).unwrap();
                assert_eq!(kept.next, Offset(next), "{case}: nothing is dropped");
                continue;
            }
            assert!(found.is_ok(), "{case}: {found:?}");
        }
    }

    #[test]
    fn views_that_do_not_say_so_are_folded_from_the_beginning() {
        let (store, mut changes) = (MemoryStore::default(), Changes::default());
        meta::put_versions(
            &mut changes,
            &Versions {
                views: 0,
                ..versions(1)
            },
        );
        store.commit(&changes).unwrap();
        let found = start(&store, versions(1), PARTITION, Offset(1), Offset(10));
        assert!(matches!(found, Err(ProjectError::Irreplaceable { .. })), "{found:?}");
        assert!(start(&store, versions(1), PARTITION, Offset(0), Offset(10)).is_ok());
    }

    #[test]
    fn an_empty_log_has_whole_views_at_once() {
        let store = MemoryStore::default();
        let found = start(&store, versions(2), PARTITION, Offset(3), Offset(3)).unwrap();
        assert!(!found.loading);
        assert_eq!(meta::versions(&store).unwrap(), Some(versions(2)));
        assert_eq!(meta::folded_from(&store).unwrap(), Offset(3));
    }
}
