//! Outreach of callers who proved who they are: to whom, from where and with what each may write.

use axum::http::Method;
use origem_domain::access::Role;
use serde_json::{Value, json};

use super::common::{Edge, event};
use super::{OPERATOR, ask, guarded, key, told};

const CHANNEL: &str = "whatsapp:200000000000002";
const RITA: &str = "5511955550101";

async fn put(edge: &Edge, path: &str, body: Value) {
    let answer = ask(edge, OPERATOR, Method::PUT, path, &body.to_string()).await;
    assert_eq!(told(&answer), "200", "{path}: {:?}", answer.body);
}

/// An edge with two teams on a channel, an agent and a template of each, and a template of nobody in particular.
async fn business() -> Edge {
    let edge = guarded();
    for team in ["sales", "finance"] {
        put(&edge, &format!("/v1/teams/{team}"), json!({"name": team})).await;
    }
    put(
        &edge,
        &format!("/v1/channels/{CHANNEL}"),
        json!({"teams": ["sales", "finance"]}),
    )
    .await;
    put(&edge, "/v1/teams/support", json!({"name": "support"})).await;
    for (agent, team) in [("ana", "sales"), ("bia", "finance"), ("caio", "support")] {
        put(
            &edge,
            &format!("/v1/agents/{agent}"),
            json!({"name": agent, "teams": [team]}),
        )
        .await;
    }
    put(&edge, "/v1/agents/olga?account=other", json!({"name": "Olga"})).await;
    let template = |name: &str, teams: &[&str]| json!({"name": name, "language": "pt_BR", "category": "marketing", "teams": teams});
    put(
        &edge,
        "/v1/templates",
        json!([
            template("hello", &[]),
            template("sale", &["sales"]),
            template("bill", &["finance"])
        ]),
    )
    .await;
    put(&edge, "/v1/templates?account=other", json!([template("hello", &[])])).await;
    edge
}

fn agent(edge: &Edge, account: &str, name: &str) -> String {
    key(edge, Role::Agent, Some(account), Some(name))
}

async fn write(edge: &Edge, key: &str, body: &Value) -> String {
    told(&ask(edge, key, Method::POST, "/v1/outreach", &body.to_string()).await)
}

/// The ids of the conversations that a caller is shown.
async fn listed(edge: &Edge, key: &str) -> Vec<Value> {
    let page = ask(edge, key, Method::GET, "/v1/conversations", "").await.json();
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].clone())
        .collect()
}

