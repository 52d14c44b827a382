//! A log that cannot take events.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use common::{documented, edge_on, event, options, whatsapp};
use origem_domain::position::{Offset, Partition};
use origem_log::{AppendError, Batch, EventLog, MemoryLog, ReadError, ReadLimit};

/// A log whose disk is full.
struct Full(MemoryLog);

impl EventLog for Full {
    fn partitions(&self) -> u32 {
        self.0.partitions()
    }

    fn append(&self, _: Partition, _: &[&[u8]]) -> Result<Range<Offset>, AppendError> {
        let source = Arc::new(io::Error::new(io::ErrorKind::StorageFull, "/var/lib/origem is full"));
        Err(AppendError::NotWritten { source })
    }

    fn start(&self, partition: Partition) -> Result<Offset, ReadError> {
        self.0.start(partition)
    }

    fn tail(&self, partition: Partition) -> Result<Offset, ReadError> {
        self.0.tail(partition)
    }

    fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        self.0.read(partition, from, limit)
    }

    fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError> {
        self.0.wait(partition, offset, timeout)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_take_events_says_so_and_tells_no_more() {
    let edge = edge_on(Arc::new(Full(MemoryLog::default())), options());
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
