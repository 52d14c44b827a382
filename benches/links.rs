//! How long does a link keep its visitor? Redirects of ten thousand known links: in process, which is our own work alone, and by HTTP on
//! loopback over 64 connections, alone and beside webhooks that come in at a steady rate. Log on disk, views on sled, the client in the
//! same process. `LINKS_WEBHOOKS` sets how many webhooks a second.
//!
//! Asserted: every answer is a 302 to the number of the channel with a click code of its own, every click is in the log once, and the
//! views count it for its link.

#![allow(clippy::unwrap_used)] // fixed data

mod client;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use client::{APP_SECRET, Connection, header, request, signed};
use origem_domain::day::Day;
use origem_domain::directory::{Channel, Item, Link};
use origem_domain::zone::Zone;
use origem_engine::query::Clock;
use origem_engine::query::report::Period;
use origem_engine::{Engine, Options, Wish, Writer};
use origem_http::State;
use origem_log_segments::SegmentLog;
use origem_measure::Bench;
use origem_store_sled::SledStore;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const LINKS: u64 = 10_000;
const CONNECTIONS: u64 = 64;
/// Connections over which webhooks come.
const SENDERS: usize = 8;
/// Fewer clicks than may wait for the log: of more the visitor is led on without a code.
const CLICKS_AT_ONCE: u64 = 8_000;
const PATIENCE: Duration = Duration::from_secs(600);
const BROWSER: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148";

/// An engine that knows the links, with what it took in so far.
struct World {
    runtime: Runtime,
    engine: Arc<Engine>,
    router: Router,
    clicks: u64,
    events: u64,
}

impl World {
    fn new(directory: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let (log, _) = SegmentLog::open(&directory.join("log"), &Default::default()).unwrap();
        let store = SledStore::open(&directory.join("views"), &Default::default()).unwrap();
        let secret = origem_testkit::SECRET;
        let engine = Arc::new(Engine::start(Arc::new(log), Arc::new(store), secret, Options::default()).unwrap());
        let channel = Item::Channel(Channel {
            handle: Some("5511955550100".to_owned()),
            ..Channel::default()
        });
        let link = |number: u64| {
            let link = Link {
                name: format!("Link {number}"),
                channel: "whatsapp:200000000000002".to_owned(),
                text: Some(format!("Olá! Quero saber da oferta {number}")),
                utm: [("source".to_owned(), "instagram".to_owned())].into(),
                ..Link::default()
            };
            (format!("link{number}"), Item::Link(link))
        };
        let entries = (0..LINKS)
            .map(link)
            .chain([("whatsapp:200000000000002".to_owned(), channel)]);
        let wish = |(id, item)| Wish {
            account: "default".to_owned(),
            id,
            item,
        };
        let wishes: Vec<Wish> = entries.map(wish).collect();
        engine.directory().put(&wishes, &Writer::default()).unwrap();
        let options = origem_http::Options {
            meta_app_secrets: vec![APP_SECRET.into()],
            ..Default::default()
        };
        let router = origem_http::router(State::new(engine.clone(), options));
        Self {
            runtime,
            engine,
            router,
            clicks: 0,
            events: 0,
        }
    }

    /// Waits until all clicks so far are in the log and counted by the views.
    fn settle(&mut self, clicks: u64, events: u64) {
        self.clicks += clicks;
        self.events += clicks + events;
        let (engine, expected) = (&self.engine, self.events);
        let began = Instant::now();
        let last = loop {
            let last = engine.status().unwrap().last();
            let taken = last.iter().map(|position| position.offset.0 + 1).sum::<u64>();
            assert!(
                taken <= expected,
                "{taken} events of {expected}: a click is in the log twice"
            );
            if taken == expected {
                break last;
            }
            assert!(began.elapsed() < PATIENCE, "{taken} events of {expected}");
            std::thread::sleep(Duration::from_millis(1));
        };
        self.runtime.block_on(engine.wait(&last, PATIENCE)).unwrap();
        let period = Period {
            account: "default".to_owned(),
            from: Day::parse("2020-01-01"),
            to: None,
        };
        let clock = Clock {
            at: origem_domain::time::Timestamp::from_seconds(4_000_000_000),
            zone: Zone::UTC,
        };
        let (funnel, _) = engine.link_numbers(&period, "link0", clock).unwrap();
        let counted: u64 = funnel.lines.iter().map(|line| line.stages.clicks).sum();
        assert_eq!(counted, self.clicks, "each click is counted once, for its link");
    }
}

