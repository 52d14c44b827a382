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
    let both = format!("[{plain},{}]", of("other"));
    let answer = ask(&edge, &of_acme, Method::POST, "/v1/events", &both).await;
    assert_eq!(told(&answer), "403 forbidden");
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
