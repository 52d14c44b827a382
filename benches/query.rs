//! How fast are the questions an inbox asks? In process, on sled, over the views of a simulated business; fixed seed.

#![allow(clippy::unwrap_used)] // fixed data

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use origem_domain::key::ConversationId;
use origem_domain::touch::OriginKind;
use origem_engine::query::{Filter, ThreadQuery};
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log::MemoryLog;
use origem_store_sled::SledStore;

const EVENTS: u64 = 200_000;

fn engine(directory: &std::path::Path) -> Arc<Engine> {
    let store = SledStore::open(directory, &Default::default()).unwrap();
    let secret = origem_testkit::SECRET;
    let engine = Engine::start(Arc::new(MemoryLog::new(1)), Arc::new(store), secret, Options::default()).unwrap();
    let engine = Arc::new(engine);
    let simulation = origem_sim::Simulation::new(origem_sim::Options {
        seed: 7,
        events: EVENTS,
        ..Default::default()
    });
    let deliveries: Vec<_> = simulation.collect();
    for chunk in deliveries.chunks(4096) {
        let delivery = |delivery: &origem_sim::Delivery| (delivery.body.clone(), delivery.at);
        let bodies: Vec<_> = chunk.iter().map(delivery).collect();
        let of = |(body, at)| Delivery {
            source: Source::Meta,
            body,
            received_at: at,
            account: "default",
        };
        let prepared = engine.prepare(bodies.iter().map(|(body, at)| of((body.as_slice(), *at))));
        prepared.append(engine.log()).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(engine.wait(&engine.status().unwrap().last(), Duration::from_secs(600)))
        .unwrap();
    engine
}

fn questions(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(&directory.path().join("views"));
    let all = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    let ids: Vec<ConversationId> = engine
        .conversations(&all, None, 500)
        .unwrap()
        .items
        .into_iter()
        .map(|item| item.id)
        .collect();
    assert_eq!(ids.len(), 500);
    let longest = ids
        .iter()
        .copied()
        .max_by_key(|id| engine.timeline(*id).unwrap().len())
        .unwrap();
    let mut turn = (0..ids.len()).cycle();
    let mut group = criterion.benchmark_group("query");
    group.bench_function("one conversation", |b| {
        b.iter(|| black_box(engine.conversation(ids[turn.next().unwrap()]).unwrap()));
    });
    group.bench_function("timeline", |b| {
        b.iter(|| black_box(engine.timeline(ids[turn.next().unwrap()]).unwrap()));
    });
    group.bench_function("longest timeline of 500", |b| {
        b.iter(|| black_box(engine.timeline(longest).unwrap()))
    });
    let page = ThreadQuery {
        search: None,
        skip: 0,
        limit: 50,
    };
    group.bench_function("thread", |b| {
        b.iter(|| black_box(engine.thread(ids[turn.next().unwrap()], &page).unwrap()));
    });
    group.bench_function("page of 50", |b| {
        b.iter(|| black_box(engine.conversations(&all, None, 50).unwrap()))
    });
    let ads = Filter {
        origin: Some(OriginKind::Ad),
        ..all.clone()
    };
    group.bench_function("page of 50 from ads", |b| {
        b.iter(|| black_box(engine.conversations(&ads, None, 50).unwrap()))
    });
    let named = Filter {
        search: Some("mar sil".to_owned()),
        ..all.clone()
    };
    group.bench_function("page of 50 by name", |b| {
        b.iter(|| black_box(engine.conversations(&named, None, 50).unwrap()))
    });
    group.finish();
    engine.stop().unwrap();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = questions
}
criterion_main!(benches);
