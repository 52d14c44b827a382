//! How fast are views made of a log? The same log into an empty store on disk, in bulk and batch by batch: what a rebuild does, and a
//! first start over a log that is there. Fixed data: conversations of ten events, all under way at once as in traffic; four messages
//! of the customer (the first through an ad), three of ours, three reports. Both must give the same views.

#![allow(clippy::unwrap_used)] // fixed data

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use origem_codec::RawParts;
use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{DeliveryState, Event, Referral, Via};
use origem_domain::position::Partition;
use origem_domain::time::Timestamp;
use origem_log::{EventLog, MemoryLog};
use origem_projector::{BulkSettings, Options, Progress, Signals, spawn};
use origem_store_sled::SledStore;
use origem_testkit::{SECRET, build};
use origem_views::meta;
use origem_views::rows::Store;

const EVENTS: usize = 10;
const PARTITION: Partition = Partition(0);

fn event(person: usize, step: usize) -> Event {
    let (number, time) = (
        format!("5511{:09}", 980_000_000 + person),
        format!("2026-09-26T10:{step:02}:00Z"),
    );
    let id = |step: usize| format!("wamid.HBgNNTUxMTk1NTU1MDEwMRUCABIYIDNB{person:06}{step:02}");
    let ad = || Referral {
        source_type: Some("ad".to_owned()),
        source_id: Some("120200000000000001".to_owned()),
        ctwa_clid: Some(format!("ARAkLkA8rmlFeiCktEJQ{person}")),
        ..Referral::default()
    };
    let mut event = match step {
        0 => build::received_by_ad(&number, &time, &id(step), "Olá! Quero saber mais", ad()),
        1 | 4 | 7 => build::sent(
            &number,
            &time,
            &id(step),
            "Bom dia! Para qual endereço seria?",
            Via::Web,
        ),
        2 | 5 | 8 => build::status(&number, &time, &id(step - 1), DeliveryState::Delivered),
        _ => build::received(&number, &time, &id(step), "Quanto fica o frete?"),
    };
    if let Some(contact) = &mut event.contact {
        contact
            .aliases
            .insert(0, Alias::new(AliasKind::Bsuid, &format!("BR.1000000{person:09}")));
        contact.name = Some("Rita Teste".to_owned());
    }
    event
}

/// All first events, then all second ones, ...
fn log(conversations: usize) -> Arc<dyn EventLog> {
    let log = MemoryLog::new(1);
    for step in 0..EVENTS {
        let records: Vec<Vec<u8>> = (0..conversations)
            .map(|person| {
                let event = event(person, step);
                let at: Timestamp = event.occurred_at;
                origem_codec::encode(&event, "bench", at, RawParts::default(), &SECRET)
            })
            .collect();
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        log.append(PARTITION, &records).unwrap();
    }
    Arc::new(log)
}

/// Makes the views of a log in an empty directory; gives how long that took until they are durable, and their fingerprint if it is
/// asked for.
fn made(log: &Arc<dyn EventLog>, directory: &Path, bulk: Option<BulkSettings>, ask: bool) -> (Duration, Option<u128>) {
    let store = Arc::new(SledStore::open(directory, &Default::default()).unwrap());
    let options = Options {
        bulk,
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

fn rebuild(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rebuild");
    group.sample_size(10);
    for conversations in [10_000, 100_000] {
        let log = log(conversations);
        let ways = [("bulk", Some(BulkSettings::default())), ("batches", None)];
        let fingerprints = ways.map(|(_, bulk)| made(&log, tempfile::tempdir().unwrap().path(), bulk, true).1);
        assert_eq!(fingerprints[0], fingerprints[1]);
        group.throughput(Throughput::Elements((conversations * EVENTS) as u64));
        for (name, bulk) in ways {
            group.bench_function(BenchmarkId::new(name, conversations), |bencher| {
                bencher.iter_custom(|times| {
                    let once = |_| made(&log, tempfile::tempdir().unwrap().path(), bulk, false).0;
                    (0..times).map(once).sum()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, rebuild);
criterion_main!(benches);
