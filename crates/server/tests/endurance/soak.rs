//! A server under steady load for as long as one likes: what it takes of the machine does not grow, however long it runs.
//!
//! As many customers as there are in the beginning write and are answered, so only the log and the histories grow: disk. Memory, open
//! files, lag and latency have to stay as they are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use origem_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::knobs;
use crate::over::Over;
use crate::process::command;
use crate::sample::Sample;
use crate::server::Server;
use crate::world::World;

/// Customers.
const PEOPLE: u64 = 5_000;
const CLIENTS: u64 = 8;
/// So small that it is full before the second half begins.
const CACHE_BYTES: u64 = 32 << 20;
/// What memory may grow by over the second half, as the line through its samples says: a twentieth, or this.
const GROWTH_MAX: u64 = 16 << 20;
/// Files that may be open beyond the most of the first half: segments that are being sealed, connections that end.
const FILES_MORE_MAX: u64 = 16;
/// Records that the views may be behind at the end.
const LAG_MAX: u64 = 1_000;

/// Microseconds of a delivery that nobody minds: below twice of that, how it compares with before says little.
const LATENCY_US_OK: u64 = 10_000;

/// What loads the server, at a steady pace.
struct Load {
    rate: u64,
    next: AtomicU64,
    /// How long deliveries took since somebody last looked, in microseconds.
    took: Mutex<Vec<u64>>,
    over: AtomicBool,
}

