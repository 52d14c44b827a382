//! A link in numbers; and clicks while the log takes none: whoever follows is led on, and what is lost is counted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::http::Method;
use common::{Answer, Edge, edge, edge_on, options, request};
use origem_http::Options;
use origem_log::guarded::{Guard, Guarded};
use origem_log::{AppendError, MemoryLog};
use serde_json::{Value, json};

const CHANNEL: &str = "whatsapp:200000000000002";

async fn put(edge: &Edge, path: &str, body: Value) {
    let answer = edge.send(request(Method::PUT, path, &[], body.to_string())).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
}

/// An event of October 2026, `day.hour:minute`, of a contact or of nobody.
fn event(number: Option<u32>, at: &str, kind: &str, more: Value) -> Value {
    let (day, time) = at.split_once('.').unwrap();
    let mut event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "occurred_at": format!("2026-10-{day}T{time}:00Z")});
    let members = event.as_object_mut().unwrap();
    if let Some(number) = number {
        let alias = json!({"kind": "phone", "value": format!("55119555501{number:02}")});
        members.insert("contact".to_owned(), json!({"aliases": [alias]}));
    }
    members.extend(more.as_object().unwrap().clone());
    event
}

/// What customers and agents did about the link `bio`, and about another.
async fn october(edge: &Edge) -> Answer {
    let click = |id: &str, link: &str, at: &str| {
        let click = json!({"id": id, "code": id, "link": link});
        event(None, at, "link_clicked", json!({"click": click}))
    };
    let wrote = |number: u32, link: &str, at: &str| {
        let message = json!({"id": format!("m{number}"), "type": "text", "text": "oi"});
        let through = json!({"message": message, "referral": {"ref": link}});
        event(Some(number), at, "message_received", through)
    };
    let answered = |number: u32, at: &str| {
        let message = json!({"id": format!("a{number}"), "type": "text", "text": "Bom dia!"});
        let by = json!({"via": "web", "agent": "ana", "message": message});
        event(Some(number), at, "message_sent", by)
    };
    let finished = |number: u32, at: &str, classification: &str| {
        let ticket = json!({"classification": classification, "value": 10, "currency": "BRL"});
        event(
            Some(number),
            at,
            "ticket_finished",
            json!({"agent": "ana", "ticket": ticket}),
        )
    };
    let events = vec![
        click("k1", "bio", "05.09:00"),
        click("k2", "bio", "05.09:01"),
        // Delivered twice.
        click("k2", "bio", "05.09:01"),
        click("k3", "bio", "06.09:00"),
        click("k4", "poster", "06.09:00"),
        click("k5", "bio", "20.09:00"),
        wrote(1, "bio", "05.10:00"),
        answered(1, "05.10:05"),
        finished(1, "05.12:00", "sold"),
        wrote(2, "bio", "06.10:00"),
        answered(2, "06.10:05"),
        finished(2, "06.12:00", "no_interest"),
        wrote(3, "bio", "06.11:00"),
        wrote(4, "poster", "06.12:00"),
        wrote(5, "bio", "20.10:00"),
    ];
    let answer = edge.post("/v1/events", Value::Array(events).to_string()).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_tells_what_it_brought() {
    let edge = edge(Options {
        public_url: Some("https://origem.example".to_owned()),
        ..options()
    });
    put(
        &edge,
        "/v1/classifications/sold",
        json!({"name": "Sold", "outcome": "won"}),
    )
    .await;
    put(
        &edge,
        "/v1/classifications/no_interest",
        json!({"name": "No interest", "outcome": "lost"}),
    )
    .await;
    for (code, name) in [("bio", "Bio"), ("poster", "Poster"), ("idle", "Idle")] {
        let link = json!({"name": name, "channel": CHANNEL, "text": name});
        put(&edge, &format!("/v1/links/{code}"), link).await;
    }
    let link = json!({"name": "Theirs", "channel": CHANNEL, "text": "oi"});
    put(&edge, "/v1/links/theirs?account=other", link).await;
    let said = october(&edge).await;

    // path; clicks, conversations, answered, classified, won; days
    for (path, numbers, days) in [
        (
            "bio/numbers?from=2026-10-01&to=2026-11-01",
            [4, 4, 2, 2, 1],
            &["2026-10-05 2", "2026-10-06 1", "2026-10-20 1"][..],
        ),
        // The last day is not in the numbers.
        (
            "bio/numbers?from=2026-10-05&to=2026-10-06",
            [2, 1, 1, 1, 1],
            &["2026-10-05 2"],
        ),
        (
            "bio/numbers?from=2026-10-06",
            [2, 3, 1, 1, 0],
            &["2026-10-06 1", "2026-10-20 1"],
        ),
        ("poster/numbers?from=2026-10-01", [1, 1, 0, 0, 0], &["2026-10-06 1"]),
        ("idle/numbers?from=2026-10-01", [0; 5], &[]),
        ("theirs/numbers?from=2026-10-01&account=other", [0; 5], &[]),
    ] {
        let answer = edge.get_after(&said, &format!("/v1/links/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
        let told = answer.json();
        let names = ["clicks", "conversations", "answered", "classified", "won"];
        assert_eq!(
            names.map(|name| told[name].as_u64().unwrap()),
            numbers,
            "{path}: {told:#}"
        );
        let found: Vec<String> = told["days"]
            .as_array()
            .unwrap()
            .iter()
            .map(|day| format!("{} {}", day["day"].as_str().unwrap(), day["clicks"]))
            .collect();
        assert_eq!(found, days, "{path}");
        let code = path.split('/').next().unwrap();
        assert_eq!(told["address"], format!("https://origem.example/l/{code}"));
    }
    let told = edge
        .get_after(&said, "/v1/links/bio/numbers?from=2026-10-01")
        .await
        .json();
    assert_eq!((&told["id"], &told["name"]), (&json!("bio"), &json!("Bio")));
    assert_eq!(told["revenue"], json!({"BRL": 10}), "only what was won");

    for (path, status, code) in [
        ("nobody/numbers", 404, "not_found"),
        ("theirs/numbers", 404, "not_found"),
        ("bio/numbers?account=other", 404, "not_found"),
        ("bio/numbers?from=yesterday", 400, "invalid"),
        ("bio/numbers?form=2026-10-01", 400, "invalid"),
    ] {
        let answer = edge.get(&format!("/v1/links/{path}")).await;
        let told = (answer.status.as_u16(), answer.json()["error"]["code"].clone());
        assert_eq!(told, (status, json!(code)), "{path}");
    }
}

/// A log that takes nothing while it is full.
#[derive(Default)]
struct Full(AtomicBool);

impl Guard for Full {
    fn before_append(&self) -> Result<(), AppendError> {
        if self.0.load(Ordering::Relaxed) {
            let source = Arc::new(io::Error::from(io::ErrorKind::StorageFull));
            return Err(AppendError::NotWritten { source });
        }
        Ok(())
    }
}

/// What a metric says.
async fn metric(edge: &Edge, name: &str) -> usize {
    let text = String::from_utf8(edge.get("/metrics").await.body.to_vec()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_clicks_find_no_room_everybody_is_led_on_and_the_loss_is_counted() {
    // Of the documentation: what waits takes 32 MiB at most. A click of these takes more than 8 KiB.
    const CLICKS_MAX: usize = 4 * 1024;
    let log = Arc::new(Guarded::new(Arc::new(MemoryLog::default()), Full::default()));
    let edge = edge_on(log.clone(), options());
    put(
        &edge,
        &format!("/v1/channels/{CHANNEL}"),
        json!({"handle": "5511955550100"}),
    )
    .await;
    put(
        &edge,
        "/v1/links/bio",
        json!({"name": "Bio", "channel": CHANNEL, "text": "Oi"}),
    )
    .await;
    log.guard.0.store(true, Ordering::Relaxed);
    let long = "x".repeat(2_000);
    let path = format!("/l/bio?utm_source={long}&utm_medium={long}&utm_campaign={long}&utm_term={long}");
    // Whether the visitor was given a code; in any case the visitor is led on.
    let follow = async || {
        let answer = edge.get(&path).await;
        assert_eq!(answer.status, 302);
        let location = answer.header("location").to_owned();
        assert!(
            location.starts_with("https://wa.me/5511955550100?text=Oi"),
            "{location}"
        );
        location.contains("%5B")
    };
    let mut waiting = 0;
    while follow().await {
        waiting += 1;
        assert!(waiting < CLICKS_MAX, "nothing bounds what waits");
    }
    assert!(waiting > CLICKS_MAX / 2, "{waiting} are too few");
    assert_eq!(metric(&edge, "origem_clicks_dropped_total").await, 1);
    assert!(!follow().await);
    assert_eq!(metric(&edge, "origem_clicks_dropped_total").await, 2);
    assert_eq!(metric(&edge, "origem_clicks_recorded_total").await, 0);

    // Once it takes them again, all that waited is recorded and there is room.
    log.guard.0.store(false, Ordering::Relaxed);
    let began = Instant::now();
    while metric(&edge, "origem_clicks_recorded_total").await < waiting {
        assert!(began.elapsed() < Duration::from_secs(60), "they are not recorded");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(follow().await);
    let began = Instant::now();
    while metric(&edge, "origem_clicks_recorded_total").await < waiting + 1 {
        assert!(began.elapsed() < Duration::from_secs(60), "it is not recorded");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(metric(&edge, "origem_clicks_dropped_total").await, 2);
}
