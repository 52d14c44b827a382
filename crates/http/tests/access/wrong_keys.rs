//! Wrong keys: whoever shows many is told to wait, and nobody else is.

use axum::http::{Method, StatusCode};
use origem_domain::access::Role;
use origem_http::Peer;

use super::common::{Answer, Edge, request};
use super::{OPERATOR, guarded, key, told};

/// Asks from an address, with a key or without.
async fn ask_from(edge: &Edge, address: &str, key: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    let shown = if key.is_empty() { &[][..] } else { &headers[..] };
    let mut asked = request(Method::GET, "/v1/me", shown, "");
    asked.extensions_mut().insert(Peer(address.parse().unwrap()));
    edge.send(asked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_many_keys_waits_and_right_ones_never_do() {
    const CROWD: &str = "192.0.2.1";
    let edge = guarded();
    let right = key(&edge, Role::Manager, Some("default"), None);
    let wrong = "origem_0123456789_not-a-key";
    let mut refused = 0;
    // More than are allowed at once only where this takes long.
    let limited = loop {
        let answer = ask_from(&edge, CROWD, wrong).await;
        if answer.status != StatusCode::UNAUTHORIZED {
            break answer;
        }
        refused += 1;
        assert!(refused < 2_000, "nobody says stop");
    };
    assert!(refused >= 20, "{refused}");
    assert_eq!(told(&limited), "429 too_many_attempts");
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=3).contains(&wait), "{wait}");

    let metrics = ask_from(&edge, "192.0.2.3", OPERATOR).await;
    assert_eq!(told(&metrics), "200");
    for (address, key, expected) in [
        // Who shares the proxy and has a right key.
        (CROWD, &*right, "200"),
        (CROWD, OPERATOR, "200"),
        // Who shows none tries none.
        (CROWD, "", "401 unauthorised"),
        ("192.0.2.2", wrong, "401 unauthorised"),
    ] {
        assert_eq!(told(&ask_from(&edge, address, key).await), expected, "{address} {key}");
    }
    let bearer = format!("Bearer {OPERATOR}");
    let text = edge
        .send(request(Method::GET, "/metrics", &[("authorization", &bearer)], ""))
        .await;
    let text = String::from_utf8(text.body.to_vec()).unwrap();
    for line in [
        format!("origem_wrong_keys_total{{answer=\"refused\"}} {}\n", refused + 1),
        "origem_wrong_keys_total{answer=\"told_to_wait\"} 1\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(!text.contains("192.0.2"), "{text}");
}
