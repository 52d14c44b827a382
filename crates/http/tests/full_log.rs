//! A log that cannot take events, and one that is away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use common::{documented, edge_on, event, options, whatsapp};
use origem_domain::position::Partition;
use origem_log::guarded::{Guard, Guarded};
use origem_log::{AppendError, MemoryLog, ReadError};

/// A log whose disk is full.
struct Full;

impl Guard for Full {
    fn before_append(&self) -> Result<(), AppendError> {
        let source = Arc::new(io::Error::new(io::ErrorKind::StorageFull, "/var/lib/origem is full"));
        Err(AppendError::NotWritten { source })
    }
}

/// A log in memory behind a guard.
fn behind<G: Guard>(guard: G) -> Arc<Guarded<G>> {
    Arc::new(Guarded::new(Arc::new(MemoryLog::default()), guard))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_take_events_says_so_and_tells_no_more() {
    let edge = edge_on(behind(Full), options());
    let webhook = whatsapp(r#"{"from":"5511955550101","id":"wamid.A","timestamp":"1790416860","type":"text"}"#);
    let good = event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi");
    for (path, body) in [
        ("/webhooks/meta", &webhook),
        ("/v1/events", &good),
        ("/v1/deliveries?source=event", &good),
    ] {
        let answer = edge.post(path, body.clone()).await;
        let page = documented().remove("log that cannot take events");
        let told = format!(
            "{} {}",
            answer.status.as_u16(),
            answer.json()["error"]["code"].as_str().unwrap()
        );
        assert_eq!(page, Some(told));
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(answer.json()["error"]["retryable"], true);
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("/var/lib"),
            "{:?}",
            answer.body
        );
    }
}

/// A log that can be away, as a broker can.
#[derive(Default)]
struct Remote {
    away: AtomicBool,
}

impl Guard for Remote {
    fn before_read(&self, _: Partition) -> Result<(), ReadError> {
        self.before_look()
    }

    fn before_look(&self) -> Result<(), ReadError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(ReadError::Io {
                place: "the broker".to_owned(),
                source: io::ErrorKind::TimedOut.into(),
            });
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_log_is_away_reads_and_metrics_go_on() {
    let log = behind(Remote::default());
    let edge = edge_on(log.clone(), options());
    let written = edge
        .post("/v1/events", event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi"))
        .await;
    assert_eq!(
        edge.get_after(&written, "/v1/conversations").await.status,
        StatusCode::OK
    );
    for (away, gauge) in [(true, 1), (false, 0)] {
        log.guard.away.store(away, Ordering::Relaxed);
        let mut news = edge.engine.shards()[0].progress_watch();
        let noticed = news.wait_for(|progress| progress.log_away == away);
        drop(tokio::time::timeout(Duration::from_secs(20), noticed).await.unwrap());
        let ready = edge.get("/readyz").await;
        assert_eq!((ready.status, &ready.json()["ready"]), (StatusCode::OK, &true.into()));
        assert_eq!(ready.json()["log"] == "unavailable", away, "{:?}", ready.body);
        let list = edge.get("/v1/conversations").await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let metrics = edge.get("/metrics").await;
        let text = String::from_utf8(metrics.body.to_vec()).unwrap();
        let line = format!("origem_log_unavailable{{partition=\"0\"}} {gauge}\n");
        assert!(metrics.status == StatusCode::OK && text.contains(&line), "{text}");
    }
}
