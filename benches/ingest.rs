//! How fast do deliveries become durable and visible? Offline as `origem ingest` does it, and over HTTP against the bare floor of the
//! same server. Real payloads of the simulated business; fixed seed; log with and without a sync, views on sled.
//!
//! Over HTTP the client is in the same process and shares its cores, and what comes in is projected meanwhile; once more while the
//! projector is held, which tells what intake alone takes of the cores.

#![allow(clippy::unwrap_used)] // fixed data

mod client;

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use client::{APP_SECRET, Connection, header, request, signed};
use origem_domain::position::{Partition, Position, Positions};
use origem_engine::{Delivery, Engine, Options, Prepared, Source};
use origem_http::State;
use origem_log::ReadError;
use origem_log::guarded::{Guard, Guarded};
use origem_log_segments::{Durability, SegmentLog};
use origem_measure::Bench;
use origem_projector::Folding;
use origem_store_sled::SledStore;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

const SEED: u64 = 7;
/// Connections that post at the same time.
const CLIENTS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(600);

fn deliveries(events: u64) -> Vec<origem_sim::Delivery> {
    origem_sim::Simulation::new(origem_sim::Options {
        seed: SEED,
        events,
        ..Default::default()
    })
    .collect()
}

/// Keeps the projector from reading until it is released.
#[derive(Clone, Default)]
struct Hold(Arc<(Mutex<bool>, Condvar)>);

impl Hold {
    fn set(&self, on: bool) {
        let (held, released) = &*self.0;
        *held.lock().unwrap() = on;
        released.notify_all();
    }
}

impl Guard for Hold {
    fn before_read(&self, _: Partition) -> Result<(), ReadError> {
        let (held, released) = &*self.0;
        drop(released.wait_while(held.lock().unwrap(), |held| *held).unwrap());
        Ok(())
    }
}

fn engine(directory: &Path, durability: Durability, lanes: usize, hold: &Hold) -> Arc<Engine> {
    let settings = origem_log_segments::Options {
        durability,
        ..Default::default()
    };
    let (log, _) = SegmentLog::open(&directory.join("log"), &settings).unwrap();
    let log = Guarded::new(Arc::new(log), hold.clone());
    let store = SledStore::open(&directory.join("views"), &Default::default()).unwrap();
    let mut options = Options::default();
    options.projector.folding = Folding::in_lanes(lanes);
    let secret = origem_testkit::SECRET;
    Arc::new(Engine::start(Arc::new(log), Arc::new(store), secret, options).unwrap())
}

