//! How fast are views made of a log? The same log into an empty store on disk, in bulk and batch by batch: what a rebuild does, and a
//! first start over a log that is there. Fixed data: conversations of so many events, all under way at once as in traffic. Every way
//! must give the same views.

#![allow(clippy::unwrap_used)] // fixed data

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_codec::RawParts;
use origem_domain::position::Partition;
use origem_log::{EventLog, MemoryLog};
use origem_measure::Bench;
use origem_projector::{BulkSettings, Folding, Options, Progress, Signals, spawn};
use origem_store_sled::SledStore;
use origem_testkit::{SECRET, crowd};
use origem_views::meta;
use origem_views::rows::Store;

const PARTITION: Partition = Partition(0);
/// Records of one append while the log is made.
const APPEND: usize = 10_000;

fn log(conversations: usize, events_each: usize) -> Arc<dyn EventLog> {
    let log = MemoryLog::new(1);
    let mut order = crowd::order(conversations, events_each).peekable();
    while order.peek().is_some() {
        let records: Vec<Vec<u8>> = order
            .by_ref()
            .take(APPEND)
            .map(|(person, step)| {
                let event = crowd::event(person, step);
                origem_codec::encode(&event, "bench", event.occurred_at, RawParts::default(), &SECRET)
            })
            .collect();
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        log.append(PARTITION, &records).unwrap();
    }
    Arc::new(log)
}

/// Makes the views of a log in an empty directory; gives how long that took until they are durable, and their fingerprint if it is
/// asked for.
fn made(log: &Arc<dyn EventLog>, directory: &Path, way: Way, ask: bool) -> (Duration, Option<u128>) {
    let store = Arc::new(SledStore::open(directory, &Default::default()).unwrap());
    let options = Options {
        bulk: way.bulk.then(|| BulkSettings {
            records_min: 1,
            ..BulkSettings::default()
        }),
        folding: Folding::in_lanes(way.lanes),
        ..Options::default()
    };
    let began = Instant::now();
    let handle = spawn(log.clone(), store.clone(), PARTITION, options, Signals::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let done = |progress: &Progress| progress.failed || !progress.loading;
    let progress = *runtime.block_on(handle.watch().wait_for(done)).unwrap();
    assert!(!progress.failed);
    store.flush().unwrap();
    let took = began.elapsed();
    handle.stop();
    (took, ask.then(|| meta::fingerprint(&*store).unwrap()))
}

/// How views are made.
#[derive(Clone, Copy)]
struct Way {
    bulk: bool,
    lanes: usize,
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("rebuild");
    let sizes = bench.pick(
        &[(200, 10)][..],
        &[(1_000, 10), (10_000, 10)][..],
        &[
            (1_000, 10),
            (1_000, 100),
            (10_000, 1),
            (10_000, 10),
            (10_000, 100),
            (100_000, 1),
            (100_000, 10),
        ][..],
    );
    for &(conversations, events_each) in sizes {
        let log = log(conversations, events_each);
        let events = (conversations * events_each) as u64;
        let mut fingerprints = Vec::new();
        for (bulk, lanes) in [(true, 1), (true, 2), (false, 2)] {
            // Batch by batch takes minutes where there is much to make: one size shows how far apart they are.
            if !bulk && events > 100_000 {
                continue;
            }
            let way = Way { bulk, lanes };
            let conditions: [(&str, &dyn std::fmt::Display); 4] = [
                ("conversations", &conversations),
                ("events_each", &events_each),
                ("way", if bulk { &"bulk" } else { &"batches" }),
                ("lanes", &lanes),
            ];
            let mut ask = true;
            bench.figure("views", &conditions).rate("events", events, |times| {
                (0..times)
                    .map(|_| {
                        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
                        // Once is enough, and not in what is timed.
                        let (took, fingerprint) = made(&log, directory.path(), way, std::mem::take(&mut ask));
                        fingerprints.extend(fingerprint);
                        took
                    })
                    .sum::<Duration>()
            });
        }
        assert!(fingerprints.iter().all(|fingerprint| *fingerprint == fingerprints[0]));
    }
    bench.end()
}
