//! What every log must do, as one suite: memory, segments and a broker run the same cases.
//!
//! Each case starts from an empty log that the adapter's [`Subject`] gives, and names itself when it fails.

mod appending;
mod reading;
mod reopening;
mod trimming;

use std::ops::Range;
use std::sync::Arc;

use origem_domain::position::{Offset, Partition};

use crate::{EventLog, ReadLimit};

/// One log under test.
pub trait Subject {
    /// The open log.
    fn log(&self) -> Arc<dyn EventLog>;

    /// Closes the log and opens it again, as a restart does. Nobody else holds the log at this moment.
    fn reopen(&mut self);
}

type Case = (&'static str, fn(&mut dyn Subject));

/// Runs every case, each on a fresh subject with an empty log whose offsets are dense.
///
/// # Panics
/// When the log does not conform; the case is printed first.
#[allow(clippy::print_stderr)]
pub fn check<S: Subject>(mut fresh: impl FnMut() -> S) {
    let cases = [appending::CASES, reading::CASES, reopening::CASES, trimming::CASES].concat();
    for (name, run) in cases {
        eprintln!("conformance: {name}");
        run(&mut fresh());
    }
}

const P0: Partition = Partition(0);

/// Appends texts as one batch.
fn append(log: &dyn EventLog, records: &[&str]) -> Range<u64> {
    let records: Vec<&[u8]> = records.iter().map(|text| text.as_bytes()).collect();
    match log.append(P0, &records) {
        Ok(range) => range.start.0..range.end.0,
        Err(error) => refuse(&error),
    }
}

/// Everything from `from` to the tail, read in batches of `limit`; the offsets must be dense.
fn read_all(log: &dyn EventLog, from: u64, limit: ReadLimit) -> Vec<String> {
    let mut texts = Vec::new();
    let mut next = Offset(from);
    loop {
        let batch = match log.read(P0, next, limit) {
            Ok(batch) => batch,
            Err(error) => refuse(&error),
        };
        if batch.is_empty() {
            assert_eq!(batch.next(), next, "an empty batch ends where it was read");
            return texts;
        }
        for (offset, record) in batch.iter() {
            assert_eq!(offset, next, "offsets are dense and in order");
            next = offset.plus(1);
            texts.push(String::from_utf8_lossy(record).into_owned());
        }
        assert_eq!(batch.next(), next, "a batch says where to go on");
    }
}

fn tail(log: &dyn EventLog) -> u64 {
    match log.tail(P0) {
        Ok(tail) => tail.0,
        Err(error) => refuse(&error),
    }
}

#[allow(clippy::panic)]
fn refuse(error: &dyn std::error::Error) -> ! {
    panic!("the log failed: {error}: {:?}", error.source())
}
