//! What does it cost to put records in the embedded log, and to read them back? A grid of record size, records a batch,
//! durability and appenders; beside it the floor, one write and one `fdatasync` on a file of the same disk.
//!
//! Compare with the floor of the same run: what a sync costs is the disk's and its neighbours' affair.

#![allow(clippy::expect_used)]

use std::fmt::Display;
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::thread;
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use origem_log::{EventLog, ReadLimit};
use origem_log_segments::{Durability, Options, SegmentLog};
use origem_measure::{Bench, Figure};

const P0: Partition = Partition(0);
/// A usual event without its raw bytes, and with them.
const RECORD_BYTES: [usize; 2] = [300, 1_000];

/// The log in a directory under `target`: a temporary directory is often in memory, where a sync costs nothing.
fn log(durability: Durability) -> (SegmentLog, tempfile::TempDir) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let options = Options {
        durability,
        ..Options::default()
    };
    let (log, _) = SegmentLog::open(directory.path(), &options).expect("a new log");
    (log, directory)
}

/// `appenders` threads append `batches` batches each; how long it took, and everything is there.
fn append(log: &SegmentLog, batch: &[&[u8]], batches: u64, appenders: u64) -> Duration {
    let before = log.tail(P0).expect("a tail");
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..appenders {
            scope.spawn(|| {
                for _ in 0..batches {
                    log.append(P0, batch).expect("room");
                }
            });
        }
    });
    let took = start.elapsed();
    let appended = batches * appenders * batch.len() as u64;
    assert_eq!(log.tail(P0).expect("a tail"), before.plus(appended));
    took
}

/// One write of so many records, and one sync: records a second, if nobody shared it.
fn floor(bench: &mut Bench, bytes: usize, records: u64) -> Option<Figure> {
    let buffer = vec![7_u8; (bytes + 8) * records as usize];
    let file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).expect("a file");
    let mut position = 0;
    let conditions: [(&str, &dyn Display); 2] = [("bytes", &bytes), ("batch", &records)];
    bench
        .figure("one_write_and_sync", &conditions)
        .rate("records", records, |times| {
            let began = Instant::now();
            for _ in 0..times {
                file.write_all_at(&buffer, position).expect("room");
                file.sync_data().expect("a working disk");
                position += buffer.len() as u64;
            }
            began.elapsed()
        })
}

fn appending(bench: &mut Bench) {
    let batches = bench.pick(&[1][..], &[1, 1_000][..], &[1, 10, 1_000][..]);
    for bytes in RECORD_BYTES {
        let record = vec![7_u8; bytes];
        for &records in batches {
            let floor = floor(bench, bytes, records);
            let batch = vec![&record[..]; records as usize];
            for (name, durability) in [("fsync", Durability::Fsync), ("os", Durability::Os)] {
                for appenders in [1, 8] {
                    let (log, _directory) = log(durability);
                    let conditions: [(&str, &dyn Display); 4] = [
                        ("bytes", &bytes),
                        ("batch", &records),
                        ("durability", &name),
                        ("appenders", &appenders),
                    ];
                    // Without a sync there is nothing of the floor in it.
                    let beside = floor.as_ref().filter(|_| durability == Durability::Fsync);
                    bench
                        .figure("records", &conditions)
                        .beside(beside)
                        .rate("records", records * appenders, |times| {
                            append(&log, &batch, times, appenders)
                        });
                }
            }
        }
    }
}

fn scanning(bench: &mut Bench) {
    let records = bench.pick(1_000, 100_000, 1_000_000);
    for bytes in RECORD_BYTES {
        let (log, _directory) = log(Durability::Os);
        let record = vec![7_u8; bytes];
        append(&log, &vec![&record[..]; 1_000], records / 1_000, 1);
        bench
            .figure("scan", &[("bytes", &bytes)])
            .rate("records", records, |times| {
                let began = Instant::now();
                for _ in 0..times {
                    assert_eq!(scan(&log), records);
                }
                began.elapsed()
            });
    }
}

fn scan(log: &SegmentLog) -> u64 {
    let (mut next, mut count) = (Offset(0), 0);
    loop {
        let batch = log.read(P0, next, ReadLimit::default()).expect("a sound log");
        if batch.is_empty() {
            return count;
        }
        count += black_box(batch.iter()).len() as u64;
        next = batch.next();
    }
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("append");
    appending(&mut bench);
    scanning(&mut bench);
    bench.end()
}
