//! How fast do deliveries become durable and visible? Offline as `origem ingest` does it, and over HTTP against the bare floor
//! of the same server. Real payloads of the simulated business; fixed seed; log fsynced, views on sled.

#![allow(clippy::unwrap_used)] // fixed data

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit as _, Mac as _};
use origem_domain::position::{Position, Positions};
use origem_engine::{Delivery, Engine, Options, Prepared, Source};
use origem_http::State;
use origem_log_segments::SegmentLog;
use origem_store_sled::SledStore;
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

const APP_SECRET: &str = "bench-secret";
/// Connections that post at the same time.
const CLIENTS: usize = 64;

fn deliveries(events: u64) -> Vec<origem_sim::Delivery> {
    origem_sim::Simulation::new(origem_sim::Options {
        seed: 7,
        events,
        ..Default::default()
    })
    .collect()
}

fn engine(directory: &Path) -> Arc<Engine> {
    let (log, _) = SegmentLog::open(&directory.join("log"), &Default::default()).unwrap();
    let store = SledStore::open(&directory.join("views"), &Default::default()).unwrap();
    let secret = origem_testkit::SECRET;
    Arc::new(Engine::start(Arc::new(log), Arc::new(store), secret, Options::default()).unwrap())
}

/// Appends everything and waits until it is projected.
fn ingest(runtime: &Runtime, engine: &Arc<Engine>, deliveries: &[origem_sim::Delivery], events: u64) {
    for chunk in deliveries.chunks(4096) {
        let parts: Vec<Prepared> = std::thread::scope(|scope| {
            let prepare = |part: &[origem_sim::Delivery]| {
                let of = |delivery: &origem_sim::Delivery| delivery.at;
                engine.prepare(part.iter().map(|d| Delivery {
                    source: Source::Meta,
                    body: &d.body,
                    received_at: of(d),
                    account: "default",
                }))
            };
            let threads: Vec<_> = chunk
                .chunks(chunk.len().div_ceil(2))
                .map(|part| scope.spawn(move || prepare(part)))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for part in parts {
            part.append(engine.log()).unwrap();
        }
    }
    runtime
        .block_on(engine.wait(&engine.status().unwrap().last(), Duration::from_secs(600)))
        .unwrap();
    assert_eq!(
        engine.status().unwrap().last(),
        Positions::from_iter([Position::new(0, events - 1)])
    );
}

fn offline(criterion: &mut Criterion) {
    const EVENTS: u64 = 50_000;
    let deliveries = deliveries(EVENTS);
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("ingest offline");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(deliveries.len() as u64));
    group.bench_function("durable and projected", |b| {
        b.iter_custom(|rounds| {
            (0..rounds)
                .map(|_| {
                    let directory = tempfile::tempdir().unwrap();
                    let engine = engine(directory.path());
                    let began = Instant::now();
                    ingest(&runtime, &engine, &deliveries, EVENTS);
                    let took = began.elapsed();
                    engine.stop().unwrap();
                    took
                })
                .sum()
        });
    });
    group.bench_function("rebuild", |b| {
        let directory = tempfile::tempdir().unwrap();
        let first = engine(directory.path());
        ingest(&runtime, &first, &deliveries, EVENTS);
        first.stop().unwrap();
        drop(first);
        b.iter_custom(|rounds| {
            (0..rounds)
                .map(|_| {
                    std::fs::remove_dir_all(directory.path().join("views")).unwrap();
                    let began = Instant::now();
                    let engine = engine(directory.path());
                    let last = Position::new(0, EVENTS - 1);
                    runtime
                        .block_on(engine.wait(&Positions::from_iter([last]), Duration::from_secs(600)))
                        .unwrap();
                    let took = began.elapsed();
                    engine.stop().unwrap();
                    took
                })
                .sum()
        });
    });
    group.finish();
}

/// A request as bytes, so that the client costs little.
fn request(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{head}\r\nhost: bench\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn signed(body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
    mac.update(body);
    let hex: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    request(
        &format!("POST /webhooks/meta HTTP/1.1\r\nx-hub-signature-256: sha256={hex}"),
        body,
    )
}

/// Sends the requests over `CLIENTS` connections; every answer must be a 200.
async fn post_all(address: SocketAddr, requests: Arc<Vec<Vec<u8>>>) {
    let share = requests.len().div_ceil(CLIENTS);
    let clients = (0..CLIENTS).map(|client| {
        let requests = requests.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut answer = vec![0; 4096];
            for request in requests.iter().skip(client * share).take(share) {
                stream.write_all(request).await.unwrap();
                let read = stream.read(&mut answer).await.unwrap();
                assert!(
                    answer[..read].starts_with(b"HTTP/1.1 200"),
                    "{}",
                    String::from_utf8_lossy(&answer[..read])
                );
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}

fn http(criterion: &mut Criterion) {
    const EVENTS: u64 = 12_000;
    let deliveries = deliveries(EVENTS);
    let webhooks = Arc::new(
        deliveries
            .iter()
            .map(|delivery| signed(&delivery.body))
            .collect::<Vec<_>>(),
    );
    let bare = Arc::new(vec![request("GET /healthz HTTP/1.1", b""); webhooks.len()]);
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(directory.path());
    let options = origem_http::Options {
        meta_app_secrets: vec![APP_SECRET.into()],
        ..Default::default()
    };
    let state = State::new(engine.clone(), options);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(origem_http::serve(
        listener,
        origem_http::router(state),
        std::future::pending(),
    ));
    let mut group = criterion.benchmark_group("ingest http");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(webhooks.len() as u64));
    for (name, requests) in [
        ("bare floor: GET /healthz", bare),
        ("webhook, signed, durable before the answer", webhooks),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| runtime.block_on(post_all(address, requests.clone())))
        });
    }
    group.finish();
    engine.stop().unwrap();
}

criterion_group!(benches, offline, http);
criterion_main!(benches);
