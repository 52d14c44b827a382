//! How fast are reports over many tickets? In process, on sled; fixed data. A conversation has two touches and a ticket, every fifth
//! is a sale.

#![allow(clippy::unwrap_used)] // fixed data

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use origem_domain::credit::Model;
use origem_domain::day::Day;
use origem_domain::time::{DAY, HOUR};
use origem_domain::zone::Zone;
use origem_engine::query::Clock;
use origem_engine::query::report::{Dimension, FunnelBy, OriginsQuery, Period};
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log::MemoryLog;
use origem_store_sled::SledStore;

const TICKETS: u64 = 200_000;

/// The events of a conversation: it comes by one of forty ads, is answered, comes back by a hashtag, and is finished.
fn events(number: u64) -> String {
    let opened = origem_testkit::build::at("2026-10-01T00:00:00Z")
        .plus((number % 30) as i64 * DAY + (number % 24) as i64 * HOUR);
    let head = |kind: &str, hours: i64| {
        format!(
            r#"{{"kind":"{kind}","channel":{{"kind":"whatsapp","id":"200000000000002"}},"contact":{{"aliases":[{{"kind":"phone","value":"5511{number:09}"}}]}},"occurred_at":"{}","#,
            opened.plus(hours * HOUR)
        )
    };
    let ticket = match number % 5 {
        0 => r#"{"classification":"sold","value":199.9,"currency":"BRL"}"#,
        _ => r#"{"classification":"no_interest"}"#,
    };
    let came = format!(
        r#"{}"message":{{"id":"a{number}","type":"text","text":"oi"}},"referral":{{"source_type":"ad","source_id":"{}","source_url":"https://fb.me/A"}}}}"#,
        head("message_received", 0),
        1200 + number % 40
    );
    let answered = format!(
        r#"{}"via":"web","agent":"agent{}","message":{{"id":"b{number}","type":"text","text":"Bom dia!"}}}}"#,
        head("message_sent", 1),
        number % 50
    );
    let came_back = format!(
        r##"{}"message":{{"id":"c{number}","type":"text","text":"#promo{}"}}}}"##,
        head("message_received", 30),
        number % 7
    );
    let finished = format!(r#"{}"agent":"ana","ticket":{ticket}}}"#, head("ticket_finished", 48));
    [came, answered, came_back, finished].join("\n")
}

fn engine(directory: &std::path::Path) -> Arc<Engine> {
    let store = SledStore::open(directory, &Default::default()).unwrap();
    let log = Arc::new(MemoryLog::new(1));
    let engine = Arc::new(Engine::start(log, Arc::new(store), origem_testkit::SECRET, Options::default()).unwrap());
    let numbers: Vec<u64> = (0..TICKETS).collect();
    for chunk in numbers.chunks(2_000) {
        let bodies: Vec<String> = chunk
            .iter()
            .flat_map(|number| events(*number).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let prepared = engine.prepare(bodies.iter().map(|body| Delivery {
            source: Source::Event,
            body: body.as_bytes(),
            received_at: origem_testkit::build::at("2026-12-01T00:00:00Z"),
            account: "default",
        }));
        prepared.append(engine.log()).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(engine.wait(&engine.status().unwrap().last(), Duration::from_secs(1_200)))
        .unwrap();
    engine
}

fn reports(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(directory.path());
    let clock = Clock {
        at: origem_testkit::build::at("2026-12-01T00:00:00Z"),
        zone: Zone::parse("America/Sao_Paulo").unwrap(),
    };
    let period = Period {
        account: "default".to_owned(),
        from: Day::parse("2026-09-01"),
        to: None,
    };
    let query = |by: &[Dimension], models: &[Model]| OriginsQuery {
        period: period.clone(),
        by: by.iter().copied().collect(),
        models: models.iter().copied().collect(),
        lookback_days: 30,
        half_life_days: 7,
    };
    let told = engine.report_origins(&query(&[], &[Model::Linear]), clock).unwrap();
    assert_eq!(
        (told.totals.counts.opened, told.totals.counts.won),
        (TICKETS, TICKETS / 5)
    );
    let mut group = criterion.benchmark_group(format!("report of {TICKETS} tickets"));
    group.throughput(Throughput::Elements(TICKETS));
    for (name, query) in [
        (
            "kind and platform, last",
            query(&[Dimension::Kind, Dimension::Platform], &[Model::Last]),
        ),
        (
            "ad, eight models",
            query(&[Dimension::Kind, Dimension::Ad], &Model::ALL),
        ),
        (
            "day, ad and agent, three models",
            query(
                &[Dimension::Day, Dimension::Ad, Dimension::Agent],
                &[Model::First, Model::Last, Model::Linear],
            ),
        ),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| black_box(engine.report_origins(&query, clock).unwrap()))
        });
    }
    group.bench_function("funnel by link", |b| {
        b.iter(|| black_box(engine.report_funnel(&period, FunnelBy::Link, clock).unwrap()))
    });
    group.bench_function("where the tickets of an export are", |b| {
        b.iter(|| black_box(engine.begin_export(&period, clock).unwrap()))
    });
    group.finish();
    engine.stop().unwrap();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(3));
    targets = reports
}
criterion_main!(benches);