impl Load {
    /// Delivers each number at its time; behind that time as fast as it can.
    fn deliver(&self, server: &Server, began: Instant) {
        let _over = Over(&self.over);
        while !self.over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let at = began + Duration::from_micros(number * 1_000_000 / self.rate);
            // The pace is the point; there is nothing else to wait for.
            thread::sleep(at.saturating_duration_since(Instant::now()));
            let body = message(number).to_string();
            let sent = Instant::now();
            let answer = server.post("/v1/events", &[], body.as_bytes());
            assert_eq!(answer.status, 200, "{answer:?}");
            let took = u64::try_from(sent.elapsed().as_micros()).unwrap();
            self.took.lock().unwrap().push(took);
        }
    }

    /// Looks at lists, as a console does.
    fn read(&self, server: &Server) {
        let _over = Over(&self.over);
        while !self.over.load(Ordering::Relaxed) {
            let page = server.get("/v1/conversations?limit=50");
            if let Some(id) = page["items"][0]["id"].as_str() {
                server.get(&format!("/v1/conversations/{id}/timeline"));
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Every fourth is an answer.
fn message(number: u64) -> Value {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap());
    let person = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % PEOPLE;
    let mut event = json!({
        "kind": "message_received", "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "contact": {"aliases": [{"kind": "phone", "value": format!("5511955{person:06}")}], "name": "Rita Teste"},
        "occurred_at": now.to_string(),
        "message": {"id": format!("wamid.{number}"), "type": "text", "text": "Quero saber mais do que vi no anúncio"},
    });
    if number.is_multiple_of(4) {
        event["kind"] = json!("message_sent");
        event["via"] = json!("web");
        event["agent"] = json!("ana");
    }
    event
}

/// How a run went.
struct Soak {
    samples: Vec<Sample>,
}

impl Soak {
    fn run(minutes: u64, rate: u64, every: u64) -> Self {
        let world = World::new();
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.arg("--data").arg(world.data());
        serve.env("ORIGEM_VIEWS_CACHE_BYTES", CACHE_BYTES.to_string());
        let server = Server::start(serve);
        let load = Load {
            rate,
            next: AtomicU64::new(0),
            took: Mutex::default(),
            over: AtomicBool::new(false),
        };
        let mut samples = Vec::new();
        println!("{HEAD}");
        let began = Instant::now();
        thread::scope(|scope| {
            let _over = Over(&load.over);
            for _ in 0..CLIENTS {
                scope.spawn(|| load.deliver(&server, began));
            }
            scope.spawn(|| load.read(&server));
            for second in (1..=minutes * 60 / every).map(|look| look * every) {
                thread::sleep((began + Duration::from_secs(second)).saturating_duration_since(Instant::now()));
                let mut took = std::mem::take(&mut *load.took.lock().unwrap());
                let sample = Sample::take(&server, &world.data(), second, &mut took);
                println!("{}", row(&sample, every));
                samples.push(sample);
                // Somebody panicked: there is nothing to wait for.
                if load.over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        server.stop();
        Self { samples }
    }

    /// What is not as it has to be.
    fn wrong(&self) -> Vec<String> {
        let (first, last) = self.samples.split_at(self.samples.len() / 2);
        let mut wrong = Vec::new();
        if first.is_empty() {
            wrong.push("it was looked at less than twice: that proves nothing".to_owned());
        }
        let memory = last.iter().map(|sample| sample.memory as f64);
        let median = middle(last.iter().map(|sample| sample.memory));
        let (grown, bound) = (growth(memory), GROWTH_MAX.max(median / 20));
        if grown > bound as f64 {
            wrong.push(format!(
                "memory grew by {} MiB over the second half, more than {}",
                grown as u64 >> 20,
                bound >> 20
            ));
        }
        let most = |samples: &[Sample]| samples.iter().map(|sample| sample.files).max().unwrap_or(0);
        if most(last) > most(first) + FILES_MORE_MAX {
            wrong.push(format!("{} files were open, {} before", most(last), most(first)));
        }
        if let Some(end) = last.last().filter(|end| end.lag > LAG_MAX) {
            wrong.push(format!("the views are {} records behind", end.lag));
        }
        // The median: what else the machine does shows in the slowest first, and those stand in the table.
        let p50 = |samples: &[Sample]| middle(samples.iter().map(|sample| sample.p50));
        if p50(last) > 2 * p50(first).max(LATENCY_US_OK) {
            wrong.push(format!("deliveries take {} us, {} before", p50(last), p50(first)));
        }
        wrong
    }
}

/// What the line through values that follow each other rises by from the first to the last (least squares).
fn growth(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let count = values.len() as f64;
    let (mid, mean) = ((count - 1.0) / 2.0, values.iter().sum::<f64>() / count);
    let (mut up, mut across) = (0.0, 0.0);
    for (at, value) in values.iter().enumerate() {
        let from = at as f64 - mid;
        up += from * (value - mean);
        across += from * from;
    }
    if across > 0.0 { up / across * (count - 1.0) } else { 0.0 }
}

/// The median; 0 of nothing.
fn middle(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    crate::sample::quantile(&values, 50)
}

const HEAD: &str = "| second | memory MiB | files | disk MiB | events | lag | deliveries/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|---|---|";

/// A row under [`HEAD`], of a look every so many seconds.
fn row(sample: &Sample, every: u64) -> String {
    let milliseconds = |micros: u64| micros as f64 / 1_000.0;
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {:.1} | {:.1} |",
        sample.second,
        sample.memory >> 20,
        sample.files,
        sample.disk >> 20,
        sample.tail,
        sample.lag,
        sample.delivered / every,
        milliseconds(sample.p50),
        milliseconds(sample.p99),
    )
}

#[test]
#[ignore = "an hour: cargo xtask soak"]
fn long() {
    let minutes = knobs::number("ORIGEM_SOAK_MINUTES", 60);
    let (rate, every) = (
        knobs::number("ORIGEM_SOAK_RATE", 300),
        knobs::number("ORIGEM_SOAK_EVERY", 10),
    );
    let soak = Soak::run(minutes, rate, every);
    let wrong = soak.wrong();
    let memory = || {
        soak.samples[soak.samples.len() / 2..]
            .iter()
            .map(|sample| sample.memory as f64)
    };
    println!(
        "{minutes} minutes at {rate} deliveries a second: memory {:+.1} MiB over the second half, {}",
        growth(memory()) / f64::from(1 << 20),
        if wrong.is_empty() {
            "flat"
        } else {
            "NOT as it has to be"
        }
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Samples of a run, one for each of these amounts of memory in MiB.
fn of_memory(memory: &[u64]) -> Soak {
    let samples = memory.iter().map(|mebibytes| Sample {
        memory: mebibytes << 20,
        ..Sample::default()
    });
    Soak {
        samples: samples.collect(),
    }
}

#[test]
fn what_grows_is_told_from_what_is_filled() {
    for (memory, wrong) in [
        (&[][..], 1),
        (&[150][..], 1),
        // Caches fill in the first half.
        (&[50, 90, 120, 150, 151, 150, 152, 151], 0),
        (&[150, 150, 150, 150, 150, 160, 170, 180], 1),
        // Ups and downs are no growth.
        (&[150, 150, 150, 150, 190, 150, 150, 190], 0),
        // A twentieth of a lot.
        (&[1_000, 1_000, 1_000, 1_000, 1_000, 1_010, 1_020, 1_040], 0),
    ] {
        assert_eq!(
            of_memory(memory).wrong().len(),
            wrong,
            "{memory:?}: {:?}",
            of_memory(memory).wrong()
        );
    }
    let mut soak = of_memory(&[150; 8]);
    let last = soak.samples.last_mut().unwrap();
    (last.files, last.lag) = (100, 5_000);
    soak.samples[4..].iter_mut().for_each(|sample| sample.p50 = 30_000);
    assert_eq!(soak.wrong().len(), 3);
}
