//! Commands of callers who proved who they are: what a key that comes again shows, and in whose name something was done.

use std::time::Duration;

use axum::http::Method;
use origem_domain::access::Role;
use serde_json::{Value, json};

use super::common::{Answer, Edge, event, request};
use super::{OPERATOR, ask, guarded, key, told};

/// An edge with two agents, and the conversation of somebody who wrote.
async fn begun() -> (Edge, String) {
    let edge = guarded();
    for agent in ["ana", "bia"] {
        let entry = json!({"name": format!("{agent} Teste")}).to_string();
        let written = ask(&edge, OPERATOR, Method::PUT, &format!("/v1/agents/{agent}"), &entry).await;
        assert_eq!(told(&written), "200");
    }
    let phone = "5511955550101";
    let told = event(phone, "2026-09-26T10:00:00Z", "m1", "oi");
    let written = ask(&edge, OPERATOR, Method::POST, "/v1/events", &told).await;
    let positions = written.header("origem-position").parse().unwrap();
    edge.engine.wait(&positions, Duration::from_secs(30)).await.unwrap();
    let id = edge.engine.find(phone, None).unwrap().to_string();
    (edge, id)
}

/// Gives a command, with an idempotency key unless that is empty.
async fn act(edge: &Edge, key: &str, path: &str, again: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", again)];
    let headers = if again.is_empty() { &headers[..1] } else { &headers[..] };
    edge.send(request(Method::POST, path, headers, body.to_string())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_again_shows_nothing_to_who_sees_nothing_any_more() {
    let (edge, id) = begun().await;
    let home = Some("default");
    let (ana, dora) = (
        key(&edge, Role::Agent, home, Some("ana")),
        key(&edge, Role::Manager, home, Some("dora")),
    );
    let [claim, transfer] = ["claim", "transfer"].map(|act| format!("/v1/conversations/{id}/{act}"));
    let to_bia = json!({"assignee": "bia"});
    for (who, path, again, body, expected) in [
        (&ana, &claim, "k1", json!({}), "200"),
        (&ana, &claim, "k1", json!({}), "200"),
        // What one does oneself is answered, once.
        (&ana, &transfer, "k2", to_bia.clone(), "200"),
        (&ana, &transfer, "k2", to_bia.clone(), "403 not_visible"),
        (&ana, &claim, "k1", json!({}), "403 not_visible"),
        (&dora, &transfer, "k3", json!({"assignee": "ana"}), "200"),
        (&ana, &claim, "k1", json!({}), "200"),
        (&dora, &transfer, "k3", json!({"assignee": "ana"}), "200"),
    ] {
        let answer = act(&edge, who, path, again, &body).await;
        assert_eq!(told(&answer), expected, "{path} {again}: {:?}", answer.body);
        if expected != "200" {
            let problem = answer.json();
            assert!(
                problem["error"]["owner"].is_null() && problem["contact"].is_null(),
                "{problem}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_change_log_tells_who_acted_in_whose_name() {
    let (edge, id) = begun().await;
    // Of managers the directory need not know anything.
    let dora = key(&edge, Role::Manager, Some("default"), Some("dora"));
    let ana = key(&edge, Role::Agent, Some("default"), Some("ana"));
    let bia = key(&edge, Role::Administrator, Some("default"), Some("bia"));
    for (who, what, body) in [
        (&*dora, "claim", json!({"agent": "ana"})),
        (&*ana, "notes", json!({"note": "one", "agent": "bia"})),
        (&*bia, "notes", json!({"note": "two", "agent": "ana"})),
        (&*dora, "notes", json!({"note": "three"})),
        (OPERATOR, "notes", json!({"note": "four"})),
    ] {
        let answer = act(&edge, who, &format!("/v1/conversations/{id}/{what}"), "", &body).await;
        assert_eq!(told(&answer), "200", "{what} {body}: {:?}", answer.body);
    }
    let unknown = json!({"note": "five", "agent": "zoe"});
    let refused = act(&edge, &dora, &format!("/v1/conversations/{id}/notes"), "", &unknown).await;
    assert_eq!(told(&refused), "409 unknown_agent");
    let claimed = act(
        &edge,
        &dora,
        &format!("/v1/conversations/{id}/takeover"),
        "",
        &json!({}),
    )
    .await;
    assert_eq!(told(&claimed), "409 unknown_agent");
    let rows = ask(
        &edge,
        &dora,
        Method::GET,
        &format!("/v1/conversations/{id}/history"),
        "",
    )
    .await;
    let rows = rows.json();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
    let told: Vec<_> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| matches!(row["what"].as_str(), Some("assignee" | "note")))
        .map(|row| ["new", "who", "by", "by_name"].map(|name| text(row, name)).join(" "))
        .collect();
    assert_eq!(
        told,
        [
            "ana ana dora -",
            "one ana - -",
            "two ana bia bia Teste",
            "three dora - -",
            "four - operator -",
        ]
    );
}