/// Where the visit `number` goes, and what it says.
fn path(number: u64) -> String {
    format!("/l/link{}?utm_campaign=verao&gclid=Cj0{number}", number % LINKS)
}

/// The click code at the end of an address, which must lead to the channel with the text of the link.
fn code_in(location: &str, number: u64) -> String {
    let begins = format!(
        "https://wa.me/5511955550100?text=Ol%C3%A1%21%20Quero%20saber%20da%20oferta%20{}%20%5B",
        number % LINKS
    );
    let code = location.strip_prefix(&begins).and_then(|rest| rest.strip_suffix("%5D"));
    code.unwrap_or_else(|| unreachable!("{location} is not {begins}..."))
        .to_owned()
}

/// How long each of some visits takes, in process.
fn visits(world: &World, numbers: std::ops::Range<u64>, codes: &mut BTreeSet<String>) -> Vec<Duration> {
    let router = &world.router;
    world.runtime.block_on(async {
        let mut took = Vec::new();
        for number in numbers {
            let visit = Request::get(path(number))
                .header("host", "bench")
                .header("user-agent", BROWSER)
                .header("x-forwarded-for", "203.0.113.7")
                .body(Body::empty())
                .unwrap();
            let began = Instant::now();
            let answer = router.clone().oneshot(visit).await.unwrap();
            took.push(began.elapsed());
            assert_eq!(answer.status(), StatusCode::FOUND);
            let location = answer.headers()["location"].to_str().unwrap();
            assert!(
                codes.insert(code_in(location, number)),
                "a code comes twice: {location}"
            );
        }
        took
    })
}

fn in_process(bench: &mut Bench, world: &mut World) {
    if !bench.may_want("in_process") {
        return;
    }
    let (rounds, visited) = bench.pick((1, 200), (2, 4_000), (5, CLICKS_AT_ONCE));
    let mut codes = BTreeSet::new();
    let mut took = Vec::new();
    for _ in 0..rounds {
        let first = world.clicks;
        took.push(visits(world, first..first + visited, &mut codes));
        world.settle(visited, 0);
    }
    bench.figure("in_process", &[("links", &LINKS)]).quantiles(&mut took);
}

/// Follows its share of visits over one connection; how long each took, and the codes.
async fn follow(address: SocketAddr, numbers: Vec<u64>) -> (Vec<Duration>, Vec<String>) {
    let mut server = Connection::to(address).await;
    let (mut took, mut codes) = (Vec::new(), Vec::new());
    for number in numbers {
        let head = format!(
            "GET {} HTTP/1.1\r\nuser-agent: {BROWSER}\r\nx-forwarded-for: 203.0.113.7",
            path(number)
        );
        let visit = request(&head, b"");
        let began = Instant::now();
        let (head, _) = server.answered(&visit, "HTTP/1.1 302").await;
        took.push(began.elapsed());
        codes.push(code_in(header(head, "location").unwrap(), number));
    }
    (took, codes)
}

/// Webhooks to send beside the visits, each with how many events it has.
struct Load {
    webhooks: Vec<(Vec<u8>, u64)>,
    /// Between two of one sender.
    each: Duration,
}

/// Sends its share of a load from the webhook `first` on, when they are due, until it is told to end; how many, and how many events
/// they had.
async fn send(address: SocketAddr, load: Arc<Load>, first: usize, ended: Arc<AtomicBool>) -> (usize, u64) {
    let mut server = Connection::to(address).await;
    let begin = tokio::time::Instant::now();
    let (mut sent, mut events) = (0, 0);
    for (webhook, count) in load.webhooks.iter().skip(first).step_by(SENDERS) {
        tokio::time::sleep_until(begin + load.each * u32::try_from(sent).unwrap()).await;
        if ended.load(Ordering::Relaxed) {
            return (sent, events);
        }
        server.ask(webhook).await;
        sent += 1;
        events += count;
    }
    unreachable!("there were too few webhooks for all visits");
}

