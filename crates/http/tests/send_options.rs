//! The choice before writing: what can be sent to somebody, and what each of it costs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, event, options, request};
use serde_json::{Value, json};

const CARD: &str =
    "Market,Currency,Marketing,Utility,Service\nBrazil,BRL,0.3217,0.0350,0.0350\nOther,BRL,0.5,0.2,0.2\n";
const CHANNEL: &str = "whatsapp:200000000000002";

async fn put(edge: &Edge, path: &str, body: impl Into<String>) -> Answer {
    let answer = edge.send(request(Method::PUT, path, &[], body.into())).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
    answer
}

/// An edge with a card and two templates.
async fn maintained() -> Edge {
    let edge = edge(options());
    put(&edge, "/v1/rate-cards?effective_from=2026-10-01", CARD).await;
    let templates = json!([
        {"name": "sale", "language": "pt_BR", "category": "marketing", "body": "Só hoje"},
        {"name": "bill", "language": "pt_BR", "category": "utility", "teams": ["finance"]},
    ]);
    put(&edge, "/v1/templates", templates.to_string()).await;
    edge
}

/// What is told of each: `sale 0.3217`.
fn told(answer: &Value) -> Vec<String> {
    let item = |item: &Value| {
        let name = item.pointer("/template/name").unwrap_or(&item["way"]).as_str().unwrap();
        let price = item
            .pointer("/price/amount")
            .or(item.get("no_price"))
            .unwrap_or(&item["charge"]);
        format!("{name} {price}").replace('"', "")
    };
    answer["items"].as_array().unwrap().iter().map(item).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_never_wrote_can_be_sent_templates() {
    let edge = maintained().await;
    let when = "when=2026-10-20T10:00:00Z";
    for (query, country, expected) in [
        (
            format!("contact=5511955550101&channel={CHANNEL}&{when}"),
            json!("BR"),
            &["bill 0.035", "sale 0.3217"][..],
        ),
        (
            format!("contact=%2B254%20712%20345678&channel={CHANNEL}&{when}"),
            json!("KE"),
            &["bill 0.2", "sale 0.5"],
        ),
        (
            format!("contact=BR.1000000000000001&channel={CHANNEL}&{when}"),
            json!("BR"),
            &["bill 0.035", "sale 0.3217"],
        ),
        (
            format!("contact=5511955550101&channel={CHANNEL}&category=marketing&{when}"),
            json!("BR"),
            &["sale 0.3217"],
        ),
        (
            format!("contact=5511955550101&channel={CHANNEL}&team=sales&{when}"),
            json!("BR"),
            &["sale 0.3217"],
        ),
        (
            format!("contact=5511955550101&channel={CHANNEL}&when=2026-09-30T10:00:00Z"),
            json!("BR"),
            &["sale no_rate_card", "bill no_rate_card"],
        ),
        (format!("contact=somebody&channel=messenger:1&{when}"), json!(null), &[]),
        (
            format!("contact=somebody&channel=webchat:1&{when}"),
            json!(null),
            &["free_form free"],
        ),
    ] {
        let answer = edge.get(&format!("/v1/send-options?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {:?}", answer.body);
        let answer = answer.json();
        assert_eq!(answer.get("conversation"), None);
        assert_eq!(answer.get("country").unwrap_or(&json!(null)), &country, "{query}");
        let mut told = told(&answer);
        let mut expected: Vec<&str> = expected.to_vec();
        if query.contains("when=2026-09") {
            // Without prices nothing is cheaper.
            told.sort();
            expected.sort_unstable();
        }
        assert_eq!(told, expected, "{query}");
    }
    for (query, said) in [
        (
            "contact=5511955550101",
            "channel is not valid: 5511955550101 has no conversation yet",
        ),
        ("contact=5511955550101&channel=whatsapp", "is not KIND:ID"),
        ("contact=5511955550101&category=promo", "unknown variant `promo`"),
        ("channel=whatsapp:1", "missing field `contact`"),
    ] {
        let refused = edge.get(&format!("/v1/send-options?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(
            refused.json()["error"]["message"].as_str().unwrap().contains(said),
            "{:?}",
            refused.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_conversation_free_text_comes_first_while_it_may_be_sent() {
    let edge = maintained().await;
    let said = edge
        .post(
            "/v1/events",
            event("5511955550101", "2026-10-20T10:00:00Z", "wamid.1", "oi"),
        )
        .await;
    for (when, expected) in [
        (
            "2026-10-20T11:00:00Z",
            &["free_form free", "bill 0.035", "sale 0.3217"][..],
        ),
        ("2026-10-21T10:00:00Z", &["bill 0.035", "sale 0.3217"]),
    ] {
        let answer = edge
            .get_after(&said, &format!("/v1/send-options?contact=5511955550101&when={when}"))
            .await
            .json();
        assert_eq!(told(&answer), expected);
        assert_eq!(answer["channel"], json!({"kind": "whatsapp", "id": "200000000000002"}));
        assert!(answer["conversation"].as_str().unwrap().starts_with("cv_"));
        assert!(answer["windows"]["advice"]["en"].is_string());
    }
    // Neither another channel nor another tenant is answered with what there is.
    let known = edge.get_after(&said, "/v1/send-options?contact=5511955550101").await;
    let id = known.json()["conversation"].as_str().unwrap().to_owned();
    for (query, status) in [
        (format!("contact={id}"), 200),
        (format!("contact={id}&channel={CHANNEL}&account=default"), 200),
        (format!("contact={id}&channel=whatsapp:2"), 400),
        (format!("contact={id}&account=acme"), 404),
        ("contact=5511955550101&account=default".to_owned(), 200),
        ("contact=5511955550101&account=acme".to_owned(), 400),
    ] {
        assert_eq!(
            edge.get(&format!("/v1/send-options?{query}")).await.status,
            status,
            "{query}"
        );
    }
    let other = edge
        .get(&format!(
            "/v1/send-options?contact=5511955550101&account=acme&channel={CHANNEL}"
        ))
        .await
        .json();
    assert_eq!((other.get("conversation"), &other["items"]), (None, &json!([])));
}

/// A template webhook as Meta writes it.
fn webhook(seconds: i64, field: &str, value: &Value) -> String {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "100000000000001", "time": seconds,
        "changes": [{"field": field, "value": value}]}]})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_reports_of_templates_is_in_the_catalogue() {
    let edge = maintained().await;
    let of = |name: &str, more: Value| {
        let mut value =
            json!({"message_template_id": 1, "message_template_name": name, "message_template_language": "pt_BR"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    };
    let listed = || async {
        let list = edge.get("/v1/templates").await.json();
        let items = list["items"].as_array().unwrap().clone();
        let item = |item: &Value| format!("{} {} {}", item["id"], item["category"], item["status"]).replace('"', "");
        items.iter().map(item).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, ["bill.pt_BR utility null", "sale.pt_BR marketing null"]);
    // Of 2017, before anything was written here.
    let then = 1_500_000_000;
    for (field, value) in [
        (
            "message_template_status_update",
            of("sale", json!({"event": "PAUSED", "reason": null})),
        ),
        (
            "message_template_status_update",
            of(
                "news",
                json!({"event": "APPROVED", "message_template_category": "MARKETING"}),
            ),
        ),
        (
            "template_category_update",
            of(
                "bill",
                json!({"previous_category": "UTILITY", "new_category": "MARKETING"}),
            ),
        ),
    ] {
        let posted = edge.post("/webhooks/meta", webhook(then, field, &value)).await;
        assert_eq!(posted.status, 200);
        let seen = edge.get_after(&posted, "/v1/conversations").await;
        assert_eq!(seen.status, 200);
    }
    // Reports of before the entries were written do not undo them; what only the provider knows is there.
    assert_eq!(
        listed().await,
        [
            "bill.pt_BR utility null",
            "news.pt_BR marketing approved",
            "sale.pt_BR marketing paused"
        ]
    );
    let one = edge.get("/v1/templates/news.pt_BR").await.json();
    assert_eq!(
        (&one["name"], &one["updated_at"]),
        (&json!("news"), &json!("2017-07-14T02:40:00Z"))
    );
    assert_eq!(edge.get("/v1/templates/nothing.pt_BR").await.status, 404);
    let path = format!("/v1/send-options?contact=5511955550101&channel={CHANNEL}&when=2026-10-20T10:00:00Z");
    assert_eq!(
        told(&edge.get(&path).await.json()),
        ["bill 0.035", "news 0.3217"],
        "a paused one is not offered"
    );
}