/// The templates that a caller is offered.
async fn offered(edge: &Edge, key: &str, more: &str) -> String {
    let path = format!("/v1/send-options?contact={RITA}&channel={CHANNEL}{more}");
    let answer = ask(edge, key, Method::GET, &path, "").await;
    assert_eq!(told(&answer), "200", "{more}: {:?}", answer.body);
    let answer = answer.json();
    let names = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item.pointer("/template/name"));
    let mut names: Vec<&str> = names.map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names.join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_listed_to_the_teams_of_the_channel() {
    let edge = business().await;
    let [ana, bia, caio] = ["ana", "bia", "caio"].map(|name| agent(&edge, "default", name));
    let body = json!({"contact": RITA, "channel": CHANNEL, "template": "hello.pt_BR"}).to_string();
    let done = ask(&edge, &ana, Method::POST, "/v1/outreach", &body).await;
    assert_eq!(told(&done), "200", "{:?}", done.body);
    let id = done.json()["id"].clone();
    for (name, key, is_shown) in [("ana", &ana, true), ("bia", &bia, true), ("caio", &caio, false)] {
        assert_eq!(listed(&edge, key).await.contains(&id), is_shown, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_write_for_their_teams_with_the_templates_of_these() {
    let edge = business().await;
    let (ana, bia) = (agent(&edge, "default", "ana"), agent(&edge, "default", "bia"));
    let dora = key(&edge, Role::Manager, Some("default"), Some("dora"));
    for (name, key, more, templates) in [
        ("ana", &ana, "", "hello sale"),
        ("bia", &bia, "", "bill hello"),
        ("ana", &ana, "&team=finance", "hello"),
        ("dora", &dora, "", "bill hello sale"),
        ("dora", &dora, "&team=finance", "bill hello"),
    ] {
        assert_eq!(offered(&edge, key, more).await, templates, "{name} {more}");
    }
    for (name, key, template, team, expected) in [
        ("ana", &ana, "bill", None, "409 not_offered"),
        ("ana", &ana, "bill", Some("finance"), "409 agent_not_in_team"),
        ("ana", &ana, "hello", Some("finance"), "409 agent_not_in_team"),
        ("ana", &ana, "sale", Some("sales"), "200"),
        ("ana", &ana, "sale", None, "200"),
        ("ana", &ana, "bill", None, "409 not_offered"),
        ("dora", &dora, "bill", Some("finance"), "200"),
        ("bia", &bia, "bill", None, "200"),
    ] {
        let body = json!({"contact": RITA, "channel": CHANNEL, "template": format!("{template}.pt_BR"), "team": team});
        assert_eq!(write(&edge, key, &body).await, expected, "{name} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_agent_has_is_neither_written_to_nor_told_of() {
    let edge = business().await;
    let (ana, bia) = (agent(&edge, "default", "ana"), agent(&edge, "default", "bia"));
    let heard = event(RITA, "2026-09-26T10:00:00Z", "m1", "oi");
    let heard = ask(&edge, OPERATOR, Method::POST, "/v1/events", &heard).await;
    let positions = heard.header("origem-position").parse().unwrap();
    edge.engine
        .wait(&positions, std::time::Duration::from_secs(30))
        .await
        .unwrap();
    let id = edge.engine.find(RITA, None).unwrap();
    let claim = format!("/v1/conversations/{id}/claim");
    assert_eq!(told(&ask(&edge, &bia, Method::POST, &claim, "").await), "200");
    let history = format!("/v1/conversations/{id}/history");
    let before = ask(&edge, &bia, Method::GET, &history, "").await.json();
    // However the number is written, what cannot be read as one begins nothing and is added to nothing.
    for (contact, expected) in [
        (RITA.to_owned(), "403 not_yours"),
        ("+55 (11) 95555-0101".to_owned(), "403 not_yours"),
        ("11 95555-0101".to_owned(), "403 not_yours"),
        (format!("{RITA}/"), "400 invalid"),
        (format!("{RITA}\u{a0}"), "400 invalid"),
        (format!("{RITA};"), "400 invalid"),
        (format!("'{RITA}'"), "400 invalid"),
    ] {
        let body = json!({"contact": contact, "channel": CHANNEL, "template": "hello.pt_BR"});
        assert_eq!(write(&edge, &ana, &body).await, expected, "{contact}");
    }
    let after = ask(&edge, &bia, Method::GET, &history, "").await.json();
    assert_eq!(before["items"], after["items"]);
    // Nor does the refusal of another channel say which is the right one.
    for (name, key, expected) in [("ana", &ana, "403 not_visible"), ("bia", &bia, "400 invalid")] {
        let path = format!("/v1/send-options?contact={id}&channel=whatsapp:7");
        assert_eq!(told(&ask(&edge, key, Method::GET, &path, "").await), expected, "{name}");
        let body = json!({"contact": id.to_string(), "channel": "whatsapp:7", "template": "hello.pt_BR"});
        assert_eq!(write(&edge, key, &body).await, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_never_wrote_is_written_to_from_a_channel_of_the_account() {
    let edge = business().await;
    let (ana, olga) = (agent(&edge, "default", "ana"), agent(&edge, "other", "olga"));
    // Customers of the other account wrote on this one; of `whatsapp:9` nobody knows anything.
    let heard = event("5511955550199", "2026-09-26T10:00:00Z", "m1", "oi");
    let heard = heard
        .replacen('{', r#"{"account":"other","#, 1)
        .replace("200000000000002", "8");
    let heard = ask(&edge, OPERATOR, Method::POST, "/v1/events", &heard).await;
    let positions = heard.header("origem-position").parse().unwrap();
    edge.engine
        .wait(&positions, std::time::Duration::from_secs(30))
        .await
        .unwrap();
    for (name, key, channel, expected) in [
        ("olga", &olga, CHANNEL, "400 invalid"),
        ("olga", &olga, "whatsapp:9", "400 invalid"),
        ("olga", &olga, "whatsapp:8", "200"),
        ("ana", &ana, "whatsapp:8", "400 invalid"),
        ("ana", &ana, "whatsapp:9", "400 invalid"),
        ("ana", &ana, CHANNEL, "200"),
    ] {
        let body = json!({"contact": RITA, "channel": channel, "template": "hello.pt_BR"}).to_string();
        let answer = ask(&edge, key, Method::POST, "/v1/outreach", &body).await;
        assert_eq!(told(&answer), expected, "{name} {channel}: {:?}", answer.body);
        if expected != "200" {
            let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains(&format!("PUT /v1/channels/{channel}")), "{message}");
        }
    }
    // What is entered is theirs, unless it is another's as well.
    put(&edge, "/v1/channels/whatsapp:9", json!({})).await;
    let body = json!({"contact": RITA, "channel": "whatsapp:9", "template": "hello.pt_BR"});
    assert_eq!(write(&edge, &ana, &body).await, "200");
    put(&edge, "/v1/channels/whatsapp:10", json!({})).await;
    put(&edge, "/v1/channels/whatsapp:10?account=other", json!({})).await;
    let body = json!({"contact": RITA, "channel": "whatsapp:10", "template": "hello.pt_BR"});
    assert_eq!(write(&edge, &ana, &body).await, "400 invalid");
}
