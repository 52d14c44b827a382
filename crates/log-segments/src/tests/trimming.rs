//! The oldest segments go: crashes in the middle, readers on the way, looks from outside.

use super::*;
use crate::snapshot::Snapshot;
use crate::storage::Storage as _;
use crate::storage::faulty::{Plan, Restart};
use crate::verify::verify_on;
use crate::{Damage, DamageKind, Extent};

/// An open log of many segments, and its records.
fn written(disk: &Disk) -> (SegmentLog, Vec<String>) {
    let (log, _) = open(disk, Durability::Fsync).unwrap();
    let records = texts(0, 60);
    for batch in records.chunks(4) {
        append(&log, batch).unwrap();
    }
    (log, records)
}

#[test]
fn only_whole_sealed_segments_below_the_place_go() {
    let disk = Disk::new(0);
    let (log, records) = written(&disk);
    let pieces = log.pieces(P0).unwrap();
    assert!(pieces.len() > 4);
    let [first, second, .., last] = pieces.as_slice() else {
        panic!("too few segments")
    };
    for (before, start) in [
        (Offset(0), first.base),
        (Offset(first.next.0 - 1), first.base),
        (first.next, second.base),
        (Offset(0), second.base),
        (Offset(1_000), last.base),
        (Offset(1_000), last.base),
    ] {
        assert_eq!(log.trim(P0, before).unwrap(), start, "before {before}");
        assert_eq!(read_all(&log), records[start.0 as usize..]);
        let verified = verify_on(&disk, Extent::Every, |_| {}).unwrap();
        assert_eq!((verified.damage, verified.indexes_bad), (vec![], vec![]));
    }
    assert_eq!(disk.names().iter().filter(|name| name.ends_with(".index")).count(), 0);
    assert_eq!(append(&log, &texts(60, 1)).unwrap(), 60);
}

#[test]
fn a_crash_while_trimming_leaves_a_log_that_begins_later_and_has_no_gap() {
    let calls = {
        let disk = Disk::new(0);
        let (log, _) = written(&disk);
        disk.plan(Plan::Nothing);
        log.trim(P0, Offset(60)).unwrap();
        disk.calls()
    };
    for (call, seed) in (0..calls).flat_map(|call| (0..25).map(move |seed| (call, seed))) {
        for restart in [Restart::ProcessKilled, Restart::PowerLost] {
            let disk = Disk::new(seed);
            let (log, records) = written(&disk);
            disk.plan(Plan::Crash(call));
            assert!(log.trim(P0, Offset(60)).is_err());
            let (shown, error) = read_from(&log, log.start(P0).unwrap());
            assert!(error.is_none() && records.ends_with(&shown), "readers go on");
            drop(log);
            disk.restart(restart);
            let (log, report) = open(&disk, Durability::Fsync).unwrap();
            assert_eq!(read_all(&log), records[report.start.0 as usize..]);
            // And once more, to its end.
            let start = log.trim(P0, Offset(60)).unwrap();
            assert_eq!(read_all(&log), records[start.0 as usize..]);
        }
    }
}

#[test]
fn a_trim_that_fails_can_be_repeated() {
    for call in 0..9 {
        let disk = Disk::new(call);
        let (log, records) = written(&disk);
        disk.plan(Plan::FailOnce(call));
        log.trim(P0, Offset(60)).unwrap_err();
        assert!(records.ends_with(&read_all(&log)));
        let start = log.trim(P0, Offset(60)).unwrap();
        assert_eq!(
            (log.start(P0).unwrap(), read_all(&log)),
            (start, records[start.0 as usize..].to_vec())
        );
    }
}

fn copied(snapshot: &Snapshot) -> Disk {
    let disk = Disk::new(0);
    for (at, segment) in snapshot.segments().iter().enumerate() {
        let mut bytes = Vec::new();
        snapshot
            .copy(at, |more| {
                bytes.extend_from_slice(more);
                Ok(())
            })
            .unwrap();
        assert_eq!(bytes.len() as u64, segment.bytes);
        disk.create(&segment.name).unwrap();
        disk.put(&segment.name, bytes);
    }
    disk
}

#[test]
fn a_snapshot_holds_what_was_there_though_the_log_goes_on_and_drops_it() {
    let disk = Disk::new(0);
    let (log, records) = written(&disk);
    let snapshot = Snapshot::take_on(&disk).unwrap();
    append(&log, &texts(60, 9)).unwrap();
    log.trim(P0, Offset(50)).unwrap();
    assert_eq!(snapshot.range(), (Offset(0), Offset(60)));
    let (copy, report) = open(&copied(&snapshot), Durability::Fsync).unwrap();
    assert_eq!((report.torn, read_all(&copy)), (None, records));
    let later = Snapshot::take_on(&disk).unwrap();
    assert_eq!(later.range(), (log.start(P0).unwrap(), Offset(69)));
}

