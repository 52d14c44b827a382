//! Outreach over HTTP: what is wanted is recorded with what was told of it, shown where it belongs, and handed to whoever sends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, event, options, request};
use serde_json::{Value, json};

const CARD: &str = "Market,Currency,Marketing,Utility,Service\nBrazil,BRL,0.3217,0.0350,0.0350\n";
const CHANNEL: &str = "whatsapp:200000000000002";
const RITA: &str = "5511955550101";

async fn put(edge: &Edge, path: &str, body: impl Into<String>) {
    let answer = edge.send(request(Method::PUT, path, &[], body.into())).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
}

/// An edge with a channel, a card, a template with a variable, and one that only another team may send.
async fn maintained() -> Edge {
    let edge = edge(options());
    put(&edge, "/v1/rate-cards?effective_from=2026-10-01", CARD).await;
    let templates = json!([
        {"name": "sale", "language": "pt_BR", "category": "marketing", "body": "Oi, {{1}}: só hoje"},
        {"name": "bill", "language": "pt_BR", "category": "utility", "teams": ["finance"]},
    ]);
    put(&edge, "/v1/templates", templates.to_string()).await;
    put(&edge, &format!("/v1/channels/{CHANNEL}"), "{}").await;
    edge
}

/// The ids of a list.
async fn listed(edge: &Edge, after: &Answer, query: &str) -> Vec<String> {
    let page = edge.get_after(after, &format!("/v1/conversations{query}")).await.json();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn ask(edge: &Edge, key: &str, body: &Value) -> Answer {
    let headers = [("idempotency-key", key), ("content-type", "application/json")];
    edge.send(request(Method::POST, "/v1/outreach", &headers, body.to_string()))
        .await
}

fn sale(more: Value) -> Value {
    let mut body = json!({"contact": RITA, "channel": CHANNEL, "agent": "ana", "template": "sale.pt_BR", "variables": {"1": "Rita"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The id that the directory gave the template.
async fn id_of(edge: &Edge, name: &str) -> String {
    let told = edge.get("/v1/templates").await.json();
    let items = told["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["name"] == name).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

/// The rows of a thread that are outreach.
async fn lines(edge: &Edge, after: &Answer, id: &str) -> Vec<Value> {
    let thread = edge.get_after(after, &format!("/v1/conversations/{id}/thread")).await;
    let rows = thread.json()["items"].as_array().unwrap().clone();
    rows.into_iter()
        .filter(|row| row["type"] == "outreach_requested")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_never_wrote_has_a_conversation_then_without_a_ticket() {
    let edge = maintained().await;
    assert_eq!(id_of(&edge, "sale").await, "sale.pt_BR");
    let done = ask(&edge, "k1", &sale(json!({}))).await;
    assert_eq!(done.status, 200, "{:?}", done.body);
    let card = done.json();
    let id = card["id"].as_str().unwrap().to_owned();
    assert_eq!(card["contact"]["phone"], RITA);
    assert_eq!(card.get("ticket"), None, "nothing was sent: {card}");
    assert_eq!(card.get("origin"), None, "nothing came from anywhere: {card}");
    assert_eq!(card["windows"]["customer_care"]["state"], "closed");
    // It is found like any other, and nobody waits for anything.
    for query in ["", "?q=11955550101", "?q=5511955550101"] {
        assert_eq!(listed(&edge, &done, query).await, std::slice::from_ref(&id), "{query}");
    }
    let waits = edge.get("/v1/conversations?status=new").await.json();
    assert_eq!(waits["items"], json!([]));
    let rows = lines(&edge, &done, &id).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["text"], &rows[0]["agent"]), (&json!("sale"), &json!("ana")));
    let history = edge.get(&format!("/v1/conversations/{id}/history")).await.json();
    let told = &history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&told["what"], &told["new"], &told["who"]),
        (&json!("outreach"), &json!("sale"), &json!("ana"))
    );
    // The same again is the same; something else under its key is refused; with another key it is another.
    let again = ask(&edge, "k1", &sale(json!({}))).await;
    assert_eq!(
        (again.status.as_u16(), again.header("origem-position")),
        (200, done.header("origem-position"))
    );
    let reused = ask(&edge, "k1", &sale(json!({"variables": {"1": "Ana"}}))).await;
    assert_eq!(reused.json()["error"]["code"], "idempotency_key_reused");
    assert_eq!(lines(&edge, &again, &id).await.len(), 1);
    let other = ask(&edge, "k2", &sale(json!({}))).await;
    assert_eq!(lines(&edge, &other, &id).await.len(), 2);
    // By the id of the conversation as well.
    let by_id = ask(&edge, "k3", &sale(json!({"contact": id}))).await;
    assert_eq!(by_id.json()["id"], id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_whoever_sends_all_there_is_to_know() {
    let edge = maintained().await;
    let done = ask(&edge, "k1", &sale(json!({"team": "sales"}))).await;
    let id = done.json()["id"].clone();
    let (change, _) = edge.engine.feed(Default::default()).next().await.unwrap();
    let told = serde_json::to_value(origem_wire::json::Change::of(&change)).unwrap();
    assert_eq!(told["conversation"], id);
    let event = &told["event"];
    assert_eq!(event["kind"], "outreach_requested");
    assert_eq!(event["contact"]["aliases"], json!([{"kind": "phone", "value": RITA}]));
    assert_eq!(event["channel"], json!({"kind": "whatsapp", "id": "200000000000002"}));
    assert_eq!(
        (&event["agent"], &event["ticket"]["team"]),
        (&json!("ana"), &json!("sales"))
    );
    let mut outreach = event["outreach"].clone();
    // The rate that begins in October 2026 is not priced before it, and this test runs whenever it runs.
    let offer = outreach["offer"].as_object_mut().unwrap();
    for of_the_day in ["charge", "price", "currency", "until"] {
        offer.remove(of_the_day);
    }
    assert_eq!(
        outreach,
        json!({"template": "sale.pt_BR", "variables": {"1": "Rita"},
               "offer": {"way": "marketing", "template": {"name": "sale", "language": "pt_BR", "category": "marketing"}}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn free_text_is_for_open_windows_and_opens_nothing() {
    let edge = maintained().await;
    let now = origem_domain::time::Timestamp::from_micros(
        i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap(),
    );
    let written = edge.post("/v1/events", event(RITA, &now.to_string(), "m1", "oi")).await;
    let found = edge
        .get_after(&written, &format!("/v1/conversations?contact={RITA}"))
        .await
        .json();
    let before = found["items"][0].clone();
    let text = json!({"contact": RITA, "agent": "ana", "text": "Posso ajudar?"});
    let done = ask(&edge, "k1", &text).await;
    assert_eq!(done.status, 200, "{:?}", done.body);
    let card = done.json();
    assert_eq!(card["ticket"], before["ticket"], "still who waits waits");
    assert_eq!(
        card["windows"]["customer_care"]["closes_at"],
        before["windows"]["customer_care"]["closes_at"]
    );
    let rows = lines(&edge, &done, card["id"].as_str().unwrap()).await;
    assert_eq!(rows[0]["text"], "Posso ajudar?");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_somebody_wants_to_write_to_is_first_in_lists() {
    let edge = maintained().await;
    let mut ids = Vec::new();
    for (key, contact) in [("k1", RITA), ("k2", "5511955550102"), ("k3", RITA)] {
        let done = ask(&edge, key, &sale(json!({"contact": contact}))).await;
        assert_eq!(done.status, 200, "{:?}", done.body);
        ids.push(done.json()["id"].as_str().unwrap().to_owned());
        let first = listed(&edge, &done, "").await[0].clone();
        assert_eq!(ids.last(), Some(&first), "{key}");
    }
    assert_eq!(ids[0], ids[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_without_its_country_code_is_whoever_has_it_with_one_or_nobody() {
    let edge = maintained().await;
    let done = ask(&edge, "k1", &sale(json!({}))).await;
    let id = done.json()["id"].clone();
    for (contact, is_known) in [
        ("11 95555-0101", true),
        ("(11) 95555-0101", true),
        ("+55 11 95555-0101", true),
        ("+11 95555-0101", false),
    ] {
        let done = ask(&edge, contact, &sale(json!({"contact": contact}))).await;
        assert_eq!(done.status, 200, "{contact}: {:?}", done.body);
        assert_eq!(done.json()["id"] == id, is_known, "{contact}");
    }
    let refused = ask(&edge, "k9", &sale(json!({"contact": "11 95555-0102"}))).await;
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(refused.status, 400, "{message}");
    assert!(message.contains("with its country code and a `+`"), "{message}");
    assert_eq!(listed(&edge, &done, "?q=11955550102").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_sent_is_refused_and_begins_nothing() {
    let edge = maintained().await;
    for (body, status, code, said) in [
        (
            json!({"contact": RITA, "channel": CHANNEL, "text": "oi"}),
            409,
            "not_offered",
            "choose one of the send options",
        ),
        (
            sale(json!({"template": "bill.pt_BR", "variables": {}, "team": "sales"})),
            409,
            "not_offered",
            "bill.pt_BR",
        ),
        (
            sale(json!({"variables": {}})),
            409,
            "variable_required",
            "needs a value for `1`",
        ),
        (
            sale(json!({"variables": {"1": "Rita", "2": "x"}})),
            400,
            "invalid_value",
            "no place",
        ),
        (sale(json!({"text": "oi"})), 400, "invalid_value", "not both"),
        (sale(json!({"channel": "whatsapp"})), 400, "invalid", "KIND:ID"),
        (
            json!({"contact": RITA, "template": "sale.pt_BR"}),
            400,
            "invalid",
            "name the channel",
        ),
        (
            json!({"contact": "rita", "channel": CHANNEL, "template": "sale.pt_BR", "variables": {"1": "Rita"}}),
            400,
            "invalid",
            "nobody to be written to",
        ),
        (
            json!({"contact": "7", "channel": "webchat:1", "text": "oi"}),
            400,
            "invalid",
            "nobody to be written to",
        ),
        (
            json!({"contact": "cv_00000000000000ab", "text": "oi"}),
            404,
            "not_found",
            "cv_00000000000000ab",
        ),
        (sale(json!({"revision": 3})), 409, "stale_revision", "revision 3"),
    ] {
        let refused = ask(&edge, "k", &body).await;
        let told = refused.json();
        let message = told["error"]["message"].as_str().unwrap();
        assert_eq!(
            (refused.status.as_u16(), &told["error"]["code"]),
            (status, &json!(code)),
            "{body}: {message}"
        );
        assert!(message.contains(said), "{body}: {message}");
    }
    let none = edge.get("/v1/conversations").await.json();
    assert_eq!(none["items"], json!([]));
}
