//! Readiness when the log hangs or is away: what the watchdog says, and that it lets go.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use common::{Edge, edge_of, event, options};
use origem_domain::position::Partition;
use origem_engine::readiness::Limits;
use origem_log::guarded::{Guard, Guarded};
use origem_log::{EventLog, MemoryLog, ReadError};
use serde_json::{Value, json};

/// Patience enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A log whose readers can be held, when they read or already when they look, and that can be away.
#[derive(Default)]
struct Hung {
    reads: Mutex<bool>,
    looks: Mutex<bool>,
    free: Condvar,
    /// Somebody has been held.
    caught: AtomicBool,
    away: AtomicBool,
}

impl Hung {
    fn pass(&self, held: &Mutex<bool>) -> Result<(), ReadError> {
        let held = held.lock().unwrap();
        self.caught.fetch_or(*held, Ordering::Relaxed);
        drop(self.free.wait_while(held, |held| *held));
        match self.away.load(Ordering::Relaxed) {
            true => Err(ReadError::Io {
                place: "the disk".to_owned(),
                source: io::ErrorKind::TimedOut.into(),
            }),
            false => Ok(()),
        }
    }

    fn hold(&self, which: &Mutex<bool>, held: bool) {
        self.caught.store(false, Ordering::Relaxed);
        *which.lock().unwrap() = held;
        self.free.notify_all();
    }
}

impl Guard for Hung {
    fn before_read(&self, _: Partition) -> Result<(), ReadError> {
        self.pass(&self.reads)
    }

    fn before_look(&self) -> Result<(), ReadError> {
        self.pass(&self.looks)
    }
}

/// An edge of a log that can hang, and that loses patience at once.
fn edge_of_hung() -> (Edge, Arc<Guarded<Hung>>) {
    let log = Arc::new(Guarded::new(Arc::new(MemoryLog::default()), Hung::default()));
    let engine = origem_engine::Options {
        readiness: Limits {
            stall_after: Duration::from_millis(20),
            ..Limits::default()
        },
        ..origem_engine::Options::default()
    };
    let edge = edge_of(log.clone() as Arc<dyn EventLog>, engine, options());
    (edge, log)
}

/// Asks until it is as wanted.
async fn ready(edge: &Edge, wanted: impl Fn(&Value) -> bool) -> (StatusCode, Value) {
    let begun = Instant::now();
    loop {
        let answer = edge.get("/readyz").await;
        let body = answer.json();
        if wanted(&body) {
            return (answer.status, body);
        }
        assert!(begun.elapsed() < PATIENCE, "{body}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn has_line(edge: &Edge, line: &str) {
    let metrics = edge.get("/metrics").await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(text.contains(&format!("{line}\n")), "{line}\n{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_that_hangs_while_the_log_grows_is_noticed_and_forgiven() {
    let (edge, log) = edge_of_hung();
    let sent = |number: u32| event("5511955550101", "2026-09-26T10:01:00Z", &format!("m{number}"), "oi");
    for (number, held) in [(1, &log.guard.reads), (2, &log.guard.looks)] {
        log.guard.hold(held, true);
        // Who waits for the log to grow has looked already; who reads does so only then.
        if number == 2 {
            ready(&edge, |_| log.guard.caught.load(Ordering::Relaxed)).await;
        }
        let written = edge.post("/v1/events", sent(number)).await;
        assert_eq!(
            written.status,
            StatusCode::OK,
            "what is appended is durable, whoever hangs"
        );
        let (status, body) = ready(&edge, |body| body["ready"] == false).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            (&body["cause"], &body["partition"], &body["lag"]),
            (&json!("projector_stalled"), &json!(0), &json!(1))
        );
        assert!(body["message"].is_string() && body["advice"].is_string(), "{body}");
        has_line(&edge, "origem_projector_stalled{partition=\"0\"} 1").await;
        has_line(&edge, "origem_ready 0").await;
        let told = edge.get("/v1/status").await.json();
        assert_eq!(
            (&told["partitions"][0]["stalled"], &told["cause"]),
            (&json!(true), &body["cause"])
        );

        log.guard.hold(held, false);
        let (status, body) = ready(&edge, |body| body["ready"] == true && body["lag"] == 0).await;
        assert_eq!(
            (status, body),
            (StatusCode::OK, json!({"ready": true, "lag": 0, "lag_seconds": 0}))
        );
        has_line(&edge, "origem_projector_stalled{partition=\"0\"} 0").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_our_own_that_stays_away_is_a_cause() {
    let (edge, log) = edge_of_hung();
    log.guard.away.store(true, Ordering::Relaxed);
    let (status, body) = ready(&edge, |body| body["ready"] == false).await;
    assert_eq!(
        (status, &body["cause"], &body["log"]),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            &json!("log_unavailable"),
            &json!("unavailable")
        )
    );
    log.guard.away.store(false, Ordering::Relaxed);
    let (_, body) = ready(&edge, |body| body["ready"] == true).await;
    assert_eq!(body.get("log"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_in_records_and_in_seconds() {
    let (edge, log) = edge_of_hung();
    log.guard.hold(&log.guard.reads, true);
    for number in 0..3 {
        let body = event("5511955550101", "2026-09-26T10:01:00Z", &format!("m{number}"), "oi");
        edge.post("/v1/events", body).await;
    }
    let begun = Instant::now();
    loop {
        let status = edge.get("/v1/status").await.json();
        let one = &status["partitions"][0];
        assert_eq!(
            (&one["partition"], &one["checkpoint"], &one["failed"]),
            (&json!(0), &json!(0), &json!(false))
        );
        if one["lag_seconds"].as_u64() > Some(0) {
            assert_eq!(
                (&one["tail"], &one["lag"], &status["lag"]),
                (&json!(3), &json!(3), &json!(3))
            );
            assert_eq!(status["lag_seconds"], one["lag_seconds"]);
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    log.guard.hold(&log.guard.reads, false);
}
