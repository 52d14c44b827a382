//! A store that fails, or whose answer is lost, at any commit: after a restart everything is as if nothing had happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use origem_codec::RawParts;
use origem_domain::position::{Offset, Partition, Position};
use origem_domain::record::Recorded;
use origem_log::guarded::{Guard, Guarded};
use origem_log::{EventLog, MemoryLog, ReadError};
use origem_testkit::story::{Plot, story};
use origem_testkit::{SECRET, script};
use origem_views::meta;
use origem_views::rows::{Changes, MapRows, MemoryStore, Rows, RowsError, Scan, Store};
use proptest::prelude::*;

use super::cases;
use super::world::World;
use crate::fold::Folding;
use crate::handle::{Progress, Signals};
use crate::run::{Options, ProjectError, spawn};

/// What becomes of the commit that fails.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// It is not written.
    Refused,
    /// It is written, but the projector does not hear of it.
    AnswerLost,
    /// The store panics.
    Panic,
}

struct Faulty {
    store: Arc<MemoryStore>,
    /// Commits that go well before the one that does not.
    left: AtomicUsize,
    fault: Fault,
}

impl Rows for Faulty {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.store.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.store.scan(from, to)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.store.scan_back(from, to)
    }
}

impl Store for Faulty {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) > 0 {
            return self.store.commit(changes);
        }
        match self.fault {
            Fault::Refused => {}
            Fault::AnswerLost => self.store.commit(changes)?,
            Fault::Panic => panic!("the store panics, as it is told to"),
        }
        Err(RowsError::Store("the store is damaged".into()))
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.store.flush()
    }
}

fn log_of(records: &[Recorded]) -> Arc<dyn EventLog> {
    let log = MemoryLog::new(1);
    for recorded in records {
        let record = origem_codec::encode(
            &recorded.event,
            &recorded.source,
            recorded.received_at,
            RawParts::default(),
            &SECRET,
        );
        log.append(Partition(0), &[&record]).unwrap();
    }
    Arc::new(log)
}

