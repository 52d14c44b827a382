//! Producers bring events of their account, and read nothing.

use axum::http::Method;
use origem_domain::access::Role;
use serde_json::json;

use super::common::event;
use super::{OPERATOR, ask, guarded, key, told};

#[tokio::test(flavor = "multi_thread")]
async fn events_are_of_the_account_of_whoever_brings_them() {
    let edge = guarded();
    let of_acme = key(&edge, Role::Producer, Some("acme"), None);
    let of_any = key(&edge, Role::Producer, None, None);
    let plain = event("5511955550101", "2026-09-20T10:00:00Z", "wamid.1", "oi");
    let of = |account: &str| plain.replacen('{', &format!(r#"{{"account":"{account}","#), 1);
    for path in ["/v1/events", "/v1/deliveries?source=event", "/webhooks/event"] {
        for (key, body, expected) in [
            (&of_acme, plain.clone(), "200"),
            (&of_acme, of("acme"), "200"),
            (&of_acme, of("other"), "403 forbidden"),
            (&of_any, of("other"), "200"),
            (&of_any, plain.clone(), "200"),
        ] {
            let answer = ask(&edge, key, Method::POST, path, &body).await;
            assert_eq!(told(&answer), expected, "{path} {body}");
        }
    }
    // However it is said, nothing of another account comes in, and nothing that came with it.
    let twice = plain.replacen('{', r#"{"account":"acme","account":"other","#, 1);
    let escaped = plain.replacen('{', r#"{"\u0061ccount":"other","#, 1);
    let unknown = r#"{"account":"other","kind":"of_another_day"}"#.to_owned();
    let both = format!("[{plain},{}]", of("other"));
    let deep = format!("[[{}]]", of("other"));
    let lines = format!("{plain}\n{}", of("other"));
    let far = format!("{}{both}", format!("{}\n", of("acme")).repeat(4_000));
    assert!(far.len() > 1 << 20, "more than is appended at once");
    let before = edge.engine.status().unwrap().partitions[0].tail;
    for path in ["/v1/events", "/v1/deliveries?source=event", "/webhooks/event"] {
        for body in [&twice, &escaped, &unknown, &both, &deep, &lines, &far] {
            let is_plain = path == "/webhooks/event" && body.contains('\n');
            let is_no_event = path == "/v1/events" && (body == &deep || body == &far);
            let expected = match (is_plain, is_no_event) {
                (false, false) => "403 forbidden",
                (_, true) if body == &far => "413 too_large",
                (_, true) => "400 invalid",
                // Not JSON as a whole: kept as what is not understood.
                (true, false) => continue,
            };
            let answer = ask(&edge, &of_acme, Method::POST, path, body).await;
            assert_eq!(told(&answer), expected, "{path} {}", &body[..body.len().min(200)]);
        }
    }
    let after = edge.engine.status().unwrap().partitions[0].tail;
    assert_eq!(after, before, "something of it was kept");
    let written = ask(&edge, OPERATOR, Method::POST, "/v1/events", &plain).await;
    let position = written.header("origem-position").to_owned();
    // What names no account is of the producer's.
    let path = "/v1/conversations?account=acme";
    let bearer = format!("Bearer {OPERATOR}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("origem-min-position", position.as_str()),
    ];
    let list = edge.send(super::request(Method::GET, path, &headers, "")).await.json();
    assert_eq!(list["items"][0]["account"], json!("acme"));
}
