//! A disk that is slow: less comes through, nothing fails, and whoever looks is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use common::{Edge, edge_of, event, options};
use origem_domain::key::Secret;
use origem_domain::position::{Offset, Partition};
use origem_engine::Engine;
use origem_engine::readiness::Limits;
use origem_http::{State, router};
use origem_log::guarded::{Guard, Guarded};
use origem_log::{AppendError, EventLog, MemoryLog};
use origem_views::rows::{Changes, MemoryStore, Rows, RowsError, Scan, Store};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// What each write takes: this is the slow disk, nobody waits for anything here.
const WRITE: Duration = Duration::from_millis(20);

/// A log whose disk takes its time to make an append durable.
#[derive(Default)]
struct SlowLog {
    appends: AtomicU64,
}

impl Guard for SlowLog {
    fn before_append(&self) -> Result<(), AppendError> {
        self.appends.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(WRITE);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_log_takes_many_deliveries_with_each_write() {
    const CLIENTS: u64 = 16;
    const EACH: u64 = 10;
    let log = Arc::new(Guarded::new(Arc::new(MemoryLog::default()), SlowLog::default()));
    let edge = edge_of(
        log.clone() as Arc<dyn EventLog>,
        origem_engine::Options::default(),
        options(),
    );
    let edge = Arc::new(edge);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let edge = edge.clone();
            tokio::spawn(async move {
                for number in 0..EACH {
                    let id = format!("m{client}.{number}");
                    let body = event("5511955550101", "2026-09-26T10:01:00Z", &id, "oi");
                    assert_eq!(edge.post("/v1/events", body).await.status, StatusCode::OK);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(log.tail(Partition(0)).unwrap(), Offset(CLIENTS * EACH));
    let appends = log.guard.appends.load(Ordering::Relaxed);
    assert!((EACH..CLIENTS * EACH / 2).contains(&appends), "{appends} appends");
    let (_, queue) = edge.engine.queues().remove(0);
    assert_eq!((queue.turned_away, queue.failed, queue.waiting), (0, 0, 0));
    assert!(
        queue.appends.sum >= WRITE.as_secs_f64() * appends as f64,
        "the metrics tell how slow it is"
    );
}

/// Views whose disk takes its time, until it does not any more.
#[derive(Default)]
struct SlowStore {
    rows: MemoryStore,
    is_fast: AtomicBool,
}

impl Rows for SlowStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.rows.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.rows.scan(from, to)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.rows.scan_back(from, to)
    }

    fn snapshot(&self) -> Option<Box<dyn Rows + '_>> {
        self.rows.snapshot()
    }
}

impl Store for SlowStore {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        if !self.is_fast.load(Ordering::Relaxed) {
            std::thread::sleep(WRITE);
        }
        self.rows.commit(changes)
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.rows.flush()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_on_a_slow_disk_lag_and_say_so_and_catch_up() {
    const EVENTS: u64 = 200;
    let store = Arc::new(SlowStore::default());
    let mut engine = origem_engine::Options {
        readiness: Limits {
            lag_max: 50,
            ..Limits::default()
        },
        ..origem_engine::Options::default()
    };
    // Each event by itself, so that there is much to write.
    (engine.projector.live_records_max, engine.projector.behind_records_max) = (1, 1);
    let secret = Secret::new(*b"not-so-secret-16");
    let engine = Engine::start(Arc::new(MemoryLog::default()), store.clone(), secret, engine);
    let engine = Arc::new(engine.unwrap());
    let state = State::new(engine.clone(), options());
    let edge = Edge {
        router: router(state.clone()),
        engine,
        state,
    };
    let events: Vec<String> = (0..EVENTS)
        .map(|number| event("5511955550101", "2026-09-26T10:01:00Z", &format!("m{number}"), "oi"))
        .collect();
    let written = edge.post("/v1/events", events.join("\n")).await;
    assert_eq!(
        written.status,
        StatusCode::OK,
        "what is durable does not wait for views"
    );
    let ready = edge.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["cause"], "lagging");
    // Behind, but right: whoever reads sees a whole prefix.
    let page = edge.get("/v1/conversations").await;
    assert_eq!(page.status, StatusCode::OK);
    store.is_fast.store(true, Ordering::Relaxed);
    let began = Instant::now();
    while edge.get("/readyz").await.status != StatusCode::OK {
        assert!(began.elapsed() < PATIENCE, "it does not catch up");
        tokio::task::yield_now().await;
    }
    let page = edge.get_after(&written, "/v1/conversations").await.json();
    assert_eq!(page["items"][0]["unread"], EVENTS);
}
