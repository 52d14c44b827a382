//! The feed of changes: from anywhere, resumed anywhere, no gap and no repeat.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::Method;
use common::{Edge, edge, edge_on, event, options, request};
use futures_util::StreamExt as _;
use origem_domain::position::{Offset, Partition};
use origem_http::Options;
use origem_log::{EventLog as _, MemoryLog};
use serde_json::{Value, json};

/// One listener and what it has not looked at yet.
struct Listener {
    stream: BodyDataStream,
    text: String,
}

impl Listener {
    async fn of(edge: &Edge, path: &str, headers: &[(&str, &str)]) -> Self {
        let response = edge.response(request(Method::GET, path, headers, "")).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            stream: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    /// The next block of the stream; `None` at its end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.stream.next()).await;
            let chunk = chunk.expect("the stream is silent")?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The id and the data of the next change.
    async fn change(&mut self) -> (String, Value) {
        let block = self.block().await.expect("the stream ended");
        let field = |name: &str| {
            let line = block
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("no {name}: {block}")).to_owned()
        };
        assert_eq!(field("event"), "change");
        (field("id"), serde_json::from_str(&field("data")).unwrap())
    }

    async fn ids(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.change().await.0);
        }
        ids
    }
}

async fn write(edge: &Edge, ids: std::ops::Range<usize>) {
    let line = |at| event("5511955550101", "2026-09-26T10:01:00Z", &format!("m{at}"), "oi");
    let answer = edge
        .post("/v1/events", ids.map(line).collect::<Vec<_>>().join("\n"))
        .await;
    edge.get_after(&answer, "/v1/anomalies").await;
}

fn positions(offsets: std::ops::Range<usize>) -> Vec<String> {
    offsets.map(|offset| format!("0:{offset}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_tells_position_conversation_and_event() {
    let edge = edge(options());
    let mut listener = Listener::of(&edge, "/v1/changes", &[]).await;
    write(&edge, 0..1).await;
    let (id, change) = listener.change().await;
    assert_eq!((id.as_str(), &change["position"]), ("0:0", &Value::from("0:0")));
    assert!(
        change["conversation"].as_str().is_some_and(|id| id.starts_with("cv_")),
        "{change}"
    );
    assert_eq!(change["event"]["kind"], "message_received");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_tells_what_the_event_did_to_the_windows() {
    let edge = edge(options());
    let mut listener = Listener::of(&edge, "/v1/changes", &[]).await;
    let mut ad: Value = serde_json::from_str(&event(
        "5511955550101",
        "2026-09-26T10:01:00Z",
        "m1",
        "quero saber mais",
    ))
    .unwrap();
    ad["referral"] = json!({"source_type": "ad", "source_id": "1202", "ctwa_clid": "Afe_"});
    let mut answer = ad.clone();
    answer["kind"] = json!("message_sent");
    answer["via"] = json!("api");
    answer["message"]["id"] = json!("m2");
    answer["occurred_at"] = json!("2026-09-26T10:02:00Z");
    answer.as_object_mut().unwrap().remove("referral");
    let mut reaction = ad.clone();
    reaction["kind"] = json!("message_reaction");
    reaction["reaction"] = json!({"message_id": "m2", "emoji": "x"});
    for field in ["message", "referral"] {
        reaction.as_object_mut().unwrap().remove(field);
    }
    // The ad twice: what is delivered again changes nothing.
    let lines = [&ad, &ad, &answer, &reaction].map(Value::to_string);
    edge.post("/v1/events", lines.join("\n")).await;
    let opened = json!([
        {"window": "customer_care", "change": "opened", "closes_at": "2026-09-27T10:01:00Z"},
        {"window": "free_entry_point", "change": "candidate", "reply_by": "2026-09-27T10:01:00Z"},
    ]);
    let answered = json!([{"window": "free_entry_point", "change": "estimated", "closes_at": "2026-09-29T10:02:00Z"}]);
    for expected in [Some(&opened), None, Some(&answered), None] {
        let (_, change) = listener.change().await;
        assert_eq!(change.get("windows"), expected, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let edge = edge(options());
    write(&edge, 0..250).await; // more than are read at once

    let mut listener = Listener::of(&edge, "/v1/changes?after=start", &[]).await;
    assert_eq!(listener.ids(130).await, positions(0..130));
    drop(listener);
    write(&edge, 250..260).await; // while nobody listens

    let mut listener = Listener::of(&edge, "/v1/changes?after=start", &[("last-event-id", "0:129")]).await;
    assert_eq!(listener.ids(130).await, positions(130..260));
    write(&edge, 260..265).await; // while it waits
    assert_eq!(listener.ids(5).await, positions(260..265));

    let mut listener = Listener::of(&edge, "/v1/changes?after=0:262", &[]).await;
    assert_eq!(listener.ids(2).await, positions(263..265));

    let mut listener = Listener::of(&edge, "/v1/changes", &[]).await;
    write(&edge, 265..266).await;
    assert_eq!(listener.ids(1).await, positions(265..266));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_comes_back_to_a_log_that_gave_up_its_start() {
    let log = Arc::new(MemoryLog::default());
    let edge = edge_on(log.clone(), options());
    write(&edge, 0..6).await;
    log.trim(Partition(0), Offset(3)).unwrap();
    for (after, left) in [
        ("0:0", None),
        ("0:1", None),
        ("0:2", Some(3..6)), // the next one is there
        ("0:4", Some(5..6)),
        ("start", Some(3..6)),
    ] {
        let path = format!("/v1/changes?after={after}");
        let Some(left) = left else {
            let answer = edge.get(&path).await;
            assert_eq!(answer.status, 410, "{after}");
            assert_eq!(answer.json()["error"]["code"], "history_gone", "{after}");
            continue;
        };
        let mut listener = Listener::of(&edge, &path, &[]).await;
        assert_eq!(listener.ids(left.len()).await, positions(left), "{after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_listeners_hear_the_same() {
    let edge = edge(options());
    let mut listeners = Vec::new();
    for _ in 0..50 {
        listeners.push(Listener::of(&edge, "/v1/changes", &[]).await);
    }
    for at in 0..5 {
        write(&edge, at * 10..at * 10 + 10).await;
    }
    for listener in &mut listeners {
        assert_eq!(listener.ids(50).await, positions(0..50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_broken_by_comments_and_the_end_of_the_server_ends_the_stream() {
    let edge = edge(Options {
        heartbeat: Duration::from_millis(20),
        ..options()
    });
    let mut listener = Listener::of(&edge, "/v1/changes", &[]).await;
    assert_eq!(listener.block().await.as_deref(), Some(":"));
    edge.state.close();
    while let Some(block) = listener.block().await {
        assert_eq!(block, ":");
    }
    let mut late = Listener::of(&edge, "/v1/changes", &[]).await;
    assert_eq!(late.block().await, None);
}
