//! A load in bulk gives the rows that folding batch by batch gives, whatever it is cut into and whenever it is interrupted.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use origem_codec::RawParts;
use origem_domain::position::{Offset, Partition};
use origem_domain::record::Recorded;
use origem_log::{EventLog, MemoryLog};
use origem_testkit::story::{Plot, story};
use origem_testkit::{SECRET, script};
use origem_views::meta;
use origem_views::rows::{Changes, MapRows, MemoryStore, Row, Rows, RowsError, Scan, Store};
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::Settings;
use crate::fold::Folding;
use crate::handle::{Progress, Signals};
use crate::run::{Options, spawn};

const PARTITION: Partition = Partition(0);

/// Rows in memory with a directory beside them, and a disk that is full after so many writes.
struct Beside {
    rows: MemoryStore,
    directory: tempfile::TempDir,
    left: AtomicUsize,
}

impl Default for Beside {
    fn default() -> Self {
        Self {
            rows: MemoryStore::default(),
            directory: tempfile::tempdir().unwrap(),
            left: AtomicUsize::new(usize::MAX),
        }
    }
}

impl Beside {
    fn write(&self) -> Result<(), RowsError> {
        let left = |left: usize| left.checked_sub(1);
        let written = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        written
            .map(drop)
            .map_err(|_| RowsError::Store("the disk is full".into()))
    }
}

impl Rows for Beside {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.rows.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.rows.scan(from, to)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.rows.scan_back(from, to)
    }
}

impl Store for Beside {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        self.write()?;
        self.rows.commit(changes)
    }

    fn pack(&self, rows: &mut dyn Iterator<Item = Result<Row, RowsError>>) -> Result<(), RowsError> {
        for (index, row) in rows.enumerate() {
            if index % 20 == 0 {
                self.write()?;
            }
            let (key, value) = row?;
            let mut changes = Changes::default();
            changes.put_bytes(key, value);
            self.rows.commit(&changes)?;
        }
        Ok(())
    }

    fn scratch(&self) -> Option<PathBuf> {
        Some(self.directory.path().join("scratch"))
    }

    fn has_room(&self, _bytes: u64) -> Result<(), RowsError> {
        self.write()
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.rows.flush()
    }
}

fn append(log: &dyn EventLog, records: &[Recorded]) {
    for recorded in records {
        let raw = RawParts {
            raw: b"what it was read from",
            ..RawParts::default()
        };
        let (event, source, at) = (&recorded.event, &recorded.source, recorded.received_at);
        let record = origem_codec::encode(event, source, at, raw, &SECRET);
        log.append(PARTITION, &[&record]).unwrap();
    }
}

/// How a load is cut: its parts, its memory, its lanes, or the share of the processor that it keeps to.
#[derive(Debug, Clone, Copy)]
struct Cut {
    part_records: u64,
    memory_bytes: usize,
    lanes: usize,
    cpu_share: Option<f64>,
}

fn cut() -> impl Strategy<Value = Cut> {
    let memory = prop_oneof![Just(0), Just(8 << 10), Just(64 << 20)];
    (1..60_u64, memory, 1..4_usize, prop::option::weighted(0.2, Just(0.9))).prop_map(
        |(part_records, memory_bytes, lanes, cpu_share)| Cut {
            part_records,
            memory_bytes,
            lanes,
            cpu_share,
        },
    )
}

/// Projects until all of the log is folded, or it fails.
fn project(log: &Arc<dyn EventLog>, store: &Arc<dyn Store>, cut: Option<Cut>) -> Progress {
    let options = Options {
        folding: Folding::in_lanes(cut.map_or(1, |cut| cut.lanes)),
        bulk: cut.map(|cut| Settings {
            records_min: 1,
            memory_bytes: cut.memory_bytes,
            part_records: cut.part_records,
            costs: None,
        }),
        cpu_share: cut.and_then(|cut| cut.cpu_share),
        ..Options::default()
    };
    let handle = spawn(log.clone(), store.clone(), PARTITION, options, Signals::default()).unwrap();
    let tail = log.tail(PARTITION).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let done = |progress: &Progress| progress.failed || (!progress.loading && progress.checkpoint.next == tail);
    let progress = *runtime.block_on(handle.watch().wait_for(done)).unwrap();
    handle.stop();
    progress
}

