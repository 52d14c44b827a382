//! A server that is offered more than it can take: what it cannot take it refuses at once, what it takes it keeps, its memory stays
//! bounded, and afterwards it is as before.
//!
//! That each of these holds is proven step by step, with a log that stands still, in `crates/http/tests/overload.rs`; here are the figures.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::knobs;
use crate::process::command;
use crate::sample::{Sample, quantile};
use crate::server::{SECRET, Server};
use crate::world::{World, text, whatsapp};

/// Letters of a message: so many that few fill the queue.
const LETTERS: usize = 256 << 10;
/// Bytes of deliveries that may wait: so few that many clients have to be refused.
const QUEUE_BYTES: u64 = 4 << 20;
/// Bytes of bodies that may be under way: so few that clients are refused before they are read.
const BODY_BYTES: u64 = 8 << 20;
/// Bytes of memory for each byte of a body under way, at most: as it is read, as text, as records, and in the group that is written.
const COPIES_MAX: u64 = 16;
/// Bytes of memory for each connection, at most: what is read of it ahead.
const CONNECTION_BYTES_MAX: u64 = 1 << 20;
/// So small that it does not hide what overload takes.
const CACHE_BYTES: u64 = 32 << 20;
/// Bytes of memory beside: rows that wait for sled (128 MiB, and as much on their way there), caches, the batch that is projected, what
/// the allocator keeps.
const SPARE_BYTES: u64 = 512 << 20;

/// What came of deliveries: how long each answer took, in microseconds.
#[derive(Default)]
struct Answers {
    taken: Vec<u64>,
    refused: Vec<u64>,
}

impl Answers {
    fn add(&mut self, other: Self) {
        self.taken.extend(other.taken);
        self.refused.extend(other.refused);
    }

    fn row(&mut self, name: &str, took: Duration) -> String {
        self.taken.sort_unstable();
        self.refused.sort_unstable();
        let milliseconds = |sorted: &[u64], hundredths| quantile(sorted, hundredths) as f64 / 1_000.0;
        let a_second = |count: usize| count as f64 / took.as_secs_f64();
        format!(
            "| {name} | {:.0} | {:.1} | {:.1} | {:.0} | {:.1} | {:.1} |",
            a_second(self.taken.len()),
            milliseconds(&self.taken, 50),
            milliseconds(&self.taken, 99),
            a_second(self.refused.len()),
            milliseconds(&self.refused, 50),
            milliseconds(&self.refused, 99),
        )
    }
}

struct Crowd<'a> {
    server: &'a Server,
    next: AtomicU64,
}

impl Crowd<'_> {
    /// So many clients deliver as fast as they are answered.
    fn deliver(&self, clients: u64, time: Duration) -> Answers {
        let (over, all) = (AtomicBool::new(false), Mutex::new(Answers::default()));
        thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| {
                    let mut answers = Answers::default();
                    while !over.load(Ordering::Relaxed) {
                        self.deliver_one(&mut answers);
                    }
                    all.lock().unwrap().add(answers);
                });
            }
            // As long as was asked for.
            thread::sleep(time);
            over.store(true, Ordering::Relaxed);
        });
        all.into_inner().unwrap()
    }

    fn deliver_one(&self, answers: &mut Answers) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let id = format!("wamid.{number}");
        let second = u32::try_from(number % 86_400).unwrap();
        let body = whatsapp(&json!([text("5511955550101", &id, second, &"o".repeat(LETTERS))]));
        let sent = Instant::now();
        let answer = self.server.try_deliver(body.as_bytes()).unwrap();
        let took = u64::try_from(sent.elapsed().as_micros()).unwrap();
        if answer.status == 200 {
            answers.taken.push(took);
        } else {
            assert_eq!(answer.refused(), "503 overloaded");
            answers.refused.push(took);
        }
    }
}

#[test]
#[ignore = "figures: cargo xtask overload"]
fn figures() {
    let (seconds, clients) = (
        Duration::from_secs(knobs::number("ORIGEM_OVERLOAD_SECONDS", 10)),
        knobs::number("ORIGEM_OVERLOAD_CLIENTS", 64),
    );
    let world = World::new();
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.arg("--data").arg(world.data());
    serve.env("ORIGEM_META_APP_SECRETS", SECRET);
    serve.env("ORIGEM_INTAKE_QUEUE_BYTES", QUEUE_BYTES.to_string());
    serve.env("ORIGEM_INTAKE_BODY_BYTES", BODY_BYTES.to_string());
    serve.env("ORIGEM_VIEWS_CACHE_BYTES", CACHE_BYTES.to_string());
    let server = Server::start(serve);
    let crowd = Crowd {
        server: &server,
        next: AtomicU64::new(0),
    };
    println!(
        "deliveries of {} KiB, {} MiB may wait, {} MiB be under way\n",
        LETTERS >> 10,
        QUEUE_BYTES >> 20,
        BODY_BYTES >> 20
    );
    println!("| load | taken/s | p50 ms | p99 ms | refused/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|");
    let few = seconds / 4;
    let mut earlier = crowd.deliver(1, few);
    println!("{}", earlier.row("1 client before", few));
    let before = Sample::take(&server, &world.data(), 0, &mut []);
    let mut crowded = crowd.deliver(clients, seconds);
    println!("{}", crowded.row(&format!("{clients} clients"), seconds));
    let peak = Sample::take(&server, &world.data(), 0, &mut []).memory_peak;
    let mut after = crowd.deliver(1, few);
    println!("{}", after.row("1 client after", few));
    println!(
        "\nmemory: {} MiB before, {} MiB at the most",
        before.memory >> 20,
        peak >> 20
    );
    assert!(!crowded.taken.is_empty(), "under load it goes on taking in");
    assert!(
        after.refused.is_empty() && !after.taken.is_empty(),
        "it recovers by itself"
    );
    let bound =
        before.memory + QUEUE_BYTES * 4 + BODY_BYTES * COPIES_MAX + clients * CONNECTION_BYTES_MAX + SPARE_BYTES;
    assert!(peak <= bound, "{peak} bytes of memory, more than {bound}");
    server.stop();
    let kept = world.run(&["log", "info"]).value()["records"].as_u64().unwrap();
    let taken: usize = [&earlier, &crowded, &after]
        .iter()
        .map(|answers| answers.taken.len())
        .sum();
    assert!(kept >= taken as u64, "{taken} were taken, {kept} are there");
}
