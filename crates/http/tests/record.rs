//! The customer's record: the contact's card, the thread from either end, what is not kept, and how many customers an account has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, options, request};
use serde_json::{Value, json};

/// A message of Rita on WhatsApp at an hour of a day in September 2026.
fn said(day: u32, id: &str, message: Value) -> Value {
    let mut message = message;
    message["id"] = id.into();
    json!({
        "kind": "message_received", "channel": {"kind": "whatsapp", "id": "1"},
        "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}], "name": "Rita", "photo_url": format!("https://photos.example/{day}")},
        "occurred_at": format!("2026-09-{day:02}T10:00:00Z"), "message": message,
    })
}

async fn post(edge: &Edge, events: &[Value]) -> Answer {
    edge.post("/v1/events", Value::from(events).to_string()).await
}

async fn put(edge: &Edge, path: &str, entry: &Value) {
    let answer = edge.send(request(Method::PUT, path, &[], entry.to_string())).await;
    assert_eq!(answer.status, 200, "{:?}", answer.json());
}

async fn conversation(edge: &Edge, written: &Answer, contact: &str) -> String {
    let page = edge
        .get_after(written, &format!("/v1/conversations?contact={contact}"))
        .await
        .json();
    page["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_tells_what_the_contact_let_be_known() {
    let edge = edge(options());
    let events = [
        said(7, "w1", json!({"text": "oi"})),
        said(
            8,
            "w2",
            json!({"type": "location", "text": "Loja", "payload": "-23.5,-46.6"}),
        ),
        json!({
            "kind": "message_received", "channel": {"kind": "webchat", "id": "site-1"},
            "contact": {"aliases": [{"kind": "visitor", "value": "v-1"}]}, "occurred_at": "2026-09-09T10:00:00Z",
            "message": {"id": "m1", "text": "oi"}, "referral": {"referer_uri": "https://shop.example/spring?a=1"},
        }),
    ];
    let written = post(&edge, &events).await;
    let id = conversation(&edge, &written, "5511955550101").await;
    let card = edge.get(&format!("/v1/conversations/{id}")).await.json();
    let contact = &card["contact"];
    for (member, value) in [
        ("name", json!("Rita")),
        ("wa_url", json!("https://wa.me/5511955550101")),
        ("first_contact_at", json!("2026-09-07T10:00:00Z")),
        ("last_contact_at", json!("2026-09-08T10:00:00Z")),
        (
            "location",
            json!({"at": "2026-09-08T10:00:00Z", "point": "-23.5,-46.6", "name": "Loja"}),
        ),
        ("photo_url", json!("https://photos.example/7")),
    ] {
        assert_eq!(contact[member], value, "{member}");
    }
    assert_eq!(card["temperature"]["name"], "cold", "nobody wrote for months");
    let id = conversation(&edge, &written, "v-1").await;
    let contact = &edge.get(&format!("/v1/conversations/{id}")).await.json()["contact"];
    assert_eq!(contact["page_url"], "https://shop.example/spring?a=1");
    assert_eq!(contact["site"], "shop.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_read_from_either_end_and_says_what_it_does_not_keep() {
    let edge = edge(options());
    let image = json!({"type": "image", "text": "veja", "media": {"id": "media-1", "mime_type": "image/jpeg", "url": "https://media.example/1"}});
    let events = [
        said(7, "w1", json!({"text": "um"})),
        said(8, "w2", json!({"type": "sticker", "media": {"id": "media-2"}})),
        said(9, "w3", image),
        said(10, "w4", json!({"text": "quatro"})),
    ];
    let written = post(&edge, &events).await;
    let id = conversation(&edge, &written, "5511955550101").await;
    let whole = edge
        .get(&format!("/v1/conversations/{id}/thread?types=text,sticker,image"))
        .await
        .json();
    let rows = whole["items"].as_array().unwrap();
    let told: Vec<Value> = rows
        .iter()
        .map(|row| json!([row["message_id"], row["withheld"], row["attachment"]["id"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["w1", null, null]),
            json!(["w2", true, null]),
            json!(["w3", null, "media-1"]),
            json!(["w4", null, null]),
        ]
    );
    // From the latest on, a row a page; what is written meanwhile moves nothing.
    let mut path = format!("/v1/conversations/{id}/thread?types=text,sticker,image&order=latest&limit=1");
    let mut seen = Vec::new();
    for _ in 0..4 {
        let page = edge.get(&path).await.json();
        seen.push(page["items"][0]["message_id"].as_str().unwrap().to_owned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/conversations/{id}/thread?types=text,sticker,image&order=latest&limit=1&cursor={next}");
        let number = seen.len();
        let late = said(20, &format!("late{number}"), json!({"text": "depois"}));
        let written = post(&edge, &[late]).await;
        edge.get_after(&written, &path).await;
    }
    assert_eq!(seen, ["w4", "w3", "w2", "w1"]);
    let refused = edge.get(&format!("/v1/conversations/{id}/thread?cursor=abc")).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_who_wrote_in_a_month_are_counted_beside_the_plan() {
    let edge = edge(options());
    put(
        &edge,
        "/v1/plans/basic",
        &json!({"name": "Basic", "monthly_active_customers": 1000}),
    )
    .await;
    put(&edge, "/v1/accounts/default", &json!({"plan": "basic"})).await;
    let mut events = vec![
        said(7, "w1", json!({"text": "oi"})),
        said(8, "w2", json!({"text": "oi"})),
    ];
    // Written to, not writing.
    events.push(json!({
        "kind": "message_sent", "channel": {"kind": "whatsapp", "id": "1"}, "via": "web",
        "contact": {"aliases": [{"kind": "phone", "value": "5511955550102"}]}, "occurred_at": "2026-09-09T10:00:00Z", "message": {"id": "w3"},
    }));
    let written = post(&edge, &events).await;
    for (month, count) in [("2026-09-15", 1), ("2026-10-01", 0), ("2026-08-31", 0)] {
        let usage = edge
            .get_after(&written, &format!("/v1/accounts/default/usage?month={month}"))
            .await
            .json();
        assert_eq!(usage["active_customers"], count, "{month}");
        assert_eq!(usage["plan"]["monthly_active_customers"], 1000);
    }
}
