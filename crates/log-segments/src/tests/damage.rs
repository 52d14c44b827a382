//! Files that are not what was written: cut, flipped, missing, longer. Never silently wrong data.

use super::*;
use crate::header::bases;
use crate::snapshot::Snapshot;
use crate::verify::verify_on;
use crate::{Damage, DamageKind, Extent};

/// A closed log of several segments, and its records.
fn written(durability: Durability) -> (Disk, Vec<String>) {
    let disk = Disk::new(0);
    let (log, _) = open(&disk, durability).unwrap();
    let records = texts(0, 60);
    for batch in records.chunks(4) {
        append(&log, batch).unwrap();
    }
    drop(log);
    (disk, records)
}

fn segments(disk: &Disk) -> Vec<String> {
    bases(&disk.names())
        .into_iter()
        .map(crate::header::segment_name)
        .collect()
}

fn damage_of(error: OpenError) -> Damage {
    match error {
        OpenError::Damaged { source, .. } => source,
        other => panic!("{other:?}"),
    }
}

/// Opens a damaged copy: it refuses, or gives a prefix and says that something is gone, or fails to read at the place.
fn check_never_wrong(disk: &Disk, records: &[String], case: &str) {
    let verified = verify_on(disk, Extent::FirstOfEach, |_| {}).unwrap();
    match open(disk, Durability::Fsync) {
        Err(error) => {
            let damage = damage_of(error);
            assert!(
                verified.damage.iter().any(|known| known.base == damage.base),
                "{case}: {damage} {verified:?}"
            );
        }
        Ok((log, report)) => {
            let (found, error) = read_from(&log, Offset(0));
            assert!(records.starts_with(&found), "{case}: wrong data");
            if let Some(error) = error {
                assert!(
                    matches!(&error, ReadError::Damaged { offset, .. } if offset.0 as usize >= found.len()),
                    "{error:?}"
                );
                assert!(!verified.damage.is_empty(), "{case}: verify finds it too");
            } else if found.len() < records.len() {
                let torn = report
                    .torn
                    .unwrap_or_else(|| panic!("{case}: records gone without a word"));
                assert!(torn.synced_bytes_lost > 0, "{case}: {torn:?}");
                assert_eq!(torn.offset.0 as usize, found.len(), "{case}");
                assert!(verified.torn.is_some(), "{case}");
            }
        }
    }
}

#[test]
fn a_sound_log_verifies_and_opens_without_a_report() {
    let (disk, records) = written(Durability::Fsync);
    assert!(segments(&disk).len() > 3);
    let verified = verify_on(&disk, Extent::FirstOfEach, |_| {}).unwrap();
    assert_eq!(
        (verified.progress.records, verified.progress.bytes),
        (60, verified.progress.bytes_total)
    );
    assert_eq!(
        (verified.damage, verified.torn, verified.indexes_bad),
        (vec![], None, vec![])
    );
    let (log, report) = open(&disk, Durability::Fsync).unwrap();
    assert_eq!(
        (report.torn, report.indexes_rebuilt, report.tail),
        (None, 0, Offset(60))
    );
    assert_eq!(read_all(&log), records);
}

#[test]
fn no_flipped_bit_anywhere_gives_wrong_data() {
    let (disk, records) = written(Durability::Fsync);
    for name in disk.names() {
        let whole = disk.bytes(&name);
        for bit in 0..whole.len() * 8 {
            let damaged = disk.copy();
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            damaged.put(&name, bytes);
            check_never_wrong(&damaged, &records, &format!("{name} bit {bit}"));
        }
    }
}

#[test]
fn no_cut_of_any_file_gives_wrong_data() {
    let (disk, records) = written(Durability::Fsync);
    for name in disk.names() {
        let whole = disk.bytes(&name);
        for cut in 0..whole.len() {
            let damaged = disk.copy();
            damaged.put(&name, whole[..cut].to_vec());
            check_never_wrong(&damaged, &records, &format!("{name} cut at {cut}"));
        }
    }
}

#[test]
fn a_cut_last_segment_opens_with_what_is_whole_and_keeps_the_rest_aside() {
    let (disk, records) = written(Durability::Fsync);
    let last = segments(&disk).pop().unwrap();
    let whole = disk.bytes(&last);
    disk.put(&last, whole[..whole.len() - 3].to_vec());
    let (log, report) = open(&disk, Durability::Fsync).unwrap();
    let torn = report.torn.unwrap();
    assert_eq!(read_all(&log), records[..59]);
    assert_eq!((&torn.segment, torn.offset), (&last, Offset(59)));
    assert_eq!(
        disk.bytes(&torn.kept_in.unwrap()),
        whole[torn.position as usize..whole.len() - 3]
    );
    assert_eq!(append(&log, &texts(59, 1)).unwrap(), 59);
}

#[test]
fn garbage_after_the_last_record_is_cut_off_and_nothing_is_lost() {
    for garbage in [&[0; 100][..], b"\x05\0\0\0garbage", b"x", &[0xff; 9]] {
        let (disk, records) = written(Durability::Fsync);
        let last = segments(&disk).pop().unwrap();
        disk.put(&last, [&disk.bytes(&last), garbage].concat());
        let (log, report) = open(&disk, Durability::Fsync).unwrap();
        let torn = report.torn.unwrap();
        assert_eq!((torn.bytes, torn.synced_bytes_lost), (garbage.len() as u64, 0));
        assert_eq!(read_all(&log), records);
    }
}

