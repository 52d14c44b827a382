//! Is the time left that a rebuild tells true? A whole rebuild at an engine on disk, while events come in and conversations are read; at
//! each tenth of the time it took, what was told is put beside what it was. Twice, because the second goes by what the first took.
//!
//! `cargo bench --bench time_left` rebuilds five million events; TIME_LEFT_EVENTS asks for another number, `-- --quick` for 300,000.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // fixed data; what it finds is for whoever runs it

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use origem_codec::RawParts;
use origem_domain::position::Partition;
use origem_engine::rebuild::{Phase, RebuildOptions, RebuildStatus};
use origem_engine::{Engine, Options};
use origem_log::EventLog;
use origem_log_segments::SegmentLog;
use origem_measure::Bench;
use origem_projector::Costs;
use origem_store_sled::SledGenerations;
use origem_testkit::{SECRET, crowd};

const PARTITION: Partition = Partition(0);
/// Events of each conversation.
const EACH: usize = 9;
/// Conversations that are under way at once.
const UNDER_WAY: usize = 50_000;
/// Records of one append while the log is made.
const APPEND: usize = 10_000;
/// Events that come in a second meanwhile, and reads.
const EVENTS_PER_S: u32 = 200;
const READS_PER_S: u32 = 85;
/// Between two looks at what is told.
const LOOK: Duration = Duration::from_millis(100);

fn append(log: &dyn EventLog, events: impl Iterator<Item = (usize, usize)>) {
    let encode = |(person, step)| {
        let event = crowd::event(person, step);
        origem_codec::encode(&event, "bench", event.occurred_at, RawParts::default(), &SECRET)
    };
    let records: Vec<Vec<u8>> = events.map(encode).collect();
    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    log.append(PARTITION, &records).unwrap();
}

/// An engine whose views hold so many conversations, begun one after the other.
fn engine(directory: &std::path::Path, conversations: usize) -> Arc<Engine> {
    let (log, _) = SegmentLog::open(&directory.join("log"), &Default::default()).unwrap();
    let mut order = crowd::arrivals(conversations, EACH, UNDER_WAY).peekable();
    while order.peek().is_some() {
        append(&log, order.by_ref().take(APPEND));
    }
    settle();
    let views = SledGenerations::open(&directory.join("views"), &Default::default()).unwrap();
    let views: Arc<dyn origem_views::generations::Generations> = Arc::new(views);
    let engine = Engine::start(Arc::new(log), views, SECRET, Options::default()).unwrap();
    let (engine, runtime) = (Arc::new(engine), runtime());
    let everything = engine.status().unwrap().last();
    runtime
        .block_on(engine.wait(&everything, Duration::from_secs(24 * 3600)))
        .unwrap();
    engine
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

/// Does something so often a second, until it is over; gives how long each took.
fn paced(per_s: u32, over: &AtomicBool, mut once: impl FnMut(usize)) -> Vec<Duration> {
    let (began, mut took) = (Instant::now(), Vec::new());
    while !over.load(Ordering::Relaxed) {
        let due = Duration::from_secs(1) / per_s * u32::try_from(took.len()).unwrap();
        thread::sleep(due.saturating_sub(began.elapsed()));
        let start = Instant::now();
        once(took.len());
        took.push(start.elapsed());
    }
    took
}

/// What was told of a rebuild, by when.
struct Told {
    at: Duration,
    status: RebuildStatus,
}

/// Rebuilds, with everybody else at work; gives what was told, the end as the last, and how long reads took.
fn rebuild(engine: &Engine, conversations: usize, new_from: usize) -> (Vec<Told>, Vec<Duration>) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        // Conversations that are new, each from its first event on.
        scope.spawn(|| {
            paced(EVENTS_PER_S, &over, |number| {
                append(engine.log(), std::iter::once((new_from + number / EACH, number % EACH)))
            })
        });
        let reads = scope.spawn(|| {
            paced(READS_PER_S, &over, |number| {
                let phone = format!("5511{:09}", 980_000_000 + number * 7_919 % conversations);
                let id = engine.find(&phone, None).unwrap();
                assert_eq!(engine.conversation(id).unwrap().id, id);
            })
        });
        let began = Instant::now();
        let options = RebuildOptions {
            cpu_share: 1.0,
            ..engine.rebuild_options()
        };
        let id = engine.start_rebuild(options).unwrap().id;
        let mut told = Vec::new();
        loop {
            let status = engine.rebuild(id).unwrap();
            let is_over = status.phase.is_over();
            told.push(Told {
                at: began.elapsed(),
                status,
            });
            if is_over {
                break;
            }
            thread::sleep(LOOK);
        }
        over.store(true, Ordering::Relaxed);
        (told, reads.join().unwrap())
    })
}