/// The rows of the views, and what the checkpoint says of them.
fn views(rows: &MapRows) -> (Vec<Row>, meta::Checkpoint) {
    let views = rows.scan(&[2], &[u8::MAX]).map(Result::unwrap).collect();
    (views, meta::checkpoint(rows, PARTITION).unwrap())
}

/// What differs between views, by the views it is in.
fn difference(expected: &MapRows, found: &MapRows) -> Option<String> {
    let ((expected, told), (found, found_told)) = (views(expected), views(found));
    if told != found_told {
        return Some(format!("checkpoint {told:?}, found {found_told:?}"));
    }
    let only = |ours: &[Row], theirs: &[Row]| {
        let missing = ours.iter().filter(|row| !theirs.contains(row));
        missing
            .map(|(key, _)| format!("{key:02x?}"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    (expected != found).then(|| {
        format!(
            "expected {}\nfound {}",
            only(&expected, &found),
            only(&found, &expected)
        )
    })
}

fn shuffled(lines: &[String], order: &[u8]) -> Vec<Recorded> {
    let records = script::records(&lines.join("\n"));
    let mut ranked: Vec<_> = order.iter().chain(std::iter::repeat(&0)).zip(records).collect();
    ranked.sort_by_key(|(rank, _)| **rank);
    ranked.into_iter().map(|(_, record)| record).collect()
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, max_shrink_iters: 60, ..Config::default() })]

    #[test]
    fn it_gives_the_rows_that_batches_give(
        lines in story(Plot::Any, 4, 80),
        order in prop::collection::vec(any::<u8>(), 20),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        cut in cut(),
        behind in 0..20_usize,
        // The first says of which versions the views are: without it none begin.
        writes in 1..40_usize,
        interrupted in any::<bool>(),
    ) {
        let mut records = shuffled(&lines, &order);
        // Some come twice, the second time at the end.
        let twice: Vec<Recorded> = again.iter().filter(|_| !records.is_empty()).map(|index| index.get(&records).clone()).collect();
        records.extend(twice);
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(1));
        let (loaded, later) = records.split_at(records.len().saturating_sub(behind));
        append(&*log, loaded);
        let expected = Arc::new(MemoryStore::default());
        let store = Arc::new(Beside::default());
        if interrupted {
            store.left.store(writes, Ordering::Relaxed);
            let _ = project(&log, &(store.clone() as Arc<dyn Store>), Some(cut));
            store.left.store(usize::MAX, Ordering::Relaxed);
        }
        append(&*log, later);
        let tail = log.tail(PARTITION).unwrap();
        for (store, cut) in [(expected.clone() as Arc<dyn Store>, None), (store.clone(), Some(cut))] {
            let progress = project(&log, &store, cut);
            prop_assert!(!progress.failed && progress.checkpoint.next == tail, "{progress:?}");
        }
        let difference = difference(&expected.copy(), &store.rows.copy());
        prop_assert!(difference.is_none(), "{}\n{cut:?} {lines:#?}", difference.unwrap_or_default());
        prop_assert!(!store.scratch().unwrap().exists(), "nothing is left behind");
    }
}

/// Small parts, and everything in files.
const FILES: Cut = Cut {
    part_records: 5,
    memory_bytes: 0,
    lanes: 1,
    cpu_share: None,
};

/// The lines of a log, that log, and a store whose load was interrupted after everything was resolved and some of it folded.
fn interrupted() -> (Vec<String>, Arc<dyn EventLog>, Arc<Beside>) {
    let lines: Vec<String> = (0..40)
        .map(|number| format!("{}.10:00 p{} in m{number}", 1 + number / 8, number % 8))
        .collect();
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(1));
    append(&*log, &shuffled(&lines, &[]));
    let found = (0..1_000).find_map(|writes| {
        let store = Arc::new(Beside::default());
        store.left.store(writes, Ordering::Relaxed);
        let progress = project(&log, &(store.clone() as Arc<dyn Store>), Some(FILES));
        let manifest = super::Manifest::read(&store.scratch()?);
        assert!(progress.failed, "it ended before it was noted how far it was");
        manifest
            .filter(|manifest| manifest.done > 1 && !manifest.runs.is_empty())
            .map(|_| store)
    });
    let store = found.unwrap();
    store.left.store(usize::MAX, Ordering::Relaxed);
    (lines, log, store)
}

