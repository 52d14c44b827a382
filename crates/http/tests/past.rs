//! Reading the past: by time what had happened, by position what was known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::{Answer, Edge, edge, edge_on, event, impatient, options};
use origem_domain::position::{Offset, Partition};
use origem_log::{EventLog as _, MemoryLog};
use serde_json::{Value, json};

const RITA: &str = "5511955550101";

/// The second message of a person, then one before it that came late, then somebody else.
async fn with_a_late_message() -> (Edge, String) {
    let edge = edge(options());
    for (phone, at, id) in [
        (RITA, "2026-09-26T10:00:00Z", "m2"),
        (RITA, "2026-09-26T09:00:00Z", "m1"),
        ("5511955550202", "2026-09-26T09:30:00Z", "m3"),
    ] {
        edge.post("/v1/events", event(phone, at, id, "oi")).await;
    }
    // Waits until the views hold all three.
    let nobody = edge.get("/v1/conversations/cv_0000000000000001?position=0:2").await;
    assert_eq!(nobody.status, 404);
    let page = edge.get(&format!("/v1/conversations?contact={RITA}")).await.json();
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    (edge, id)
}

fn problem(answer: &Answer) -> (u16, String) {
    (
        answer.status.as_u16(),
        answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned(),
    )
}

/// The ids of the messages in a thread.
fn messages(thread: &Value) -> Vec<&str> {
    let rows = thread["items"].as_array().unwrap_or_else(|| panic!("{thread}")).iter();
    let messages = rows.filter(|row| row["kind"] == "message");
    messages.map(|row| row["message_id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_is_what_was_known_and_a_time_is_what_had_happened() {
    let (edge, id) = with_a_late_message().await;
    for (moment, expected) in [
        ("position=0:0", &["m2"][..]),
        ("position=0:1", &["m1", "m2"]),
        ("position=0:2", &["m1", "m2"]),
        ("at=2026-09-26T09:00:00Z", &["m1"]),
        ("at=2026-09-26T09:59:59Z", &["m1"]),
        ("at=2026-09-26T07:00:00-03:00", &["m1", "m2"]),
        ("at=2036-01-01T00:00:00Z", &["m1", "m2"]),
    ] {
        let path = |part: &str| format!("/v1/conversations/{id}{part}?{moment}");
        assert_eq!(messages(&edge.get(&path("/thread")).await.json()), expected, "{moment}");
        let card = edge.get(&path("")).await.json();
        assert_eq!(card["id"], json!(id), "{moment}");
        assert_eq!(card["unread"], json!(expected.len()), "{moment}");
        let first = edge.get(&path("/timeline")).await.json()["items"][0].clone();
        assert_eq!(first["evidence"]["message_id"], json!(expected[0]), "{moment}");
        assert_eq!(card["origins"][0], first, "{moment}");
        let tickets = edge.get(&path("/tickets")).await.json();
        assert_eq!(tickets["items"][0]["opened_at"], first["at"], "{moment}");
        let windows = edge.get(&path("/windows")).await.json();
        assert_eq!(windows, card["windows"], "{moment}");
    }
    let path = format!("/v1/conversations/{id}/windows?at=2026-09-26T09:10:00Z");
    let windows = edge.get(&path).await.json();
    assert_eq!(windows["as_of"], json!("2026-09-26T09:10:00Z"));
    assert_eq!(windows["customer_care"]["closes_at"], json!("2026-09-27T09:00:00Z"));
    edge.engine.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_counted_at_any_instant() {
    let (edge, _) = with_a_late_message().await;
    for (query, new) in [
        ("", 2),
        ("?at=2026-09-26T08:59:59Z", 0),
        ("?at=2026-09-26T09:00:00Z", 1),
        ("?at=2026-09-26T09:30:00Z", 2),
        ("?at=2026-09-26T09:30:00Z&account=another", 0),
    ] {
        let queue = edge.get(&format!("/v1/queue{query}")).await.json();
        let counts = json!({"new": new, "unanswered": 0, "awaiting_customer": 0, "finished": 0});
        assert_eq!(queue["counts"], counts, "{query}");
        assert!(queue["as_of"].is_string(), "{queue}");
    }
    edge.engine.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_is_refused() {
    let (edge, id) = with_a_late_message().await;
    for (path, status, code) in [
        (
            format!("/v1/conversations/{id}?at=2026-09-26T08:59:59Z"),
            404,
            "not_found",
        ),
        (format!("/v1/conversations/{id}?at=yesterday"), 400, "invalid"),
        (format!("/v1/conversations/{id}/tickets?position=41"), 400, "invalid"),
        (format!("/v1/conversations/{id}/tickets?position=7:0"), 400, "invalid"),
        (
            format!("/v1/conversations/{id}/thread?position=0:0&at=2026-09-26T10:00:00Z"),
            400,
            "invalid",
        ),
        ("/v1/conversations?at=2026-09-26T10:00:00Z".to_owned(), 400, "invalid"),
        ("/v1/anomalies?position=0:0".to_owned(), 400, "invalid"),
        ("/v1/queue?position=0:0".to_owned(), 400, "invalid"),
    ] {
        let answer = edge.get(&path).await;
        assert_eq!(problem(&answer), (status, code.to_owned()), "{path}");
    }
    let began_later = edge
        .get(&format!("/v1/conversations/{id}/timeline?at=2026-09-26T08:00:00Z"))
        .await;
    assert!(
        began_later.json()["detail"].as_str().unwrap().contains("began later"),
        "{:?}",
        began_later.body
    );
    edge.engine.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_is_not_reached_in_time_may_be_tried_again() {
    let edge = edge(impatient(options()));
    edge.post("/v1/events", event(RITA, "2026-09-26T10:00:00Z", "m1", "oi"))
        .await;
    let answer = edge.get("/v1/conversations/cv_0000000000000001?position=0:9").await;
    assert_eq!(problem(&answer), (503, "not_there_yet".to_owned()));
    edge.engine.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_that_the_log_does_not_hold_any_more_is_not_made_up() {
    let log = Arc::new(MemoryLog::default());
    let edge = edge_on(log.clone(), options());
    edge.post("/v1/events", event(RITA, "2026-09-26T10:00:00Z", "m1", "oi"))
        .await;
    edge.post("/v1/events", event("5511955550202", "2026-09-26T10:00:00Z", "m2", "oi"))
        .await;
    let whole = edge.get("/v1/queue?at=2026-09-26T10:00:00Z");
    assert_eq!(whole.await.status, 200);
    edge.get("/v1/conversations/cv_0000000000000001?position=0:1").await;
    log.trim(Partition(0), Offset(1)).unwrap();
    for (phone, expected) in [
        (RITA, (410, "history_gone".to_owned())),
        ("5511955550202", (200, String::new())),
    ] {
        let page = edge.get(&format!("/v1/conversations?contact={phone}")).await.json();
        let id = page["items"][0]["id"].as_str().unwrap();
        let answer = edge
            .get(&format!("/v1/conversations/{id}?at=2026-09-26T10:00:00Z"))
            .await;
        assert_eq!(problem(&answer), expected, "{phone}");
    }
    edge.engine.stop().unwrap();
}