/// Has the system write what it was given: a rebuild is measured beside what is asked of it, and not beside what went before.
fn settle() {
    assert!(std::process::Command::new("sync").status().unwrap().success());
}

/// By how much the time left that was told is off, in hundredths of what was left.
fn off(told: &Told, total: Duration) -> Option<f64> {
    let left = (total - told.at).as_secs_f64();
    told.status.eta_s.map(|eta| 100.0 * (eta - left) / left)
}

fn show(name: &str, told: &Told, total: Duration) {
    let RebuildStatus { phase, eta_s, .. } = &told.status;
    let left = (total - told.at).as_secs_f64();
    println!(
        "  {name:<28} {:>7.1} s  {:<10} left {left:>7.1} s  told {:>7.1} s  off {:>6.1} %",
        told.at.as_secs_f64(),
        phase.name(),
        eta_s.unwrap_or(f64::NAN),
        off(told, total).unwrap_or(f64::NAN),
    );
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("time_left");
    let usual = bench.pick(2_000, 300_000, 5_000_000);
    let asked = std::env::var("TIME_LEFT_EVENTS").ok();
    let events: usize = asked.map_or(usual, |events| events.parse().unwrap());
    let conversations = (events / EACH).max(100);
    // A temporary directory is often in memory.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let began = Instant::now();
    let engine = engine(directory.path(), conversations);
    println!(
        "log and views of {events} events, {conversations} conversations: {:.1} s",
        began.elapsed().as_secs_f64()
    );
    for round in [1, 2] {
        settle();
        let (told, mut reads) = rebuild(&engine, conversations, round * 100_000_000);
        let last = told.last().unwrap();
        assert_eq!(last.status.phase, Phase::Switched, "{:?}", last.status.error);
        assert!(last.status.diff.as_ref().unwrap().is_empty(), "the views differ");
        let total = last.at;
        let costs = Costs::noted(&*engine.shards()[0].rows());
        println!(
            "rebuild {round}: {:.1} s; nanoseconds a record: {costs:?}",
            total.as_secs_f64()
        );
        let is_tenth =
            |told: &&Told| 10 * told.status.events_done >= told.status.events_total && told.status.events_total > 0;
        let first = told.iter().find(is_tenth).unwrap();
        show("a tenth of the events", first, total);
        for tenth in 1..10 {
            let at = told.iter().find(|told| told.at * 10 >= total * tenth).unwrap();
            show(&format!("{tenth}0 % of the time"), at, total);
        }
        let parameters: [(&str, &dyn std::fmt::Display); 2] = [("events", &events), ("round", &round)];
        let after_first = told.iter().find(|told| told.at * 10 >= total).unwrap();
        for (what, told) in [("tenth_of_events", first), ("tenth_of_time", after_first)] {
            let off: Vec<f64> = off(told, total).map(f64::abs).into_iter().collect();
            if !off.is_empty() {
                bench.figure(what, &parameters).values("% off", &off);
            }
        }
        let rate = events as f64 / total.as_secs_f64();
        bench.figure("rebuild", &parameters).values("events/s", &[rate]);
        bench
            .figure("reads", &parameters)
            .quantiles(std::slice::from_mut(&mut reads));
    }
    engine.stop().unwrap();
    bench.end()
}