#[test]
fn a_snapshot_ends_where_the_disk_has_it_for_certain() {
    let disk = Disk::new(0);
    let (log, _) = open(&disk, Durability::Os).unwrap();
    append(&log, &texts(0, 3)).unwrap();
    assert_eq!(
        Snapshot::take_on(&disk).unwrap().range(),
        (Offset(0), Offset(0)),
        "nothing is synced yet"
    );
    drop(log);
    assert_eq!(Snapshot::take_on(&disk).unwrap().range(), (Offset(0), Offset(3)));
}

#[test]
fn a_snapshot_of_nothing_is_empty() {
    assert_eq!(Snapshot::take_on(&Disk::new(0)).unwrap().segments(), []);
}

#[test]
fn a_copy_stops_at_damage_and_names_it() {
    let disk = Disk::new(0);
    drop(written(&disk));
    let name = "00000000000000000000.log";
    let mut bytes = disk.bytes(name);
    bytes[32 + 10 + 8] ^= 1;
    disk.put(name, bytes);
    let error = Snapshot::take_on(&disk).unwrap().copy(0, |_| Ok(())).unwrap_err();
    let told = std::error::Error::source(&error).unwrap().to_string();
    assert!(told.contains(name) && told.contains("at byte 42 (offset 1)"), "{told}");
}

#[test]
fn every_damage_is_told_apart_where_the_next_frame_can_be_found() {
    let disk = Disk::new(0);
    drop(written(&disk));
    // Places of the records of the first segment: a header of 32 bytes, then 8 bytes before each.
    let places: Vec<(u64, u64)> = texts(0, 8)
        .iter()
        .scan(32, |at, text| {
            let place = *at;
            *at += 8 + text.len() as u64;
            Some((place, text.len() as u64))
        })
        .collect();
    let name = "00000000000000000000.log";
    let whole = disk.bytes(name);
    let found = |flipped: &[u64], extent| -> Vec<(u64, u64)> {
        let damaged = disk.copy();
        let mut bytes = whole.clone();
        flipped.iter().for_each(|at| bytes[*at as usize] ^= 0x80);
        damaged.put(name, bytes);
        let found = verify_on(&damaged, extent, |_| {}).unwrap().damage;
        found.iter().map(|damage| (damage.position, damage.offset.0)).collect()
    };
    let text_of = |record: usize| places[record].0 + 8;
    // (bytes flipped, first of each, every)
    let first = |record: usize| (places[record].0, record as u64);
    assert_eq!(found(&[], Extent::Every), []);
    assert_eq!(found(&[text_of(1), text_of(3)], Extent::FirstOfEach), [first(1)]);
    assert_eq!(found(&[text_of(1), text_of(3)], Extent::Every), [first(1), first(3)]);
    assert_eq!(
        found(&[text_of(1), text_of(2)], Extent::Every),
        [first(1)],
        "the length leads to a bad frame"
    );
    // A length that lies: the index knows where to go on.
    let lying = found(&[places[1].0 + 1, text_of(7)], Extent::Every);
    assert_eq!(lying, [first(1), first(7)]);
}

#[test]
fn what_was_synced_and_is_gone_is_damage() {
    let disk = Disk::new(0);
    let (log, _) = open(&disk, Durability::Fsync).unwrap();
    append(&log, &texts(0, 3)).unwrap();
    drop(log);
    let name = "00000000000000000000.log";
    let bytes = disk.bytes(name);
    disk.put(name, bytes[..bytes.len() - 1].to_vec());
    let found = verify_on(&disk, Extent::FirstOfEach, |_| {}).unwrap();
    assert!(
        matches!(
            found.damage.as_slice(),
            [Damage {
                offset: Offset(2),
                kind: DamageKind::Lost { .. },
                ..
            }]
        ),
        "{found:?}"
    );
}

#[test]
fn opening_can_be_told_to_read_everything() {
    let disk = Disk::new(0);
    let (log, records) = written(&disk);
    drop(log);
    let name = "00000000000000000000.log";
    let mut bytes = disk.bytes(name);
    bytes[45] ^= 1;
    let careful = Options {
        verify_on_open: true,
        ..small(Durability::Fsync)
    };
    let open_carefully = |disk: &Disk| SegmentLog::open_on(Arc::new(disk.clone()), &careful);
    assert_eq!(read_all(&open_carefully(&disk).unwrap().0), records);
    disk.put(name, bytes);
    let (log, _) = open(&disk, Durability::Fsync).unwrap();
    assert!(
        read_from(&log, Offset(0)).1.is_some(),
        "whoever reads the record is told"
    );
    drop(log);
    let Err(OpenError::Damaged { source, .. }) = open_carefully(&disk) else {
        panic!("it opens")
    };
    assert_eq!(source.segment(), name);
}
