//! How fast are reports over many tickets? In process, on sled, log on disk; fixed data. A conversation has two touches and a ticket,
//! every fifth is a sale. `REPORT_TICKETS` sets how many tickets there are.
//!
//! Asserted: every report has all tickets and all sales, whatever it tells them apart by; an export has each ticket once, in order.

#![allow(clippy::unwrap_used)] // fixed data

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::credit::Model;
use origem_domain::day::Day;
use origem_domain::time::{DAY, HOUR};
use origem_domain::zone::Zone;
use origem_engine::query::Clock;
use origem_engine::query::report::{Dimension, FunnelBy, OriginsQuery, PAGE_TICKETS, Period};
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log_segments::{Durability, SegmentLog};
use origem_measure::Bench;
use origem_store_sled::SledStore;

/// Conversations of one append.
const AT_ONCE: usize = 4_000;
/// Tickets of an export that are read in one repetition: as many as fit its time.
const EXPORTED_MAX: usize = 50_000;
const PATIENCE: Duration = Duration::from_secs(3_600);

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

/// An engine whose views were made of a log of so many conversations: the log is written first, so that they are loaded as one.
fn engine(directory: &Path, tickets: u64) -> Arc<Engine> {
    let settings = origem_log_segments::Options {
        durability: Durability::Os,
        ..Default::default()
    };
    let (log, _) = SegmentLog::open(&directory.join("log"), &settings).unwrap();
    let (log, secret) = (Arc::new(log), origem_testkit::SECRET);
    let intake = Engine::over(log.clone(), secret.clone(), Options::default()).unwrap();
    let numbers: Vec<u64> = (0..tickets).collect();
    for chunk in numbers.chunks(AT_ONCE) {
        let told: Vec<String> = chunk.iter().map(|number| events(*number)).collect();
        let bodies = told.iter().flat_map(|events| events.lines());
        let prepared = intake.prepare(bodies.map(|body| Delivery {
            source: Source::Event,
            body: body.as_bytes(),
            received_at: origem_testkit::build::at("2026-12-01T00:00:00Z"),
            account: "default",
        }));
        prepared.append(intake.log()).unwrap();
    }
    let store = SledStore::open(&directory.join("views"), &Default::default()).unwrap();
    let engine = Arc::new(Engine::start(log, Arc::new(store), secret, Options::default()).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let last = engine.status().unwrap().last();
    runtime.block_on(engine.wait(&last, PATIENCE)).unwrap();
    engine
}

/// How long something takes, so many times.
fn timed(times: usize, mut work: impl FnMut()) -> Vec<f64> {
    let once = |_| {
        let began = Instant::now();
        work();
        began.elapsed().as_secs_f64() * 1e3
    };
    (0..times).map(once).collect()
}

fn reports(bench: &mut Bench, engine: &Arc<Engine>, tickets: u64, period: &Period, clock: Clock) {
    let repetitions = bench.pick(1, 3, 7);
    let query = |by: &[Dimension], models: &[Model]| OriginsQuery {
        period: period.clone(),
        by: by.iter().copied().collect(),
        models: models.iter().copied().collect(),
        lookback_days: 30,
        half_life_days: 7,
    };
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
        let values = timed(repetitions, || {
            let told = engine.report_origins(&query, clock).unwrap();
            let counts = told.totals.counts;
            assert_eq!((counts.opened, counts.won), (tickets, tickets / 5), "{name}");
        });
        let conditions: [(&str, &dyn Display); 2] = [("tickets", &tickets), ("by", &name)];
        bench.figure("origins", &conditions).values("ms", &values);
    }
    let values = timed(repetitions, || {
        drop(engine.report_funnel(period, FunnelBy::Link, clock).unwrap());
    });
    bench.figure("funnel", &[("tickets", &tickets)]).values("ms", &values);
}

fn exports(bench: &mut Bench, engine: &Arc<Engine>, tickets: u64, period: &Period, clock: Clock) {
    let repetitions = bench.pick(1, 2, 5);
    let values = timed(repetitions, || {
        let export = engine.begin_export(period, clock).unwrap();
        assert_eq!(export.places().len() as u64, tickets);
        assert!(
            export.places().is_sorted_by(|one, next| one < next),
            "each once, in order"
        );
    });
    bench
        .figure("export_begun", &[("tickets", &tickets)])
        .values("ms", &values);
    let export = engine.begin_export(period, clock).unwrap();
    let read = EXPORTED_MAX.min(export.places().len());
    let values = timed(repetitions, || {
        for first in (0..read).step_by(PAGE_TICKETS) {
            let page = first..(first + PAGE_TICKETS).min(read);
            let told = engine.export(&export, page.clone()).unwrap();
            assert_eq!(told.len(), page.len());
            assert!(told.iter().all(|ticket| ticket.opening.is_some()), "each came by an ad");
        }
    });
    let rates: Vec<f64> = values.iter().map(|took| read as f64 / took * 1e3).collect();
    bench
        .figure("exported", &[("tickets", &tickets)])
        .values("tickets/s", &rates);
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("report");
    let asked = std::env::var("REPORT_TICKETS")
        .ok()
        .map(|tickets| tickets.parse::<u64>().unwrap());
    let tickets = asked.unwrap_or(bench.pick(2_000, 50_000, 1_000_000));
    // Under `target`: a temporary directory is often in memory.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let engine = engine(directory.path(), tickets);
    let clock = Clock {
        at: origem_testkit::build::at("2026-12-01T00:00:00Z"),
        zone: Zone::parse("America/Sao_Paulo").unwrap(),
    };
    let period = Period {
        account: "default".to_owned(),
        from: Day::parse("2026-09-01"),
        to: None,
    };
    reports(&mut bench, &engine, tickets, &period, clock);
    exports(&mut bench, &engine, tickets, &period, clock);
    engine.stop().unwrap();
    bench.end()
}