/// Signed webhooks of the simulated business, each with how many events it has.
fn webhooks(number: u64) -> Vec<(Vec<u8>, u64)> {
    let simulation = origem_sim::Simulation::new(origem_sim::Options {
        seed: 7,
        // A delivery has an event or more.
        events: number * 2,
        ..Default::default()
    });
    let deliveries = simulation.take(usize::try_from(number).unwrap());
    deliveries
        .map(|delivery| (signed(&delivery.body), u64::from(delivery.events)))
        .collect()
}

fn over_http(bench: &mut Bench, world: &mut World) {
    if !bench.may_want("http") {
        return;
    }
    let asked = std::env::var("LINKS_WEBHOOKS")
        .ok()
        .map(|rate| rate.parse::<u64>().unwrap());
    let loaded = asked.unwrap_or(bench.pick(200, 1_000, 2_000));
    let (rounds, visited) = bench.pick((1, 640), (2, CLICKS_AT_ONCE), (5, CLICKS_AT_ONCE * 2));
    let load = Arc::new(Load {
        // For longer than the visits of all rounds take.
        webhooks: webhooks(loaded * bench.pick(60, 60, 120)),
        each: Duration::from_secs(SENDERS as u64) / u32::try_from(loaded).unwrap(),
    });
    let listener = world.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let server = world.runtime.spawn(origem_http::serve(
        listener,
        world.router.clone(),
        std::future::pending(),
    ));
    let mut first_webhook = 0;
    for rate in [0, loaded] {
        let (mut took, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let first = world.clicks;
            let ended = Arc::new(AtomicBool::new(false));
            let senders = if rate > 0 { SENDERS } else { 0 };
            let senders: Vec<_> = (0..senders)
                .map(|sender| {
                    let sending = send(address, load.clone(), first_webhook + sender, ended.clone());
                    world.runtime.spawn(sending)
                })
                .collect();
            let began = Instant::now();
            let visitors: Vec<_> = (0..CONNECTIONS)
                .map(|visitor| {
                    let numbers = (first + visitor..first + visited).step_by(CONNECTIONS as usize);
                    world.runtime.spawn(follow(address, numbers.collect()))
                })
                .collect();
            let mut codes = BTreeSet::new();
            let mut each = Vec::new();
            for visitor in visitors {
                let (times, found) = world.runtime.block_on(visitor).unwrap();
                each.extend(times);
                codes.extend(found);
            }
            rates.push(visited as f64 / began.elapsed().as_secs_f64());
            ended.store(true, Ordering::Relaxed);
            let (mut webhooks, mut events) = (0, 0);
            for sender in senders {
                let (sent, of_them) = world.runtime.block_on(sender).unwrap();
                webhooks = webhooks.max(sent * SENDERS);
                events += of_them;
            }
            // Behind all of them: a delivery that is sent again would be no new event.
            first_webhook += webhooks;
            assert_eq!(codes.len() as u64, visited, "each visit has a code of its own");
            took.push(each);
            world.settle(visited, events);
        }
        let conditions: [(&str, &dyn Display); 3] = [
            ("links", &LINKS),
            ("connections", &CONNECTIONS),
            ("webhooks_per_second", &rate),
        ];
        bench.figure("http", &conditions).quantiles(&mut took);
        bench.figure("redirects", &conditions).values("redirects/s", &rates);
    }
    server.abort();
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("links");
    // Under `target`: a temporary directory is often in memory, where a sync costs nothing.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut world = World::new(directory.path());
    in_process(&mut bench, &mut world);
    over_http(&mut bench, &mut world);
    world.engine.stop().unwrap();
    bench.end()
}
