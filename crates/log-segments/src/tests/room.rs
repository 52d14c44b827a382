//! Too little room: appends are refused before and after the disk is full, and taken again by themselves. Nothing that was
//! acknowledged is lost, nothing that was refused comes back.

use std::path::Path;
use std::process::Command;

use origem_log::Refusal;
use proptest::prelude::*;

use super::*;
use crate::storage::faulty::{Plan, Restart};
use crate::storage::{Directory, Storage};

const RESERVE: u64 = 800;

fn open_with_reserve(disk: &Disk) -> SegmentLog {
    let options = Options {
        reserve_bytes: RESERVE,
        ..small(Durability::Fsync)
    };
    SegmentLog::open_on(Arc::new(disk.clone()), &options).unwrap().0
}

fn is_refused(outcome: &Result<u64, AppendError>) -> bool {
    outcome.as_ref().is_err_and(
        |error| matches!(error, AppendError::NotWritten { source } if source.kind() == std::io::ErrorKind::StorageFull),
    )
}

#[test]
fn appends_stop_at_the_reserve_and_go_on_beyond_its_margin() {
    let disk = Disk::new(0);
    let log = open_with_reserve(&disk);
    append(&log, &texts(0, 2)).unwrap();
    for (free, taken) in [
        (RESERVE + 500, true),
        (RESERVE - 1, false),
        (RESERVE + 50, false), // free again, but not by the margin
        (0, false),
        (RESERVE + 99, false),
        (RESERVE + RESERVE / 8 + 100, true),
        (RESERVE + 50, true), // and then the reserve alone counts
    ] {
        disk.leave_room(Some(free));
        let before = log.tail(P0).unwrap();
        let outcome = append(&log, &["a".to_owned()]);
        assert_eq!(
            (outcome.is_ok(), is_refused(&outcome)),
            (taken, !taken),
            "{free}: {outcome:?}"
        );
        assert_eq!(log.tail(P0).unwrap().0, before.0 + u64::from(taken));
        assert_eq!(log.refusal(), (!taken).then_some(Refusal::NoSpace), "{free}");
        assert_eq!(read_all(&log).len() as u64, log.tail(P0).unwrap().0, "reads go on");
    }
    // Whoever watches sees that there is room before anybody appends.
    disk.leave_room(Some(0));
    assert!(is_refused(&append(&log, &texts(0, 1))));
    assert_eq!(log.refusal(), Some(Refusal::NoSpace));
    disk.leave_room(None);
    assert_eq!(log.refusal(), None);
}

#[test]
fn a_refusal_says_what_is_free_and_what_has_to_be() {
    let disk = Disk::new(0);
    let log = open_with_reserve(&disk);
    disk.leave_room(Some(7));
    let AppendError::NotWritten { source } = append(&log, &["a".to_owned()]).unwrap_err() else {
        panic!("another refusal");
    };
    assert_eq!(
        source.to_string(),
        "7 bytes are free in the test disk and 809 have to be: make room, and appends are taken again by themselves"
    );
}

/// Fills a log to the last byte, then makes room; gives what was acknowledged.
fn fill_and_make_room(log: &dyn EventLog, make_room: impl Fn()) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    let mut number = 0;
    while refused < 5 {
        let records = texts(number, 3);
        number += 3;
        match append(log, &records) {
            Ok(first) => {
                assert_eq!(first, acknowledged.len() as u64);
                acknowledged.extend(records);
            }
            Err(error) => {
                assert!(error.is_retryable() && error.has_no_side_effects(), "{error:?}");
                refused += 1;
                assert_eq!(log.refusal(), Some(Refusal::NoSpace));
                assert_eq!(read_all(log), acknowledged);
            }
        }
    }
    make_room();
    let records = texts(number, 20);
    assert_eq!(append(log, &records).unwrap(), acknowledged.len() as u64);
    acknowledged.extend(records);
    assert_eq!((log.refusal(), read_all(log)), (None, acknowledged.clone()));
    acknowledged
}

#[test]
fn a_disk_filled_to_the_last_byte_takes_appends_again_once_there_is_room() {
    // Every amount of room, so that it ends within a frame, a header and an index.
    for room in 0..700 {
        let disk = Disk::new(room);
        let (log, _) = open(&disk, Durability::Fsync).unwrap();
        disk.leave_room(Some(room));
        let acknowledged = fill_and_make_room(&log, || disk.leave_room(None));
        drop(log);
        disk.restart(Restart::PowerLost);
        let (log, report) = open(&disk, Durability::Fsync).unwrap();
        assert_eq!((read_all(&log), report.torn), (acknowledged, None), "{room}");
    }
}

