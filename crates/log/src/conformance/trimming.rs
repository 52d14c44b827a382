//! Letting go of the oldest records, where the log is what keeps them.

use origem_domain::position::{Offset, Partition};

use super::{Case, P0, Subject, append, read_all, refuse, tail};
use crate::{EventLog, Piece, ReadError, ReadLimit, TrimError};

pub(super) const CASES: &[Case] = &[
    ("pieces lie end to end from start to tail", pieces_lie_end_to_end),
    (
        "what is trimmed is gone for ever, the rest stays where it was",
        what_is_trimmed_is_gone_for_ever,
    ),
    ("nobody trims what is being written", nobody_trims_what_is_being_written),
];

fn start(log: &dyn EventLog) -> Offset {
    log.start(P0).unwrap_or_else(|error| refuse(&error))
}

fn pieces(log: &dyn EventLog) -> Vec<Piece> {
    log.pieces(P0).unwrap_or_else(|error| refuse(&error))
}

/// The first offset that is left; `None` where others decide what is kept.
fn trim(log: &dyn EventLog, before: Offset) -> Option<Offset> {
    match log.trim(P0, before) {
        Ok(start) => Some(start),
        Err(TrimError::Elsewhere) => None,
        Err(error) => refuse(&error),
    }
}

fn pieces_lie_end_to_end(subject: &mut dyn Subject) {
    let log = subject.log();
    for number in 0..50 {
        append(&*log, &[&format!("record number {number}")]);
    }
    let pieces = pieces(&*log);
    if let (Some(first), Some(last)) = (pieces.first(), pieces.last()) {
        assert_eq!((first.base, last.next), (start(&*log), Offset(tail(&*log))));
        assert!(pieces.windows(2).all(|two| two[0].next == two[1].base), "{pieces:?}");
    }
}

fn what_is_trimmed_is_gone_for_ever(subject: &mut dyn Subject) {
    let texts: Vec<String> = (0..60).map(|number| format!("record number {number}")).collect();
    for batch in texts.chunks(4) {
        append(&*subject.log(), &batch.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let mut left = Offset(0);
    for before in [0, 1, 30, 29, 59] {
        let Some(first) = trim(&*subject.log(), Offset(before)) else {
            return;
        };
        assert!(
            first >= left && first.0 <= before.max(left.0),
            "{first} after {left}, before {before}"
        );
        left = first;
        let check = |log: &dyn EventLog| {
            assert_eq!((start(log), tail(log)), (left, 60));
            assert_eq!(read_all(log, left.0, ReadLimit::default()), texts[left.0 as usize..]);
            if let Some(below) = left.0.checked_sub(1) {
                let read = log.read(P0, Offset(below), ReadLimit::default());
                assert!(matches!(read, Err(ReadError::OutOfRange { start, .. }) if start == left));
            }
        };
        check(&*subject.log());
        subject.reopen();
        check(&*subject.log());
    }
    assert_eq!(append(&*subject.log(), &["more"]), 60..61);
}

fn nobody_trims_what_is_being_written(subject: &mut dyn Subject) {
    let log = subject.log();
    append(&*log, &["a", "b", "c"]);
    if let Some(first) = trim(&*log, Offset(1_000)) {
        assert!(first <= Offset(3));
        assert_eq!(append(&*log, &["d"]), 3..4);
        assert!(matches!(
            log.trim(Partition(log.partitions()), Offset(0)),
            Err(TrimError::NoPartition { .. })
        ));
    }
}