/// A directory under `target`: a temporary one is often in memory, where a sync costs nothing.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Appends everything, decoded in so many threads, and waits until it is projected.
fn ingest(runtime: &Runtime, engine: &Arc<Engine>, deliveries: &[origem_sim::Delivery], events: u64, lanes: usize) {
    for chunk in deliveries.chunks(4096) {
        let parts: Vec<Prepared> = std::thread::scope(|scope| {
            let prepare = |part: &[origem_sim::Delivery]| {
                engine.prepare(part.iter().map(|delivery| Delivery {
                    source: Source::Meta,
                    body: &delivery.body,
                    received_at: delivery.at,
                    account: "default",
                }))
            };
            let threads: Vec<_> = chunk
                .chunks(chunk.len().div_ceil(lanes))
                .map(|part| scope.spawn(move || prepare(part)))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for part in parts {
            part.append(engine.log()).unwrap();
        }
    }
    runtime
        .block_on(engine.wait(&engine.status().unwrap().last(), PATIENCE))
        .unwrap();
    assert_eq!(
        engine.status().unwrap().last(),
        Positions::from_iter([Position::new(0, events - 1)])
    );
}

fn offline(bench: &mut Bench, runtime: &Runtime) {
    let sizes = bench.pick(&[1_000][..], &[20_000][..], &[10_000, 50_000, 200_000][..]);
    for &events in sizes {
        let deliveries = deliveries(events);
        for (name, durability) in [("fsync", Durability::Fsync), ("os", Durability::Os)] {
            for lanes in [1, 2] {
                let conditions: [(&str, &dyn Display); 3] =
                    [("events", &events), ("durability", &name), ("lanes", &lanes)];
                let count = deliveries.len() as u64;
                bench.figure("offline", &conditions).rate("deliveries", count, |times| {
                    (0..times)
                        .map(|_| {
                            let directory = directory();
                            let engine = engine(directory.path(), durability, lanes, &Hold::default());
                            let began = Instant::now();
                            ingest(runtime, &engine, &deliveries, events, lanes);
                            let took = began.elapsed();
                            engine.stop().unwrap();
                            took
                        })
                        .sum()
                });
            }
        }
    }
}

/// Sends the requests over `CLIENTS` connections; every answer must be a 200. The furthest position that was told, if any was.
async fn post_all(address: SocketAddr, requests: Arc<Vec<Vec<u8>>>) -> Option<String> {
    let share = requests.len().div_ceil(CLIENTS);
    let clients = (0..CLIENTS).map(|client| {
        let requests = requests.clone();
        tokio::spawn(async move {
            let mut server = Connection::to(address).await;
            let mut furthest = None;
            for request in requests.iter().skip(client * share).take(share) {
                let (head, _) = server.ask(request).await;
                // A delivery without events has none.
                furthest = header(head, "origem-position").map(str::to_owned).or(furthest);
            }
            furthest
        })
    });
    let mut furthest = None;
    for client in clients.collect::<Vec<_>>() {
        let offset = |told: &String| told.parse::<Position>().unwrap();
        furthest = client.await.unwrap().into_iter().chain(furthest).max_by_key(offset);
    }
    furthest
}

/// A server in this process, on a data directory of its own.
struct Served {
    _directory: tempfile::TempDir,
    engine: Arc<Engine>,
    hold: Hold,
    address: SocketAddr,
    server: JoinHandle<io::Result<()>>,
}

impl Served {
    fn start(runtime: &Runtime, durability: Durability) -> Self {
        let directory = directory();
        let hold = Hold::default();
        let engine = engine(directory.path(), durability, 2, &hold);
        let options = origem_http::Options {
            meta_app_secrets: vec![APP_SECRET.into()],
            ..Default::default()
        };
        let state = State::new(engine.clone(), options);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let server = runtime.spawn(origem_http::serve(
            listener,
            origem_http::router(state),
            std::future::pending(),
        ));
        Self {
            _directory: directory,
            engine,
            hold,
            address,
            server,
        }
    }

    fn stop(self) {
        self.engine.stop().unwrap();
        self.server.abort();
    }
}

fn http(bench: &mut Bench, runtime: &Runtime) {
    let mut deliveries = deliveries(bench.pick(200, 6_000, 12_000));
    // Those that the business gets twice.
    deliveries.retain(|delivery| !delivery.repeated);
    let events: u64 = deliveries.iter().map(|delivery| u64::from(delivery.events)).sum();
    let webhooks: Vec<_> = deliveries.iter().map(|delivery| signed(&delivery.body)).collect();
    let count = webhooks.len() as u64;
    let bare = Arc::new(vec![request("GET /healthz HTTP/1.1", b""); webhooks.len()]);
    let webhooks = Arc::new(webhooks);
    let served = Served::start(runtime, Durability::Fsync);
    let floor = bench
        .figure("http_floor", &[("connections", &CLIENTS)])
        .rate("requests", count, |times| {
            let began = Instant::now();
            for _ in 0..times {
                runtime.block_on(post_all(served.address, bare.clone()));
            }
            began.elapsed()
        });
    served.stop();
    for (name, durability, held) in [
        ("fsync", Durability::Fsync, false),
        ("os", Durability::Os, false),
        ("fsync", Durability::Fsync, true),
        ("os", Durability::Os, true),
    ] {
        let mut conditions: Vec<(&str, &dyn Display)> = vec![("connections", &CLIENTS), ("durability", &name)];
        if held {
            conditions.push(("projection", &"held"));
        }
        // To a server that has taken it in before, a webhook is a duplicate, which is less work: so each time to another.
        let take_in = || {
            let served = Served::start(runtime, durability);
            served.hold.set(held);
            let began = Instant::now();
            let furthest = runtime.block_on(post_all(served.address, webhooks.clone()));
            let took = began.elapsed();
            served.hold.set(false);
            let last = Position::new(0, events - 1);
            assert_eq!(
                furthest.unwrap().parse::<Position>().unwrap(),
                last,
                "all is in the log"
            );
            runtime
                .block_on(served.engine.wait(&Positions::from_iter([last]), PATIENCE))
                .unwrap();
            let status = served.engine.status().unwrap();
            // A few comments under ads are told twice.
            let duplicates = status.sum(|progress| progress.checkpoint.duplicates);
            assert!(duplicates * 50 <= events, "{duplicates} of {events} came twice");
            served.stop();
            took
        };
        bench
            .figure("webhooks", &conditions)
            .beside(floor.as_ref())
            .rate("requests", count, |times| (0..times).map(|_| take_in()).sum());
    }
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("ingest");
    let runtime = Runtime::new()?;
    offline(&mut bench, &runtime);
    http(&mut bench, &runtime);
    bench.end()
}
