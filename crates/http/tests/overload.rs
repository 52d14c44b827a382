//! More comes in than the log takes: what finds no room is refused at once and says when to come again, what waits is kept, and once the
//! log takes again, so does the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use common::{Edge, edge_of, event, options};
use origem_domain::position::{Offset, Partition};
use origem_engine::IntakeLimits;
use origem_log::guarded::{Guard, Guarded};
use origem_log::{AppendError, EventLog, MemoryLog};
use tokio::task::JoinHandle;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A log whose appends wait until it is opened.
#[derive(Default)]
struct Shut {
    open: Mutex<bool>,
    opened: Condvar,
    begun: AtomicUsize,
}

impl Guard for Shut {
    fn before_append(&self) -> Result<(), AppendError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().unwrap();
        let (open, _) = self.opened.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap();
        assert!(*open, "nobody opens it");
        Ok(())
    }
}

/// A server in front of such a log, and who is being served.
struct Crowd {
    edge: Arc<Edge>,
    log: Arc<Guarded<Shut>>,
    sent: usize,
}

impl Crowd {
    fn new(intake: IntakeLimits) -> Self {
        let log = Arc::new(Guarded::new(Arc::new(MemoryLog::default()), Shut::default()));
        let engine = origem_engine::Options {
            intake,
            ..origem_engine::Options::default()
        };
        let edge = edge_of(log.clone() as Arc<dyn EventLog>, engine, options());
        Self {
            edge: Arc::new(edge),
            log,
            sent: 0,
        }
    }

    /// A message with so many letters; status, code of a refusal, and when to come again.
    fn send(&mut self, letters: usize) -> JoinHandle<String> {
        self.sent += 1;
        let (edge, id) = (self.edge.clone(), format!("m{}", self.sent));
        let body = event("5511955550101", "2026-09-26T10:01:00Z", &id, &"o".repeat(letters));
        tokio::spawn(async move {
            let answer = edge.post("/v1/events", body).await;
            match answer.status.as_u16() {
                200 => "200".to_owned(),
                status => {
                    let code = answer.json()["error"]["code"].as_str().unwrap().to_owned();
                    format!("{status} {code}, again after {} s", answer.header("retry-after"))
                }
            }
        })
    }

    /// Waits until so many are being appended, and so many wait behind them.
    async fn are(&self, appending: usize, waiting: u64) {
        let is_so = || {
            let (_, queue) = &self.edge.engine.queues()[0];
            (self.log.guard.begun.load(Ordering::SeqCst), queue.waiting) == (appending, waiting)
        };
        let waited = tokio::time::timeout(PATIENCE, async {
            while !is_so() {
                tokio::task::yield_now().await;
            }
        });
        waited.await.expect("the queue is never as it should be");
    }

    fn open(&self) {
        *self.log.guard.open.lock().unwrap() = true;
        self.log.guard.opened.notify_all();
    }
}

const REFUSED: &str = "503 overloaded, again after 1 s";

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_place_is_refused_at_once_and_what_waits_is_kept() {
    let mut crowd = Crowd::new(IntakeLimits {
        deliveries_max: 2,
        ..IntakeLimits::default()
    });
    let first = crowd.send(2);
    crowd.are(1, 0).await;
    let waiting = [crowd.send(2), crowd.send(2)];
    crowd.are(1, 2).await;
    // Each is answered while nothing is taken: nobody is kept waiting to be refused.
    for _ in 0..20 {
        assert_eq!(crowd.send(2).await.unwrap(), REFUSED);
    }
    let (_, queue) = crowd.edge.engine.queues().remove(0);
    assert_eq!((queue.waiting, queue.turned_away), (2, 20));
    let metrics = crowd.edge.get("/metrics").await;
    assert!(metrics.status.is_success(), "who looks is answered all the same");
    crowd.open();
    for answer in [first].into_iter().chain(waiting) {
        assert_eq!(answer.await.unwrap(), "200");
    }
    assert_eq!(crowd.send(2).await.unwrap(), "200", "it recovers by itself");
    assert_eq!(
        crowd.log.tail(Partition(0)).unwrap(),
        Offset(4),
        "what was refused is not kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_is_bounded_in_bytes_too() {
    let mut crowd = Crowd::new(IntakeLimits {
        bytes_max: 20_000,
        ..IntakeLimits::default()
    });
    // One that is larger than all that may wait would never be taken otherwise.
    let large = crowd.send(30_000);
    crowd.are(1, 0).await;
    assert_eq!(crowd.send(2).await.unwrap(), REFUSED, "what is being appended counts");
    crowd.open();
    assert_eq!(large.await.unwrap(), "200");
    // What was held for it is free again.
    *crowd.log.guard.open.lock().unwrap() = false;
    let held = [crowd.send(4_000)];
    crowd.are(2, 0).await;
    let small = crowd.send(2);
    crowd.are(2, 1).await;
    assert_eq!(crowd.send(30_000).await.unwrap(), REFUSED);
    crowd.open();
    for answer in held.into_iter().chain([small]) {
        assert_eq!(answer.await.unwrap(), "200");
    }
    assert_eq!(crowd.send(30_000).await.unwrap(), "200");
}
