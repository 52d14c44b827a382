//! Reopening: an acknowledged record outlives the handle that wrote it.

use super::{Case, Subject, append, read_all, tail};
use crate::ReadLimit;

pub(super) const CASES: &[Case] = &[
    ("an empty log reopens empty", an_empty_log_reopens_empty),
    (
        "reopening keeps every record and goes on at the tail",
        reopening_keeps_every_record,
    ),
];

fn an_empty_log_reopens_empty(subject: &mut dyn Subject) {
    subject.reopen();
    assert_eq!(tail(&*subject.log()), 0);
    assert_eq!(append(&*subject.log(), &["a"]), 0..1);
}

fn reopening_keeps_every_record(subject: &mut dyn Subject) {
    let mut expected: Vec<String> = Vec::new();
    for round in 0..5 {
        let texts: Vec<String> = (0..40).map(|i| format!("{round}.{i}")).collect();
        for batch in texts.chunks(3) {
            append(&*subject.log(), &batch.iter().map(String::as_str).collect::<Vec<_>>());
        }
        expected.extend(texts);
        subject.reopen();
        assert_eq!(tail(&*subject.log()), expected.len() as u64);
        assert_eq!(read_all(&*subject.log(), 0, ReadLimit::default()), expected);
    }
}
