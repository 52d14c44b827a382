//! What happens when draining fails, for a while or for good.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use origem_views::rows::{Rows as _, Store as _};

use super::*;
use crate::store::{Options, SledStore};

const EVERY_MS: u64 = 5;

fn opened(path: &Path) -> SledStore {
    let options = Options {
        cache_bytes: 16 << 20,
        flush_every_ms: EVERY_MS,
        reserve_bytes: 0,
    };
    SledStore::open(path, &options).unwrap()
}

fn row(key: u32, value: &str) -> Changes {
    let mut changes = Changes::default();
    changes.put_bytes(key.to_be_bytes().to_vec(), value.as_bytes().to_vec());
    changes
}

/// A journal in a file of its own; on `/dev/full` there is never any room.
fn journal(path: &Path) -> Journal {
    Journal::recover(path, |_| Ok::<_, std::io::Error>(()), || Ok(())).unwrap()
}

fn eventually(what: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !what() {
        assert!(Instant::now() < until, "it does not come to that");
        std::thread::sleep(Duration::from_millis(EVERY_MS));
    }
}

#[test]
fn space_that_returns_is_used_and_nobody_is_told_of_what_healed() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(&directory.path().join("1"));
    let core = store.core().upgrade().unwrap();
    let real = std::mem::replace(&mut *core.journal(), journal(Path::new("/dev/full")));
    store.commit(&row(1, "a")).unwrap();
    // It is tried, in vain; readers see it all the same, and more may be committed.
    eventually(|| core.overlay.has_closed());
    assert!(store.flush().is_err(), "it cannot be made durable");
    store.commit(&row(2, "b")).unwrap();
    assert_eq!(store.get(&1_u32.to_be_bytes()).unwrap(), Some(b"a".to_vec()));
    *core.journal() = real;
    eventually(|| core.overlay.close().is_none());
    store.commit(&row(3, "c")).unwrap();
    store.flush().unwrap();
    drop((store, core));
    let again = opened(&directory.path().join("1"));
    assert_eq!(again.scan(&[], &[u8::MAX]).count(), 3);
}

#[test]
fn once_much_waits_in_vain_whoever_commits_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(&directory.path().join("1"));
    let core = store.core().upgrade().unwrap();
    *core.journal() = journal(Path::new("/dev/full"));
    let large = "x".repeat(BYTES_MANY / 4);
    let failed = (0..100_000).find_map(|key| {
        std::thread::sleep(Duration::from_millis(1));
        store.commit(&row(key % 50, &large)).err()
    });
    // The first try finds no room, those after it cannot cut what is torn off a device.
    let failed = format!("{:?}", failed.unwrap());
    assert!(
        failed.contains("StorageFull") || failed.contains("InvalidInput"),
        "{failed}"
    );
    assert!(core.overlay.waiting() <= BYTES_MAX + large.len() + 4);
    // And so is everybody else, as long as there is no room.
    for _ in 0..50 {
        std::thread::sleep(Duration::from_millis(EVERY_MS / 2));
        assert!(store.commit(&row(1, "a")).is_err());
    }
}

#[test]
fn once_sled_writes_nothing_more_whoever_commits_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(&directory.path().join("1"));
    let core = store.core().upgrade().unwrap();
    let drain = Drain::begin(Arc::clone(&core), Duration::from_secs(3_600)).unwrap();
    for (failed, is_told) in [
        (
            core.failed(sled::Error::Io(std::io::ErrorKind::StorageFull.into())),
            true,
        ),
        (unwritten(std::io::ErrorKind::StorageFull.into()), false),
    ] {
        drain.signal.told().failed = Some(Arc::new(failed));
        assert_eq!(drain.commit(&row(1, "a")).is_err(), is_told);
    }
}

/// The room on a disk that is told of.
static FREE_BYTES: AtomicU64 = AtomicU64::new(0);

