//! How fast are the questions an inbox asks? In process, on sled, over the views of a simulated business; fixed seed.

#![allow(clippy::unwrap_used)] // fixed data

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use origem_domain::key::ConversationId;
use origem_domain::touch::OriginKind;
use origem_domain::zone::Zone;
use origem_engine::query::{Filter, Moment, ThreadQuery};
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log::{EventLog, MemoryLog};
use origem_log_segments::SegmentLog;
use origem_store_sled::SledStore;

const EVENTS: u64 = 200_000;

/// Events of the conversation whose past is asked for; they lie evenly among the others.
const LONG: u64 = 10_000;

fn engine(directory: &std::path::Path, log: Arc<dyn EventLog>, long: u64) -> Arc<Engine> {
    let store = SledStore::open(directory, &Default::default()).unwrap();
    let secret = origem_testkit::SECRET;
    let engine = Engine::start(log, Arc::new(store), secret, Options::default()).unwrap();
    let engine = Arc::new(engine);
    let simulation = origem_sim::Simulation::new(origem_sim::Options {
        seed: 7,
        events: EVENTS,
        ..Default::default()
    });
    let deliveries: Vec<_> = simulation.collect();
    let every = deliveries.len() as u64 / long.max(1) + 1;
    let mut own = (0..long).map(one_of_many);
    for (chunk, numbers) in deliveries.chunks(4096).zip((0..).step_by(4096)) {
        let mut bodies = Vec::new();
        for (delivery, number) in chunk.iter().zip(numbers..) {
            bodies.push((Source::Meta, delivery.body.clone(), delivery.at));
            let turn = if number % every == 0 { own.next() } else { None };
            bodies.extend(turn.map(|body| (Source::Event, body, delivery.at)));
        }
        let prepared = engine.prepare(bodies.iter().map(|(source, body, at)| Delivery {
            source: *source,
            body,
            received_at: *at,
            account: "default",
        }));
        prepared.append(engine.log()).unwrap();
    }
    for body in own {
        let delivery = Delivery {
            source: Source::Event,
            body: &body,
            received_at: origem_testkit::build::at("2026-11-01T00:00:00Z"),
            account: "default",
        };
        engine.prepare([delivery]).append(engine.log()).unwrap();
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

/// An event of the long conversation: the customer writes, the business answers, the answer is read.
fn one_of_many(number: u64) -> Vec<u8> {
    let at = origem_testkit::build::at("2026-01-01T00:00:00Z").plus(number as i64 * 40 * 60_000_000);
    let (kind, more) = match number % 3 {
        0 => (
            "message_received",
            format!(r#""message":{{"id":"m{number}","type":"text","text":"oi"}}"#),
        ),
        1 => (
            "message_sent",
            format!(r#""via":"web","agent":"ana","message":{{"id":"m{number}","type":"text","text":"Bom dia!"}}"#),
        ),
        _ => (
            "message_status",
            format!(r#""status":{{"message_id":"m{}","state":"read"}}"#, number - 1),
        ),
    };
    format!(
        r#"{{"kind":"{kind}","channel":{{"kind":"whatsapp","id":"200000000000002"}},"contact":{{"aliases":[{{"kind":"phone","value":"5511955550101"}}]}},"occurred_at":"{at}",{more}}}"#
    )
    .into_bytes()
}

/// The past of a conversation of so many events, which lie in segments among those of others.
fn past(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = SegmentLog::open(&directory.path().join("log"), &Default::default()).unwrap();
    let engine = engine(&directory.path().join("views"), Arc::new(log), LONG);
    let id = engine.find("5511955550101", None).unwrap();
    let whole = Moment::At(origem_testkit::build::at("2027-01-01T00:00:00Z"));
    let everything = ThreadQuery {
        limit: usize::MAX,
        ..ThreadQuery::default()
    };
    let messages = |moment: &Moment| engine.thread_at(id, moment, &everything).unwrap().rows.len();
    assert!(messages(&whole) > LONG as usize / 2);
    let half = Moment::At(origem_testkit::build::at("2026-01-01T00:00:00Z").plus(LONG as i64 / 2 * 40 * 60_000_000));
    assert!(messages(&half) < messages(&whole) * 6 / 10);
    let last = Moment::Position(engine.status().unwrap().last());
    let mut group = criterion.benchmark_group(format!("past of {LONG} events"));
    for (name, moment) in [
        ("at the end", &whole),
        ("in the middle", &half),
        ("at the last position", &last),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| black_box(engine.conversation_at(id, moment, Zone::UTC).unwrap()))
        });
    }
    group.finish();
    engine.stop().unwrap();
}

fn questions(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(&directory.path().join("views"), Arc::new(MemoryLog::new(1)), 0);
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
        limit: 50,
        ..ThreadQuery::default()
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
    targets = questions, past
}
criterion_main!(benches);
