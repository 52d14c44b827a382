//! Reading: limits, ranges, waiting for the tail.

use std::thread;
use std::time::Duration;

use origem_domain::position::Offset;

use super::{Case, P0, Subject, append, read_all, tail};
use crate::{EventLog, ReadError, ReadLimit};

pub(super) const CASES: &[Case] = &[
    ("reading starts at any offset", reading_starts_at_any_offset),
    (
        "a read keeps to its limits but gives at least one record",
        a_read_keeps_to_its_limits,
    ),
    ("every limit gives the same records", every_limit_gives_the_same_records),
    (
        "a read beyond the tail is out of range",
        a_read_beyond_the_tail_is_out_of_range,
    ),
    (
        "wait returns at once what is there and gives up in time",
        wait_returns_at_once_or_gives_up,
    ),
    (
        "wait wakes when the record is there",
        wait_wakes_when_the_record_is_there,
    ),
    ("a reader sees a prefix while others append", a_reader_sees_a_prefix),
];

const LETTERS: [&str; 6] = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff"];

fn reading_starts_at_any_offset(subject: &mut dyn Subject) {
    let log = subject.log();
    append(&*log, &LETTERS);
    for from in 0..=LETTERS.len() {
        assert_eq!(read_all(&*log, from as u64, ReadLimit::default()), LETTERS[from..]);
    }
}

fn a_read_keeps_to_its_limits(subject: &mut dyn Subject) {
    let log = subject.log();
    append(&*log, &LETTERS);
    let count = |from, bytes_max, records_max| {
        log.read(P0, Offset(from), ReadLimit { bytes_max, records_max })
            .map_or(usize::MAX, |batch| batch.len())
    };
    assert_eq!(count(0, usize::MAX, 2), 2);
    assert_eq!(count(0, usize::MAX, 0), 1);
    assert_eq!(count(0, 0, usize::MAX), 1);
    assert_eq!(count(5, 3, usize::MAX), 1, "the first record comes however large it is");
    for bytes_max in 1..30 {
        let Ok(batch) = log.read(
            P0,
            Offset(0),
            ReadLimit {
                bytes_max,
                records_max: usize::MAX,
            },
        ) else {
            super::refuse(&std::fmt::Error)
        };
        assert!(!batch.is_empty() && batch.record_bytes() <= bytes_max.max(1));
    }
}

fn every_limit_gives_the_same_records(subject: &mut dyn Subject) {
    let log = subject.log();
    let texts: Vec<String> = (0..500).map(|i| "z".repeat(i * 7 % 90)).collect();
    for batch in texts.chunks(7) {
        append(&*log, &batch.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for (bytes_max, records_max) in [(1, 1), (10, 3), (100, 1_000), (4_096, 17), (1 << 20, usize::MAX)] {
        assert_eq!(
            read_all(&*log, 0, ReadLimit { bytes_max, records_max }),
            texts,
            "{bytes_max} {records_max}"
        );
    }
}

fn a_read_beyond_the_tail_is_out_of_range(subject: &mut dyn Subject) {
    let log = subject.log();
    append(&*log, &["a", "b"]);
    let read = |from| log.read(P0, Offset(from), ReadLimit::default());
    assert!(matches!(read(2), Ok(batch) if batch.is_empty() && batch.next() == Offset(2)));
    assert!(matches!(
        read(3),
        Err(ReadError::OutOfRange {
            from: Offset(3),
            start: Offset(0),
            tail: Offset(2)
        })
    ));
}

fn wait_returns_at_once_or_gives_up(subject: &mut dyn Subject) {
    let log = subject.log();
    append(&*log, &["a", "b"]);
    let long = Duration::from_secs(60);
    assert!(matches!(log.wait(P0, Offset(0), long), Ok(Offset(2))));
    assert!(matches!(log.wait(P0, Offset(1), long), Ok(Offset(2))));
    assert!(matches!(
        log.wait(P0, Offset(2), Duration::from_millis(5)),
        Ok(Offset(2))
    ));
    assert!(matches!(log.wait(P0, Offset(9), Duration::ZERO), Ok(Offset(2))));
}

fn wait_wakes_when_the_record_is_there(subject: &mut dyn Subject) {
    let log = subject.log();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| log.wait(P0, Offset(2), Duration::from_secs(60)));
        for text in ["a", "b", "c"] {
            append(&*log, &[text]);
        }
        assert!(matches!(waiter.join(), Ok(Ok(Offset(3)))));
    });
}

fn a_reader_sees_a_prefix(subject: &mut dyn Subject) {
    const RECORDS: usize = 300;
    let log = subject.log();
    let expected: Vec<String> = (0..RECORDS).map(|i| format!("record {i}")).collect();
    thread::scope(|scope| {
        let reader = scope.spawn(|| follow(&*log, RECORDS));
        for pair in expected.chunks(3) {
            append(&*log, &pair.iter().map(String::as_str).collect::<Vec<_>>());
        }
        assert!(matches!(reader.join(), Ok(seen) if seen == expected));
    });
    assert_eq!(tail(&*log), RECORDS as u64);
}

/// Tails the log from 0 as a projector does, until `count` records have come.
fn follow(log: &dyn EventLog, count: usize) -> Vec<String> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let next = seen.len() as u64;
        assert!(matches!(log.wait(P0, Offset(next), Duration::from_secs(60)), Ok(tail) if tail.0 > next));
        seen.extend(read_all(
            log,
            next,
            ReadLimit {
                bytes_max: 64,
                records_max: 5,
            },
        ));
    }
    seen
}