/// A small file system in memory; `None`, said aloud, where this process may not make one.
struct Mounted(tempfile::TempDir);

impl Mounted {
    #[allow(clippy::print_stderr)]
    fn new(bytes: u64) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]);
        let made = mount.arg(directory.path()).output();
        match made {
            Ok(told) if told.status.success() => Some(Self(directory)),
            told => {
                eprintln!("skipped: no small file system can be made here: {told:?}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.path()).output());
    }
}

#[test]
fn a_real_file_system_that_is_full_takes_appends_again_once_there_is_room() {
    let Some(mounted) = Mounted::new(2 << 20) else { return };
    for reserve_bytes in [0, 1 << 20] {
        let options = Options {
            segment_bytes_max: 100_000,
            reserve_bytes,
            ..Options::default()
        };
        let ballast = mounted.path().join("ballast");
        std::fs::write(&ballast, vec![0; 900_000]).unwrap();
        let directory = mounted.path().join(reserve_bytes.to_string());
        let (log, _) = SegmentLog::open(&directory, &options).unwrap();
        let acknowledged = fill_and_make_room(&log, || std::fs::remove_file(&ballast).unwrap());
        drop(log);
        let storage = Directory::read_only(&directory);
        let free = storage.free().unwrap().unwrap();
        assert!(free >= reserve_bytes, "{free} are left of {reserve_bytes}");
        let (log, report) = SegmentLog::open(&directory, &options).unwrap();
        assert_eq!((read_all(&log), report.torn), (acknowledged, None));
        drop(log);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}

#[test]
fn a_segment_that_cannot_be_begun_is_tried_again() {
    // The calls of rolling: create, header, sync, names.
    for call in 0..3 {
        let disk = Disk::new(call);
        let (log, _) = open(&disk, Durability::Fsync).unwrap();
        append(&log, &["x".repeat(380)]).unwrap();
        disk.plan(Plan::FailOnce(call));
        let refused = append(&log, &texts(1, 1)).unwrap_err();
        assert!(
            refused.is_retryable() && refused.has_no_side_effects(),
            "{call}: {refused:?}"
        );
        assert_eq!(append(&log, &texts(1, 1)).unwrap(), 1, "call {call}");
        drop(log);
        disk.restart(Restart::PowerLost);
        let (log, _) = open(&disk, Durability::Fsync).unwrap();
        assert_eq!(read_all(&log).len(), 2, "call {call}");
    }
}

#[test]
fn what_a_failed_sync_left_in_doubt_is_on_the_disk_after_reopening() {
    for seed in 0..100 {
        let disk = Disk::new(seed);
        let (log, _) = open(&disk, Durability::Fsync).unwrap();
        append(&log, &texts(0, 2)).unwrap();
        disk.plan(Plan::FailOnce(1));
        append(&log, &texts(2, 2)).unwrap_err();
        assert_eq!(log.refusal(), Some(Refusal::Unconfirmed));
        drop(log);
        // The process is started again; what it shows then stays, whatever happens to the machine.
        let (log, _) = open(&disk, Durability::Fsync).unwrap();
        let shown = read_all(&log);
        assert_eq!(shown, texts(0, 4));
        drop(log);
        disk.restart(Restart::PowerLost);
        let (log, report) = open(&disk, Durability::Fsync).unwrap();
        assert_eq!((read_all(&log), report.torn), (shown, None), "seed {seed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Room comes and goes, power is lost, segments are dropped: the log holds what was acknowledged from its start on, and no more.
    #[test]
    fn room_that_comes_and_goes_loses_nothing(steps in prop::collection::vec((0..5_u8, 0..900_u64), 1..60), seed: u64) {
        let disk = Disk::new(seed);
        let mut log = open(&disk, Durability::Fsync).unwrap().0;
        let mut acknowledged: Vec<String> = Vec::new();
        for (number, (step, size)) in steps.into_iter().enumerate() {
            match step {
                0 => disk.leave_room(Some(size)),
                1 => disk.leave_room(None),
                2 => drop(log.trim(P0, Offset(size / 20)).unwrap()),
                3 if size < 200 => {
                    drop(log);
                    disk.leave_room(None);
                    disk.restart(Restart::PowerLost);
                    log = open(&disk, Durability::Fsync).unwrap().0;
                }
                _ => {
                    let records = texts(number * 10, (size % 7) as usize);
                    if let Ok(first) = append(&log, &records) {
                        prop_assert_eq!(first, acknowledged.len() as u64);
                        acknowledged.extend(records);
                    }
                }
            }
            let start = log.start(P0).unwrap().0 as usize;
            prop_assert_eq!(read_all(&log), &acknowledged[start..]);
        }
    }
}
