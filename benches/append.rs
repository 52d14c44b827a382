//! What does it cost to put records in the embedded log, and to read them back? A grid of record size, records a batch,
//! durability and appenders; beside it the floor, one write and one `fdatasync` on a file of the same disk.
//!
//! Rates are records per second. Compare with the floor of the same run: what a sync costs is the disk's and its
//! neighbours' affair.

#![allow(clippy::expect_used)]

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use origem_domain::position::{Offset, Partition};
use origem_log::{EventLog, ReadLimit};
use origem_log_segments::{Durability, Options, SegmentLog};

const P0: Partition = Partition(0);
const RECORD_BYTES: [usize; 2] = [300, 1_000];
const BATCH_RECORDS: [usize; 3] = [1, 10, 1_000];
const APPENDERS: [usize; 2] = [1, 8];

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
fn append(log: &SegmentLog, batch: &[&[u8]], batches: u64, appenders: usize) -> Duration {
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
    let appended = batches * appenders as u64 * batch.len() as u64;
    assert_eq!(log.tail(P0).expect("a tail"), before.plus(appended));
    took
}

fn appending(criterion: &mut Criterion) {
    for (name, durability) in [("fsync", Durability::Fsync), ("os", Durability::Os)] {
        let mut group = criterion.benchmark_group(format!("append/{name}"));
        group
            .sample_size(10)
            .measurement_time(Duration::from_secs(1))
            .warm_up_time(Duration::from_millis(200));
        for bytes in RECORD_BYTES {
            let record = vec![7_u8; bytes];
            for records in BATCH_RECORDS {
                let batch = vec![&record[..]; records];
                for appenders in APPENDERS {
                    let (log, _directory) = log(durability);
                    group.throughput(Throughput::Elements((records * appenders) as u64));
                    let id = BenchmarkId::from_parameter(format!("{bytes}B x {records} from {appenders}"));
                    group.bench_function(id, |bencher| {
                        bencher.iter_custom(|iterations| append(&log, &batch, iterations, appenders));
                    });
                }
            }
        }
    }
}

fn floor(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append/floor");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(1))
        .warm_up_time(Duration::from_millis(200));
    for bytes in [308, 308_000] {
        let file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).expect("a file");
        let buffer = vec![7_u8; bytes];
        let mut position = 0;
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(format!("{bytes}B"), |bencher| {
            bencher.iter(|| {
                write_and_sync(&file, &buffer, position);
                position += bytes as u64;
            });
        });
    }
}

fn write_and_sync(file: &File, bytes: &[u8], position: u64) {
    file.write_all_at(bytes, position).expect("room");
    file.sync_data().expect("a working disk");
}

fn scanning(criterion: &mut Criterion) {
    const RECORDS: u64 = 1_000_000;
    let mut group = criterion.benchmark_group("scan");
    group.sample_size(10);
    for bytes in RECORD_BYTES {
        let (log, _directory) = log(Durability::Os);
        let record = vec![7_u8; bytes];
        append(&log, &vec![&record[..]; 1_000], RECORDS / 1_000, 1);
        group.throughput(Throughput::Elements(RECORDS));
        group.bench_function(format!("{bytes}B"), |bencher| {
            bencher.iter(|| assert_eq!(scan(&log), RECORDS))
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

criterion_group!(benches, floor, appending, scanning);
criterion_main!(benches);