#[test]
fn a_large_layer_is_written_part_by_part_where_all_of_it_has_no_room_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let db = sled::Config::new().path(directory.path().join("db")).open().unwrap();
    let core = Core::new(
        Trees::open(db).unwrap(),
        journal(&directory.path().join("journal")),
        directory.path().join("damaged"),
        Disk::told_by(|_| Some(FREE_BYTES.load(Ordering::Relaxed))),
    );
    let value = "x".repeat(1 << 20);
    for key in 0..12 {
        core.overlay.add(row(key, &value).rows());
    }
    let mut journal = core.journal();
    for (free, is_drained) in [(0, false), (20 << 20, false), (33 << 20, true)] {
        FREE_BYTES.store(free, Ordering::Relaxed);
        assert_eq!(core.drain(&mut journal).is_ok(), is_drained, "{free}");
        assert_eq!(core.trees.get(&11_u32.to_be_bytes()).unwrap().is_some(), is_drained);
    }
}

#[test]
fn a_layer_that_is_tried_again_stands_in_the_journal_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("1");
    let store = opened(&path);
    let core = store.core().upgrade().unwrap();
    let mut journal = core.journal();
    core.overlay.add(row(1, "a").rows());
    let layer = core.overlay.close().unwrap();
    journal.append(&layer.rows()).unwrap();
    core.is_journaled.store(true, Ordering::Release);
    let bytes = journal.bytes();
    // A crash now: an opening writes it.
    let crashed = directory.path().join("crashed");
    std::fs::create_dir(&crashed).unwrap();
    std::fs::copy(path.join("journal"), crashed.join("journal")).unwrap();
    assert_eq!(opened(&crashed).get(&1_u32.to_be_bytes()).unwrap(), Some(b"a".to_vec()));
    core.drain(&mut journal).unwrap();
    assert_eq!(journal.bytes(), bytes);
    core.overlay.add(row(2, "b").rows());
    core.drain(&mut journal).unwrap();
    assert!(journal.bytes() > bytes, "the next layer is another");
}

#[test]
fn who_commits_is_told_that_nobody_drains_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(&directory.path().join("1"));
    let core = store.core().upgrade().unwrap();
    let drain = Drain::begin(Arc::clone(&core), Duration::from_secs(3_600)).unwrap();
    drain.commit(&row(1, "a")).unwrap();
    drop(Ending(&drain.signal));
    let refused = drain.commit(&row(2, "b")).unwrap_err();
    assert!(format!("{refused:?}").contains("Ended"), "{refused:?}");
}

#[test]
fn iterations_beside_a_drain_see_every_row_that_stays() {
    const KEYS: u32 = 3_000;
    let directory = tempfile::tempdir().unwrap();
    let store = opened(&directory.path().join("1"));
    // Every third key stays as it is; the others come and go.
    let mut first = Changes::default();
    (0..KEYS).for_each(|key| first.put_bytes(key.to_be_bytes().to_vec(), b"0".to_vec()));
    store.commit(&first).unwrap();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut chance = 7_u32;
            for _ in 0..600 {
                let mut changes = Changes::default();
                for _ in 0..20 {
                    chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let key = (chance >> 8) % KEYS;
                    if key.is_multiple_of(3) {
                        continue;
                    }
                    if chance & 1 == 0 {
                        changes.remove(key.to_be_bytes().to_vec());
                    } else {
                        changes.put_bytes(key.to_be_bytes().to_vec(), chance.to_be_bytes().to_vec());
                    }
                }
                store.commit(&changes).unwrap();
            }
            is_done.store(true, Ordering::Release);
        });
        for back in [false, true] {
            let (store, is_done) = (&store, &is_done);
            scope.spawn(move || {
                while !is_done.load(Ordering::Acquire) {
                    let scan = if back {
                        store.scan_back(&[], &[u8::MAX])
                    } else {
                        store.scan(&[], &[u8::MAX])
                    };
                    let rows: Vec<_> = scan.map(Result::unwrap).collect();
                    let keys: BTreeMap<_, _> = rows.iter().cloned().collect();
                    assert_eq!(keys.len(), rows.len(), "no row comes twice, back {back}");
                    for key in (0..KEYS).step_by(3) {
                        assert_eq!(
                            keys.get(&key.to_be_bytes()[..]),
                            Some(&b"0".to_vec()),
                            "{key}, back {back}"
                        );
                    }
                }
            });
        }
    });
}
