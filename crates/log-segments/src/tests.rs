//! Tests of the whole log, on real files and on the faulty disk.

mod crashes;
mod damage;
mod files;
mod model;
mod room;
mod trimming;

use std::sync::Arc;

use origem_domain::position::{Offset, Partition};
use origem_log::{AppendError, EventLog, ReadError, ReadLimit};

use crate::storage::faulty::Disk;
use crate::{Durability, OpenError, Options, Recovery, SegmentLog};

const P0: Partition = Partition(0);

/// Segments of a few records.
fn small(durability: Durability) -> Options {
    Options {
        durability,
        segment_bytes_max: 400,
        record_bytes_max: 4_000,
        batch_bytes_max: 8_000,
        reserve_bytes: 0,
        verify_on_open: false,
    }
}

fn open(disk: &Disk, durability: Durability) -> Result<(SegmentLog, Recovery), OpenError> {
    SegmentLog::open_on(Arc::new(disk.clone()), &small(durability))
}

fn append(log: &dyn EventLog, records: &[String]) -> Result<u64, AppendError> {
    let records: Vec<&[u8]> = records.iter().map(String::as_bytes).collect();
    log.append(P0, &records).map(|range| range.start.0)
}

/// Every record that can be read from `from` on, and the error that ended it.
fn read_from(log: &dyn EventLog, from: Offset) -> (Vec<String>, Option<ReadError>) {
    let (mut texts, mut next) = (Vec::new(), from);
    loop {
        match log.read(
            P0,
            next,
            ReadLimit {
                bytes_max: 150,
                records_max: 7,
            },
        ) {
            Ok(batch) if batch.is_empty() => return (texts, None),
            Ok(batch) => {
                texts.extend(
                    batch
                        .iter()
                        .map(|(_, record)| String::from_utf8_lossy(record).into_owned()),
                );
                next = batch.next();
            }
            Err(error) => return (texts, Some(error)),
        }
    }
}

fn read_all(log: &dyn EventLog) -> Vec<String> {
    let (texts, error) = read_from(log, log.start(P0).unwrap());
    assert!(error.is_none(), "{error:?}");
    texts
}

/// Numbered records of different sizes, some of them empty but for the number.
fn texts(from: usize, count: usize) -> Vec<String> {
    (from..from + count)
        .map(|i| format!("{i}:{}", "x".repeat(i * 13 % 50)))
        .collect()
}