/// Projects until everything is folded or the projector gives up.
fn project(log: &Arc<dyn EventLog>, store: Arc<dyn Store>, records_max: usize) -> Result<Progress, ProjectError> {
    let options = Options {
        folding: Folding::in_lanes(2),
        live_records_max: records_max,
        behind_records_max: records_max,
        ..Options::default()
    };
    let handle = spawn(log.clone(), store, Partition(0), options, Signals::default())?;
    let tail = log.tail(Partition(0)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let done = |progress: &Progress| progress.failed || progress.checkpoint.next == tail;
    let progress = *runtime.block_on(handle.watch().wait_for(done)).unwrap();
    // Its reader notices only after a while; it writes nothing, so nobody has to wait for that.
    std::thread::spawn(move || handle.stop());
    Ok(progress)
}

/// The rows after projecting without faults.
fn undisturbed(log: &Arc<dyn EventLog>, records_max: usize) -> MapRows {
    let store = Arc::new(MemoryStore::default());
    project(log, store.clone(), records_max).unwrap();
    store.copy()
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn after_a_crash_at_any_commit_everything_is_as_without_it(
        lines in story(Plot::Any, 3, 40),
        records_max in 3..20_usize,
    ) {
        let records = script::records(&lines.join("\n"));
        let log = log_of(&records);
        let expected = undisturbed(&log, records_max);
        let (folded, checkpoint) = (World::of(&records), meta::checkpoint(&expected, Partition(0)).unwrap());
        prop_assert_eq!(meta::fingerprint(&expected).unwrap(), meta::fingerprint(&folded.rows).unwrap());
        prop_assert_eq!(checkpoint.conversations, folded.counted());
        prop_assert_eq!(checkpoint.duplicates, folded.duplicates() as u64);
        for fault in [Fault::Refused, Fault::AnswerLost] {
            for left in 0.. {
                let store = Arc::new(MemoryStore::default());
                let faulty = Faulty { store: store.clone(), left: AtomicUsize::new(left), fault };
                let crashed = match project(&log, Arc::new(faulty), records_max) {
                    Ok(progress) => progress.failed,
                    Err(_) => true,
                };
                // With another batch size, as after a restart far behind the tail.
                project(&log, store.clone(), records_max * 2 - 1).unwrap();
                prop_assert!(store.copy() == expected, "{fault:?} after {left} commits: {lines:#?}");
                if !crashed {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_record_that_cannot_be_decoded_is_an_anomaly_and_no_halt() {
    let records = script::records("1.10:00 p1 in m1; 1.10:01 p1 in m2");
    let log = log_of(&records);
    log.append(Partition(0), &[b"\xff\xff damaged", b""]).unwrap();
    let after = log_of(&script::records("1.10:02 p1 in m3"));
    let next = after
        .read(Partition(0), Offset(0), origem_log::ReadLimit::default())
        .unwrap();
    log.append(Partition(0), &[next.iter().next().unwrap().1]).unwrap();
    let store = Arc::new(MemoryStore::default());
    let progress = project(&log, store.clone(), 2).unwrap();
    assert!(!progress.failed);
    let world = World {
        rows: store.copy(),
        ..World::default()
    };
    let at = |offset| (Position::new(0, offset), "undecodable");
    assert_eq!(world.anomalies(), [at(2), at(3)]);
    assert_eq!(world.card(world.owner("p1").unwrap()).state.unread, 3);
}

/// A log as one on a broker is: it has a name, and sometimes it cannot be read for a while.
struct Remote {
    name: &'static str,
    failures: AtomicUsize,
}

impl Guard for Remote {
    fn identity(&self) -> String {
        self.name.to_owned()
    }

    fn before_read(&self, _: Partition) -> Result<(), ReadError> {
        let fails = |left: usize| left.checked_sub(1);
        let failed = self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fails);
        failed.map_or(Ok(()), |_| {
            Err(ReadError::Io {
                place: "the broker".to_owned(),
                source: std::io::ErrorKind::TimedOut.into(),
            })
        })
    }
}

fn remote(log: &Arc<dyn EventLog>, name: &'static str, failures: usize) -> Arc<dyn EventLog> {
    let failures = AtomicUsize::new(failures);
    Arc::new(Guarded::new(log.clone(), Remote { name, failures }))
}

#[test]
fn views_of_another_log_are_folded_anew() {
    let story = |contact: &str| log_of(&script::records(&format!("1.10:00 {contact} in m1")));
    let (one, other) = (story("p1"), story("p2"));
    let store = Arc::new(MemoryStore::default());
    let rows_of = |name, log: &Arc<dyn EventLog>| {
        project(&remote(log, name, 0), store.clone(), 10).unwrap();
        store.copy()
    };
    let first = rows_of("cluster/one", &one);
    assert_eq!(
        rows_of("cluster/one", &other),
        first,
        "the same name: it is taken for the same log"
    );
    let second = rows_of("cluster/other", &other);
    assert_ne!(meta::fingerprint(&second).unwrap(), meta::fingerprint(&first).unwrap());
    assert_eq!(
        meta::fingerprint(&second).unwrap(),
        meta::fingerprint(&undisturbed(&other, 10)).unwrap()
    );
}

#[test]
fn a_log_that_cannot_be_read_for_a_while_is_waited_for() {
    let log = log_of(&script::records("1.10:00 p1 in m1; 1.10:01 p2 in m2; 1.10:02 p1 in m3"));
    let expected = undisturbed(&log, 1);
    let store = Arc::new(MemoryStore::default());
    let progress = project(&remote(&log, "", 3), store.clone(), 1).unwrap();
    assert!(!progress.failed);
    assert_eq!(store.copy(), expected);
}

#[test]
fn a_projector_that_stops_says_so_and_since_when_records_wait() {
    let records = script::records("1.10:00 p1 in m1; 1.10:01 p2 in m2; 1.10:02 p1 in m3");
    let log = log_of(&records);
    for fault in [Fault::Refused, Fault::Panic] {
        // The views of a log that holds something are loaded, and marked as whole at the end.
        for left in 0..records.len() {
            let store = Arc::new(MemoryStore::default());
            let left_of = AtomicUsize::new(left);
            let faulty = Faulty {
                store,
                left: left_of,
                fault,
            };
            let progress = project(&log, Arc::new(faulty), 1).unwrap();
            assert!(progress.failed, "{fault:?} after {left}");
            assert_eq!(progress.checkpoint.next, Offset(left as u64));
            assert_eq!(progress.tail, Offset(records.len() as u64));
            assert_eq!(
                progress.waiting_since,
                Some(records[left].received_at),
                "{fault:?} after {left}"
            );
        }
    }
    let progress = project(&log, Arc::new(MemoryStore::default()), 1).unwrap();
    assert_eq!((progress.failed, progress.waiting_since), (false, None));
}

/// A store on a disk that has no room for some commits; those that are cut off there may stand all the same.
struct Full {
    store: MemoryStore,
    refused: AtomicUsize,
    stands: bool,
}

impl Rows for Full {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.store.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.store.scan(from, to)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.store.scan_back(from, to)
    }
}

impl Store for Full {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        let fewer = |left: usize| left.checked_sub(1);
        if self
            .refused
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer)
            .is_err()
        {
            return self.store.commit(changes);
        }
        if self.stands {
            self.store.commit(changes)?;
        }
        Err(RowsError::Store(Box::new(std::io::Error::from(
            std::io::ErrorKind::StorageFull,
        ))))
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.store.flush()
    }
}

/// A projector that follows a log of three records, each in a commit of its own, and finds no room for the second one.
fn followed(stands: bool) -> (Arc<dyn EventLog>, Arc<Full>, crate::handle::Handle) {
    let records = script::records("1.10:00 p1 in m1; 1.10:01 p2 in m2; 1.10:02 p1 in m3");
    let log = log_of(&records);
    let store = Arc::new(Full {
        store: MemoryStore::default(),
        refused: AtomicUsize::new(0),
        stands,
    });
    // What is new is loaded; from here on it is committed.
    project(&log_of(&records[..1]), store.clone(), 1).unwrap();
    store.refused.store(usize::MAX, Ordering::Relaxed);
    let options = Options {
        live_records_max: 1,
        behind_records_max: 1,
        ..Options::default()
    };
    let handle = spawn(log.clone(), store.clone(), Partition(0), options, Signals::default()).unwrap();
    (log, store, handle)
}

fn wait_for(handle: &crate::handle::Handle, what: impl FnMut(&Progress) -> bool) -> Progress {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    *runtime.block_on(handle.watch().wait_for(what)).unwrap()
}

#[test]
fn once_its_disk_has_room_again_it_goes_on_by_itself() {
    for stands in [false, true] {
        let (log, store, handle) = followed(stands);
        let waits = wait_for(&handle, |progress| progress.no_space || progress.failed);
        assert_eq!((waits.no_space, waits.failed), (true, false));
        assert_eq!(waits.checkpoint.next, Offset(1));
        store.refused.store(0, Ordering::Relaxed);
        let tail = log.tail(Partition(0)).unwrap();
        let done = wait_for(&handle, |progress| progress.failed || progress.checkpoint.next == tail);
        assert_eq!((done.no_space, done.failed), (false, false));
        handle.stop();
        let (there, expected) = (&store.store, undisturbed(&log, 1));
        assert_eq!(
            meta::fingerprint(there).unwrap(),
            meta::fingerprint(&expected).unwrap(),
            "{stands}"
        );
        let counted = |rows: &dyn Rows| meta::checkpoint(rows, Partition(0)).unwrap();
        assert_eq!(counted(there), counted(&expected), "{stands}");
    }
}

#[test]
fn it_can_be_stopped_while_it_waits_for_room() {
    let (_, store, handle) = followed(false);
    wait_for(&handle, |progress| progress.no_space);
    handle.stop();
    assert!(!handle.progress().failed, "it did what it was told");
    assert_eq!(meta::checkpoint(&store.store, Partition(0)).unwrap().next, Offset(1));
}