fn assert_whole(log: &Arc<dyn EventLog>, store: &Beside) {
    let expected = Arc::new(MemoryStore::default());
    project(log, &(expected.clone() as Arc<dyn Store>), None);
    assert_eq!(difference(&expected.copy(), &store.rows.copy()), None);
}

#[test]
fn what_was_resolved_before_a_crash_is_not_resolved_again() {
    let (lines, log, store) = interrupted();
    // Whoever resolved them again would find other records: the log begins anew with others.
    let other: Arc<dyn EventLog> = Arc::new(MemoryLog::new(1));
    let emptied: Vec<String> = lines.iter().map(|line| line.replace(" in ", " out ")).collect();
    append(&*other, &shuffled(&emptied, &[]));
    let progress = project(&other, &(store.clone() as Arc<dyn Store>), Some(FILES));
    assert!(!progress.failed);
    assert_eq!(progress.checkpoint.next, Offset(40));
    assert_whole(&log, &store);
}

/// One thing that is done to the bytes of a file.
type Harm = fn(&mut Vec<u8>);

#[test]
fn files_that_are_damaged_are_made_anew() {
    let harms: [(&str, Harm); 6] = [
        ("first byte", |bytes| bytes[0] ^= 1),
        // Of a record or a row: nothing but its checksum tells.
        ("middle", |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x40;
        }),
        ("last byte", |bytes| *bytes.last_mut().unwrap() ^= 0x80),
        ("length", |bytes| {
            let at = 27.min(bytes.len() - 1);
            bytes[at] ^= 0x7f;
        }),
        ("shorter", |bytes| bytes.truncate(bytes.len() - 1)),
        ("longer", |bytes| bytes.push(0)),
    ];
    for kind in ["tasks", "rows", "manifest"] {
        for (harm, of) in harms.iter().map(|(harm, of)| (*harm, Some(of))).chain([("gone", None)]) {
            let (_, log, store) = interrupted();
            let files = std::fs::read_dir(store.scratch().unwrap()).unwrap();
            let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
            paths.retain(|path| path.file_stem().unwrap() == kind);
            paths.sort();
            // Of the tasks a part that is not folded yet.
            let path = if kind == "tasks" { paths.last() } else { paths.first() }.unwrap();
            match of {
                Some(of) => {
                    let mut bytes = std::fs::read(path).unwrap();
                    of(&mut bytes);
                    std::fs::write(path, bytes).unwrap();
                }
                None => std::fs::remove_file(path).unwrap(),
            }
            let place: Arc<dyn Store> = store.clone();
            // What is found on opening begins anew at once, what is found later with the next start.
            if project(&log, &place, Some(FILES)).failed {
                assert!(!project(&log, &place, Some(FILES)).failed, "{kind}, {harm}");
            }
            assert_whole(&log, &store);
        }
    }
}

#[test]
fn what_was_done_before_an_interruption_is_told_from_the_start() {
    let (_, log, store) = interrupted();
    let manifest = super::Manifest::read(&store.scratch().unwrap()).unwrap();
    let (done, all) = manifest.folded();
    assert!(0 < done && done < all);
    // Nothing more can be written: it tells where it begins, and ends there.
    store.left.store(0, Ordering::Relaxed);
    let options = Options {
        folding: Folding::in_lanes(1),
        bulk: Some(Settings {
            records_min: 1,
            ..Settings::default()
        }),
        ..Options::default()
    };
    let settings = options.bulk.unwrap();
    let expected = super::resumed_at(&manifest, &settings, &options);
    let handle = spawn(log, store, PARTITION, options, Signals::default()).unwrap();
    assert_eq!(handle.progress().checkpoint.next, expected);
    let resolved = super::Costs::expected(None, 1).told_at(Offset(0), Offset(40), super::Pass::Keep, 1, 1);
    assert!(expected > resolved, "{expected}, {resolved}");
    handle.stop();
}