#[test]
fn damage_in_the_last_segment_before_its_end_refuses_and_says_where() {
    let disk = Disk::new(0);
    let (log, _) = open(&disk, Durability::Fsync).unwrap();
    append(&log, &["first", "second", "third"].map(str::to_owned)).unwrap();
    drop(log);
    let name = "00000000000000000000.log";
    let mut bytes = disk.bytes(name);
    bytes[32 + 8 + 5 + 8] ^= 1; // the first byte of "second"
    disk.put(name, bytes.clone());
    let error = open(&disk, Durability::Fsync).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "the log in the test disk is damaged");
    assert_eq!(
        damage_of(error).to_string(),
        "segment 00000000000000000000.log at byte 45 (offset 1): the checksum of a record does not match"
    );
    assert_eq!(disk.bytes(name), bytes, "nothing was changed");
}

#[test]
fn a_damaged_length_is_damage_when_records_follow() {
    let disk = Disk::new(0);
    let (log, _) = open(&disk, Durability::Fsync).unwrap();
    append(&log, &texts(0, 3)).unwrap();
    drop(log);
    for byte in 0..4 {
        let damaged = disk.copy();
        let mut bytes = disk.bytes("00000000000000000000.log");
        bytes[32 + byte] ^= 0x80;
        damaged.put("00000000000000000000.log", bytes);
        let damage = damage_of(open(&damaged, Durability::Fsync).map(|_| ()).unwrap_err());
        assert_eq!((damage.position, damage.offset), (32, Offset(0)), "byte {byte}");
    }
}

#[test]
fn a_flipped_last_record_is_taken_for_torn_and_reported_as_synced() {
    let (disk, records) = written(Durability::Fsync);
    let last = segments(&disk).pop().unwrap();
    let mut bytes = disk.bytes(&last);
    *bytes.last_mut().unwrap() ^= 1;
    disk.put(&last, bytes);
    // A copy would lack what was acknowledged.
    let refused = damage_of(Snapshot::take_on(&disk).map(|_| ()).unwrap_err());
    assert_eq!(refused.offset, Offset(59));
    let (log, report) = open(&disk, Durability::Fsync).unwrap();
    assert!(report.torn.unwrap().synced_bytes_lost > 0);
    assert_eq!(read_all(&log), records[..59]);
}

#[test]
fn a_missing_segment_refuses_wherever_it_was() {
    let (disk, _) = written(Durability::Fsync);
    let names = segments(&disk);
    for (at, name) in names.iter().enumerate().skip(1) {
        let damaged = disk.copy();
        crate::storage::Storage::remove(&damaged, name).unwrap();
        let damage = damage_of(open(&damaged, Durability::Fsync).map(|_| ()).unwrap_err());
        match damage.kind {
            DamageKind::Gap { .. } => assert_eq!(damage.segment(), names[at - 1]),
            DamageKind::Missing => assert_eq!((&damage.segment(), at), (name, names.len() - 1)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn oldest_segments_may_be_taken_away() {
    let (disk, records) = written(Durability::Fsync);
    let names = segments(&disk);
    crate::storage::Storage::remove(&disk, &names[0]).unwrap();
    let (log, report) = open(&disk, Durability::Fsync).unwrap();
    assert!(report.start > Offset(0));
    assert_eq!(read_all(&log), records[report.start.0 as usize..]);
    let below = log.read(P0, Offset(0), ReadLimit::default());
    assert!(matches!(below, Err(ReadError::OutOfRange { start, .. }) if start == report.start));
}

#[test]
fn a_missing_index_is_rebuilt_as_it_was() {
    let (disk, records) = written(Durability::Fsync);
    let names: Vec<String> = disk
        .names()
        .into_iter()
        .filter(|name| name.ends_with(".index"))
        .collect();
    for name in &names {
        let damaged = disk.copy();
        crate::storage::Storage::remove(&damaged, name).unwrap();
        assert_eq!(
            &verify_on(&damaged, Extent::FirstOfEach, |_| {}).unwrap().indexes_bad,
            std::slice::from_ref(name)
        );
        let (log, report) = open(&damaged, Durability::Fsync).unwrap();
        assert_eq!(report.indexes_rebuilt, 1);
        assert_eq!(damaged.bytes(name), disk.bytes(name));
        assert_eq!(read_all(&log), records);
    }
}

#[test]
fn without_a_mark_the_log_opens_and_damage_still_refuses() {
    let (disk, records) = written(Durability::Os);
    crate::storage::Storage::remove(&disk, "synced.mark").unwrap();
    let (log, report) = open(&disk.copy(), Durability::Os).unwrap();
    assert_eq!((report.torn, read_all(&log)), (None, records));
    let last = segments(&disk).pop().unwrap();
    let mut bytes = disk.bytes(&last);
    bytes[40] ^= 1;
    disk.put(&last, bytes);
    assert_eq!(
        damage_of(open(&disk, Durability::Os).map(|_| ()).unwrap_err()).position,
        32
    );
}
