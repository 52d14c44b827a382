//! Where nobody has to prove anything, a caller may ask to be taken for an agent: it sees and may what that agent does, and no more.

use axum::http::Method;
use serde_json::{Value, json};

use super::common::{Edge, edge, event, options, request};
use super::{ask, guarded, told};

async fn maintain(edge: &Edge, path: &str, entry: Value) {
    let answer = edge.send(request(Method::PUT, path, &[], entry.to_string())).await;
    assert_eq!(told(&answer), "200", "{path}: {:?}", answer.body);
}

/// Open doors; a conversation of the team of ana, who is an agent. dora manages, eli left.
async fn shop() -> (Edge, String) {
    let edge = edge(options());
    for team in ["sales", "support"] {
        maintain(&edge, &format!("/v1/teams/{team}"), json!({"name": team})).await;
    }
    maintain(
        &edge,
        "/v1/channels/whatsapp:200000000000002",
        json!({"teams": ["sales"]}),
    )
    .await;
    for (agent, entry) in [
        ("ana", json!({"name": "Ana", "teams": ["sales"]})),
        ("caio", json!({"name": "Caio", "teams": ["support"]})),
        ("dora", json!({"name": "Dora", "role": "manager"})),
        ("eli", json!({"name": "Eli", "inactive": true})),
    ] {
        maintain(&edge, &format!("/v1/agents/{agent}"), entry).await;
    }
    let written = edge
        .post("/v1/events", event("5511955550101", "2026-09-26T10:00:00Z", "m1", "oi"))
        .await;
    let found = edge.get_after(&written, "/v1/conversations").await.json();
    (edge, found["items"][0]["id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_for_an_agent_sees_and_may_what_that_agent_does() {
    let (edge, id) = shop().await;
    let conversation = format!("/v1/conversations/{id}");
    let claim = format!("{conversation}/claim");
    for (who, method, path, body, expected) in [
        ("as:ana", Method::GET, "/v1/me", "", "200"),
        ("as:ana", Method::GET, &conversation, "", "200"),
        ("as:caio", Method::GET, &conversation, "", "403 not_visible"),
        ("as:caio", Method::POST, &claim, "{}", "403 not_visible"),
        ("as:ana", Method::GET, "/v1/status", "", "403 forbidden"),
        ("as:dora", Method::GET, "/v1/reports/origins", "", "200"),
        ("as:ana", Method::GET, "/v1/reports/origins", "", "403 forbidden"),
        // It acts as that agent, whatever the body says.
        ("as:ana", Method::POST, &claim, r#"{"agent":"ana"}"#, "200"),
        ("as:eli", Method::GET, "/v1/me", "", "401 unauthorised"),
        ("as:zoe", Method::GET, "/v1/me", "", "401 unauthorised"),
        ("as:", Method::GET, "/v1/me", "", "401 unauthorised"),
        // Anything else is no wish to be taken for somebody.
        ("whatever", Method::GET, "/v1/status", "", "200"),
    ] {
        let answer = ask(&edge, who, method, path, body).await;
        assert_eq!(told(&answer), expected, "{who} {path}: {:?}", answer.body);
    }
    let me = ask(&edge, "as:ana", Method::GET, "/v1/me", "").await.json();
    assert_eq!(
        (&me["role"], &me["agent"], &me["name"], &me["open"]),
        (&json!("agent"), &json!("ana"), &json!("Ana"), &json!(false))
    );
    assert_eq!(
        edge.get("/v1/me").await.json()["open"],
        true,
        "and others are who they were"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_in_two_teams_is_refused_with_where_it_is_and_administrators_may() {
    let (edge, id) = shop().await;
    maintain(&edge, "/v1/channels/whatsapp:3", json!({"teams": ["support"]})).await;
    maintain(&edge, "/v1/agents/eva", json!({"name": "Eva", "role": "administrator"})).await;
    let mut other = serde_json::from_str::<Value>(&event("5511955550102", "2026-09-26T10:00:00Z", "m2", "oi")).unwrap();
    other["channel"]["id"] = json!("3");
    let written = edge.post("/v1/events", other.to_string()).await;
    let found = edge
        .get_after(&written, "/v1/conversations?contact=5511955550102")
        .await
        .json();
    let elsewhere = found["items"][0]["id"].as_str().unwrap();
    let lead = |id: &str| format!("/v1/conversations/{id}/lead");
    let linked = ask(&edge, "as:caio", Method::POST, &lead(elsewhere), r#"{"lead":"l1"}"#).await;
    assert_eq!(told(&linked), "200", "{:?}", linked.body);
    let refused = ask(&edge, "as:ana", Method::POST, &lead(&id), r#"{"lead":"l1"}"#).await;
    assert_eq!(told(&refused), "409 lead_in_two_teams");
    assert_eq!(
        refused.json()["error"]["elsewhere"],
        json!({"conversation": elsewhere, "team": "support"})
    );
    let linked = ask(&edge, "as:eva", Method::POST, &lead(&id), r#"{"lead":"l1"}"#).await;
    assert_eq!(told(&linked), "200", "{:?}", linked.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_closed_doors_it_is_no_key() {
    let edge = guarded();
    let put = ask(
        &edge,
        super::OPERATOR,
        Method::PUT,
        "/v1/agents/ana",
        r#"{"name":"Ana"}"#,
    )
    .await;
    assert_eq!(told(&put), "200");
    let refused = ask(&edge, "as:ana", Method::GET, "/v1/me", "").await;
    assert_eq!(told(&refused), "401 unauthorised");
}
