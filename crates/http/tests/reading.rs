//! Reads: the shapes of the contract, pages, and reading one's own writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, event, impatient, options, request, whatsapp};
use serde_json::{Value, json};

const AD: &str = r#"{"from":"5511955550101","id":"wamid.AD","timestamp":"1790416860","type":"text","text":{"body":"Quero saber mais"},"referral":{"source_type":"ad","source_id":"1202","source_url":"https://fb.me/A","ctwa_clid":"Afe_","headline":"Oferta","body":"...","media_type":"image","image_url":"https://cdn.example/a.jpg"}}"#;

async fn with_an_ad() -> (Edge, Answer) {
    let edge = edge(options());
    let written = edge.post("/webhooks/meta", whatsapp(AD)).await;
    assert_eq!(
        written.json(),
        json!({"events": 1, "unrecognised": 0, "position": "0:0"})
    );
    (edge, written)
}

fn id_of(page: &Value) -> String {
    page["items"][0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{page}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_has_the_shape_of_the_contract() {
    let (edge, written) = with_an_ad().await;
    let page = edge.get_after(&written, "/v1/conversations").await.json();
    let id = id_of(&page);
    let mut one = edge.get(&format!("/v1/conversations/{id}")).await.json();
    // What may be sent now depends on when it is asked, and so does how lively it is.
    for of_now in ["windows", "temperature"] {
        assert!(one.as_object_mut().unwrap().remove(of_now).is_some(), "{of_now}");
    }
    let touch = &one["origin"];
    let expected_touch = json!({
        "id": touch["id"], "at": "2026-09-26T10:01:00Z", "kind": "ad", "platform": "unknown",
        "label": "Campanha Meta",
        "entry": {"type": "ad", "value": "1202"},
        "ad": {"id": "1202", "headline": "Oferta", "source_url": "https://fb.me/A", "image_url": "https://cdn.example/a.jpg"},
        "ctwa_clid": "Afe_", "confidence": "certain", "rule": "ad.referral@1",
        "because": "the message carries the referral of an ad",
        "evidence": {"position": "0:0", "message_id": "wamid.AD"}, "ticket_id": one["ticket"]["id"], "also": [],
    });
    assert_eq!(touch, &expected_touch);
    let expected = json!({
        "id": id, "account": "default", "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "contact": {
            "id": id.replace("cv_", "ct_"), "phone": "5511955550101",
            "aliases": [{"kind": "phone", "value": "5511955550101"}], "wa_url": "https://wa.me/5511955550101",
            "first_contact_at": "2026-09-26T10:01:00Z", "last_contact_at": "2026-09-26T10:01:00Z",
        },
        "origin": expected_touch, "origins": [expected_touch], "origins_count": 1,
        "ticket": {
            "id": one["ticket"]["id"], "status": "new", "opened_at": "2026-09-26T10:01:00Z",
            "opened_by": "message_received", "revision": 1,
        },
        "unread": 1, "last_message_at": "2026-09-26T10:01:00Z", "last_activity_at": "2026-09-26T10:01:00Z", "position": "0:0",
        "last_message": {"at": "2026-09-26T10:01:00Z", "direction": "in", "type": "text", "text": "Quero saber mais"},
        "waiting_since": "2026-09-26T10:01:00Z",
    });
    assert_eq!(one, expected);

    let timeline = edge.get(&format!("/v1/conversations/{id}/timeline")).await.json();
    assert_eq!(timeline, json!({"items": [expected_touch]}));
    let tickets = edge.get(&format!("/v1/conversations/{id}/tickets")).await.json();
    let mut ticket = expected["ticket"].clone();
    ticket["origins"] = json!([expected_touch]);
    assert_eq!(tickets, json!({"items": [ticket]}));
    let thread = edge.get(&format!("/v1/conversations/{id}/thread")).await.json();
    let at = "2026-09-26T10:01:00Z";
    assert_eq!(
        thread,
        json!({"items": [
            {"at": at, "kind": "touch", "type": "ad", "text": "Campanha Meta", "message_id": "wamid.AD", "touch": expected_touch},
            {"at": at, "kind": "message", "direction": "in", "message_id": "wamid.AD", "type": "text", "text": "Quero saber mais"},
        ]})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_filtered_counted_and_paged() {
    let (edge, _) = with_an_ad().await;
    let others: Vec<_> = (1..=4)
        .map(|at| {
            event(
                &format!("551195555020{at}"),
                &format!("2026-09-26T10:0{at}:30Z"),
                &format!("m{at}"),
                "oi",
            )
        })
        .collect();
    let written = edge.post("/v1/events", others.join("\n")).await;
    assert_eq!(
        written.json(),
        json!({"accepted": 4, "unrecognised": 0, "position": "0:4"})
    );

    let all = edge.get_after(&written, "/v1/conversations").await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 5);
    assert_eq!(
        all["counts"],
        json!({"new": 5, "unanswered": 0, "awaiting_customer": 0, "finished": 0})
    );
    assert_eq!(all.get("next"), None);
    for (query, count) in [
        ("origin=ad", 1),
        ("origin=organic", 4),
        ("ad=1202", 1),
        ("status=new&platform=whatsapp", 4),
        ("status=finished", 0),
        ("q=rita", 4),
        ("q=5511955550203", 1),
        ("from=2026-09-26T10:03:00Z", 2),
        ("from=2026-09-26T10:01:00Z&to=2026-09-26T10:01:30Z", 1),
        ("account=another", 0),
        ("contact=%2B55+11+95555-0101", 1),
        ("contact=5511955550101&channel=whatsapp:200000000000002", 1),
        ("status=new&limit=3", 3),
    ] {
        let page = edge.get(&format!("/v1/conversations?{query}")).await.json();
        assert_eq!(page["items"].as_array().map(Vec::len), Some(count), "{query}: {page}");
    }

    for order in ["latest", "oldest"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = edge
                .get(&format!("/v1/conversations?order={order}&limit=2{cursor}"))
                .await
                .json();
            seen.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|item| item["last_activity_at"].to_string()),
            );
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        if order == "latest" {
            sorted.reverse();
        }
        assert_eq!(seen.len(), 5, "{order}");
        assert_eq!(seen, sorted, "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_searched_and_paged() {
    let edge = edge(options());
    let lines: Vec<_> = ["olá", "tem café?", "quanto custa?"]
        .iter()
        .enumerate()
        .map(|(at, text)| {
            event(
                "5511955550101",
                &format!("2026-09-26T10:0{at}:00Z"),
                &format!("m{at}"),
                text,
            )
        })
        .collect();
    let written = edge.post("/webhooks/event", format!("[{}]", lines.join(","))).await;
    let id = id_of(&edge.get_after(&written, "/v1/conversations").await.json());
    let texts = |page: &Value| -> Vec<String> {
        let rows = page["items"].as_array().unwrap().iter();
        rows.filter(|row| row["kind"] == "message")
            .map(|row| row["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let found = edge.get(&format!("/v1/conversations/{id}/thread?q=CAFE")).await.json();
    assert_eq!(texts(&found), ["tem café?"]);
    let first = edge.get(&format!("/v1/conversations/{id}/thread?limit=3")).await.json();
    assert_eq!(texts(&first), ["olá", "tem café?"]); // the first row is the touch
    let next = first["next"].as_str().unwrap();
    let second = edge
        .get(&format!("/v1/conversations/{id}/thread?limit=3&cursor={next}"))
        .await
        .json();
    assert_eq!(texts(&second), ["quanto custa?"]);
    assert_eq!(second.get("next"), None);
}

/// No sleep anywhere: every write is read at once, a hundred times, and never missed.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read_with_its_position() {
    let edge = edge(options());
    for at in 0..100 {
        let phone = format!("551195555{at:04}");
        let written = edge
            .post(
                "/v1/events",
                event(&phone, "2026-09-26T10:01:00Z", &format!("m{at}"), "oi"),
            )
            .await;
        let read = edge
            .get_after(&written, &format!("/v1/conversations?contact={phone}"))
            .await;
        assert_eq!(read.status, 200, "{phone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_in_time_is_said_to_be_so() {
    let edge = edge(impatient(options()));
    let late = request(Method::GET, "/v1/anomalies", &[("origem-min-position", "0:0")], "");
    let answer = edge.send(late).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["error"]["code"].clone()),
        (503, json!("not_there_yet"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_intake_counts_duplicates_when_asked_to_wait() {
    let edge = edge(options());
    let line = event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi");
    let body = format!("{line}\r\n\n{line}\n");
    let first = edge.post("/v1/deliveries?source=event&wait=true", body.clone()).await;
    let expected = json!({"deliveries": 2, "events": 2, "unrecognised": 0, "duplicates": 1, "conversations": 1, "position": "0:1"});
    assert_eq!(first.json(), expected);
    let again = edge.post("/v1/deliveries?source=event", body).await;
    let expected = json!({"deliveries": 2, "events": 2, "unrecognised": 0, "position": "0:3"});
    assert_eq!(again.json(), expected);
    let whole = edge
        .post("/v1/deliveries?source=event&split=none", format!("[\n{line}\n]"))
        .await;
    assert_eq!(whole.json()["deliveries"], 1);
    assert_eq!(whole.json()["unrecognised"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_are_told_how_it_is() {
    let (edge, written) = with_an_ad().await;
    edge.get_after(&written, "/v1/conversations").await;
    assert_eq!(edge.get("/healthz").await.json(), json!({"status": "ok"}));
    assert_eq!(
        edge.get("/readyz").await.json(),
        json!({"ready": true, "lag": 0, "lag_seconds": 0})
    );
    edge.engine.stop().unwrap();
    let closed = edge
        .post("/v1/events", event("5511955550101", "2026-09-26T10:01:00Z", "m9", "oi"))
        .await;
    assert_eq!(closed.status, 503);
}
