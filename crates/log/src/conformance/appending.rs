//! Appending: offsets, order, batches, callers at the same time.

use std::collections::BTreeMap;
use std::thread;

use origem_domain::position::{Offset, Partition};

use super::{Case, P0, Subject, append, read_all, tail};
use crate::{AppendError, ReadLimit};

pub(super) const CASES: &[Case] = &[
    ("a new log is empty", a_new_log_is_empty),
    (
        "offsets are dense from 0 and records keep their order",
        offsets_are_dense,
    ),
    ("an empty batch takes no offsets", an_empty_batch_takes_no_offsets),
    ("an empty record is a record", an_empty_record_is_a_record),
    ("a large record comes back whole", a_large_record_comes_back_whole),
    (
        "batches of concurrent callers are contiguous and in each caller's order",
        concurrent_batches_are_contiguous,
    ),
    ("an unknown partition is refused", an_unknown_partition_is_refused),
];

fn a_new_log_is_empty(subject: &mut dyn Subject) {
    let log = subject.log();
    assert_eq!(tail(&*log), 0);
    assert!(matches!(log.start(P0), Ok(Offset(0))));
    assert_eq!(read_all(&*log, 0, ReadLimit::default()), [""; 0]);
}

fn offsets_are_dense(subject: &mut dyn Subject) {
    let log = subject.log();
    assert_eq!(append(&*log, &["a"]), 0..1);
    assert_eq!(append(&*log, &["b", "c", "d"]), 1..4);
    assert_eq!(append(&*log, &["e"]), 4..5);
    assert_eq!(tail(&*log), 5);
    assert_eq!(read_all(&*log, 0, ReadLimit::default()), ["a", "b", "c", "d", "e"]);
}

fn an_empty_batch_takes_no_offsets(subject: &mut dyn Subject) {
    let log = subject.log();
    assert_eq!(append(&*log, &[]), 0..0);
    assert_eq!(append(&*log, &["a"]), 0..1);
    assert_eq!(append(&*log, &[]), 1..1);
    assert_eq!(read_all(&*log, 0, ReadLimit::default()), ["a"]);
}

fn an_empty_record_is_a_record(subject: &mut dyn Subject) {
    let log = subject.log();
    assert_eq!(append(&*log, &["", "a", ""]), 0..3);
    assert_eq!(read_all(&*log, 0, ReadLimit::default()), ["", "a", ""]);
}

fn a_large_record_comes_back_whole(subject: &mut dyn Subject) {
    let log = subject.log();
    let large = "x".repeat(300_000);
    append(&*log, &["a", &large, "b"]);
    let limit = ReadLimit {
        bytes_max: 1_000,
        records_max: usize::MAX,
    };
    assert_eq!(read_all(&*log, 0, limit), ["a", &large, "b"]);
}

fn concurrent_batches_are_contiguous(subject: &mut dyn Subject) {
    const CALLERS: usize = 8;
    const BATCHES: usize = 20;
    let log = subject.log();
    let mut taken = BTreeMap::new();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let log = &*log;
                scope.spawn(move || {
                    let one = |batch: usize| {
                        let texts: Vec<String> = (0..=batch % 3).map(|i| format!("{caller}.{batch}.{i}")).collect();
                        let range = append(log, &texts.iter().map(String::as_str).collect::<Vec<_>>());
                        assert!(tail(log) >= range.end, "an acknowledged record is below the tail");
                        (range, texts)
                    };
                    (0..BATCHES).map(one).collect::<Vec<_>>()
                })
            })
            .collect();
        for caller in callers {
            let Ok(batches) = caller.join() else {
                super::refuse(&std::fmt::Error)
            };
            assert!(
                batches.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start),
                "a caller's batches stay in order"
            );
            taken.extend(batches.into_iter().map(|(range, texts)| (range.start, texts)));
        }
    });
    let expected: Vec<String> = taken.into_values().flatten().collect();
    assert_eq!(read_all(&*log, 0, ReadLimit::default()), expected);
}

fn an_unknown_partition_is_refused(subject: &mut dyn Subject) {
    let log = subject.log();
    let beyond = Partition(log.partitions());
    assert!(matches!(
        log.append(beyond, &[b"a"]),
        Err(AppendError::NoPartition { .. })
    ));
    assert!(log.tail(beyond).is_err());
    assert!(log.start(beyond).is_err());
    assert!(log.read(beyond, Offset(0), ReadLimit::default()).is_err());
}
