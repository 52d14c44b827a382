//! What of the conversations each caller sees: agents of two teams, managers, operators, producers and strangers, of tickets in
//! every stage, by every route that reads.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::Method;
use futures_util::StreamExt as _;
use origem_domain::access::Role;
use serde_json::{Value, json};

use super::common::{Edge, request};
use super::{OPERATOR, ask, guarded, key, told};

/// Phone numbers, each with what became of its ticket. The channel is that of the team `sales`.
const NEW: &str = "5511900000001";
const OF_ANA: &str = "5511900000002";
const OF_RUI: &str = "5511900000003";
const OF_SUPPORT: &str = "5511900000004";
const FINISHED: &str = "5511900000005";
const ALL: [&str; 5] = [NEW, OF_ANA, OF_RUI, OF_SUPPORT, FINISHED];

/// What there is about one conversation.
const PARTS: [&str; 8] = [
    "",
    "/timeline",
    "/tickets",
    "/thread",
    "/windows",
    "/why",
    "/history",
    "/neighbours",
];

fn happened(kind: &str, minute: usize, phone: &str, more: Value) -> Value {
    let mut event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "contact": {"aliases": [{"kind": "phone", "value": phone}], "name": format!("Customer {phone}")},
        "occurred_at": format!("2026-09-20T10:{minute:02}:00Z")});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn wrote(minute: usize, phone: &str) -> Value {
    let message = json!({"id": format!("wamid.{phone}.{minute}"), "type": "text", "text": "oi"});
    happened("message_received", minute, phone, json!({"message": message}))
}

async fn put(edge: &Edge, path: &str, body: Value) {
    let answer = ask(edge, OPERATOR, Method::PUT, path, &body.to_string()).await;
    assert_eq!(told(&answer), "200", "{path}: {:?}", answer.body);
}

async fn happen(edge: &Edge, events: &[Value]) -> String {
    let answer = ask(edge, OPERATOR, Method::POST, "/v1/events", &json!(events).to_string()).await;
    assert_eq!(told(&answer), "200", "{:?}", answer.body);
    answer.header("origem-position").to_owned()
}

/// A business with its tickets, once the views have them.
async fn business() -> Edge {
    let edge = guarded();
    for team in ["sales", "support"] {
        put(&edge, &format!("/v1/teams/{team}"), json!({"name": team})).await;
    }
    put(
        &edge,
        "/v1/channels/whatsapp:200000000000002",
        json!({"teams": ["sales"]}),
    )
    .await;
    for (agent, team) in [("ana", "sales"), ("rui", "sales"), ("bia", "support")] {
        put(
            &edge,
            &format!("/v1/agents/{agent}"),
            json!({"name": agent, "teams": [team]}),
        )
        .await;
    }
    put(&edge, "/v1/agents/ana?account=other", json!({"name": "Another Ana"})).await;
    let mut events: Vec<Value> = ALL
        .iter()
        .enumerate()
        .map(|(minute, phone)| wrote(minute, phone))
        .collect();
    events.extend([
        happened("ticket_claimed", 10, OF_ANA, json!({"agent": "ana"})),
        happened("ticket_claimed", 11, OF_RUI, json!({"agent": "rui"})),
        happened(
            "ticket_transferred",
            12,
            OF_SUPPORT,
            json!({"agent": "rui", "ticket": {"team": "support"}}),
        ),
        happened("ticket_claimed", 13, FINISHED, json!({"agent": "ana"})),
        happened("ticket_finished", 14, FINISHED, json!({"agent": "ana", "ticket": {}})),
    ]);
    let position = happen(&edge, &events).await;
    let positions = position.parse().unwrap();
    edge.engine.wait(&positions, Duration::from_secs(30)).await.unwrap();
    edge
}

/// The id of the conversation of a phone number.
async fn conversation(edge: &Edge, phone: &str) -> String {
    let path = format!("/v1/conversations?contact={phone}");
    let found = ask(edge, OPERATOR, Method::GET, &path, "").await.json();
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

/// The id with every character percent-encoded.
fn encoded(id: &str) -> String {
    id.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Callers, each with the conversations it sees; `None`: it may not read at all.
fn callers(edge: &Edge) -> Vec<(&'static str, String, Option<Vec<&'static str>>)> {
    let key = |role, account, agent| key(edge, role, account, agent);
    let home = Some("default");
    vec![
        (
            "ana",
            key(Role::Agent, home, Some("ana")),
            Some(vec![NEW, OF_ANA, FINISHED]),
        ),
        ("rui", key(Role::Agent, home, Some("rui")), Some(vec![NEW, OF_RUI])),
        ("bia", key(Role::Agent, home, Some("bia")), Some(vec![OF_SUPPORT])),
        ("unknown agent", key(Role::Agent, home, Some("eva")), Some(Vec::new())),
        ("manager", key(Role::Manager, home, None), Some(ALL.to_vec())),
        (
            "administrator",
            key(Role::Administrator, home, Some("adm")),
            Some(ALL.to_vec()),
        ),
        ("operator", key(Role::Operator, None, None), Some(ALL.to_vec())),
        ("producer", key(Role::Producer, home, None), None),
        (
            "agent of another",
            key(Role::Agent, Some("other"), Some("ana")),
            Some(Vec::new()),
        ),
        (
            "manager of another",
            key(Role::Manager, Some("other"), None),
            Some(Vec::new()),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn single_conversations_are_shown_to_those_who_see_them() {
    let edge = business().await;
    for (name, key, sees) in callers(&edge) {
        for phone in ALL {
            let id = conversation(&edge, phone).await;
            for part in PARTS {
                let answer = ask(&edge, &key, Method::GET, &format!("/v1/conversations/{id}{part}"), "").await;
                let expected = match &sees {
                    None => "403 forbidden",
                    Some(sees) if sees.contains(&phone) => "200",
                    Some(_) => "403 not_visible",
                };
                assert_eq!(told(&answer), expected, "{name} {phone} {part}");
                // However the id is written.
                for written in [id.replace('_', "%5F"), id.replace('c', "%63"), encoded(&id)] {
                    let path = format!("/v1/conversations/{written}{part}");
                    let answer = ask(&edge, &key, Method::GET, &path, "").await;
                    assert_eq!(told(&answer), expected, "{name} {phone} {path}");
                }
            }
            let path = format!("/v1/send-options?contact={phone}&channel=whatsapp:200000000000002");
            let answer = ask(&edge, &key, Method::GET, &path, "").await;
            match &sees {
                None => assert_eq!(told(&answer), "403 forbidden", "{name} {phone}"),
                Some(sees) if sees.contains(&phone) => assert_eq!(told(&answer), "200", "{name} {phone}"),
                // To another account it is somebody who never wrote.
                Some(_) if name.ends_with("of another") => {
                    assert!(answer.json()["conversation"].is_null(), "{name} {phone}");
                }
                Some(_) => assert_eq!(told(&answer), "403 not_visible", "{name} {phone}"),
            }
        }
    }
    let ana = key(&edge, Role::Agent, Some("default"), Some("ana"));
    for none in [
        "cv_0000000000000001",
        "nobody",
        "%ff",
        "cv%255F0000000000000001",
        OF_RUI,
    ] {
        for part in PARTS {
            let path = format!("/v1/conversations/{none}{part}");
            assert_eq!(
                told(&ask(&edge, &ana, Method::GET, &path, "").await),
                "404 not_found",
                "{path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_counts_hold_what_is_seen_and_nothing_else() {
    let edge = business().await;
    for (name, key, sees) in callers(&edge) {
        let list = ask(&edge, &key, Method::GET, "/v1/conversations", "").await;
        let queue = ask(&edge, &key, Method::GET, "/v1/queue", "").await;
        let Some(sees) = sees else {
            assert_eq!(
                (told(&list), told(&queue)),
                ("403 forbidden".to_owned(), "403 forbidden".to_owned())
            );
            continue;
        };
        let list = list.json();
        let items = list["items"].as_array().unwrap().iter();
        let phones: BTreeSet<String> = items
            .map(|item| item["contact"]["phone"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(phones, sees.iter().map(ToString::to_string).collect(), "{name}");
        let queue = queue.json();
        let counts = queue["counts"].as_object().unwrap_or_else(|| panic!("{queue}"));
        let counted: u64 = counts.values().filter_map(Value::as_u64).sum();
        assert_eq!(counted, sees.len() as u64, "{name}: {queue}");
        for phone in ALL {
            let path = format!("/v1/conversations?contact={phone}");
            let expected = if sees.contains(&phone) { "200" } else { "404 not_found" };
            assert_eq!(
                told(&ask(&edge, &key, Method::GET, &path, "").await),
                expected,
                "{name} {phone}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_is_told_of_what_it_sees() {
    const LAST: &str = "5511900000009";
    let edge = business().await;
    let position = happen(
        &edge,
        &[
            wrote(30, LAST),
            happened("ticket_claimed", 31, LAST, json!({"agent": "ana"})),
        ],
    )
    .await;
    edge.engine
        .wait(&position.parse().unwrap(), Duration::from_secs(30))
        .await
        .unwrap();
    let ana = key(&edge, Role::Agent, Some("default"), Some("ana"));
    let bearer = format!("Bearer {ana}");
    let headers = [("authorization", bearer.as_str())];
    let asked = request(Method::GET, "/v1/changes?after=start", &headers, "");
    let mut stream = edge.response(asked).await.into_body().into_data_stream();
    let mut text = String::new();
    // The last of all is hers.
    while text.matches(LAST).count() < 2 || !text.ends_with("\n\n") {
        let chunk = tokio::time::timeout(Duration::from_secs(30), stream.next()).await;
        text.push_str(std::str::from_utf8(&chunk.unwrap().unwrap().unwrap()).unwrap());
    }
    for (phone, is_told) in [
        (NEW, true),
        (OF_ANA, true),
        (FINISHED, true),
        (OF_RUI, false),
        (OF_SUPPORT, false),
    ] {
        assert_eq!(text.contains(phone), is_told, "{phone}: {text}");
    }
    // That somebody took what she may have seen in the queue is told, and no more of it.
    let id = conversation(&edge, OF_RUI).await;
    let changes = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let moved: Vec<Value> = changes
        .map(|data| serde_json::from_str(data).unwrap())
        .filter(|change: &Value| change["conversation"] == json!(id))
        .collect();
    assert_eq!(moved.len(), 1, "{text}");
    assert!(moved[0]["event"].is_null(), "{moved:?}");

    // A key that is revoked ends the stream with the next change.
    let public = ana.split('_').nth(1).unwrap();
    let path = format!("/v1/keys/{public}");
    assert_eq!(told(&ask(&edge, OPERATOR, Method::DELETE, &path, "").await), "204");
    happen(&edge, &[wrote(40, NEW)]).await;
    let rest = tokio::time::timeout(Duration::from_secs(30), stream.next()).await;
    assert!(rest.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_teams_sees_otherwise_at_once() {
    let edge = business().await;
    let ana = key(&edge, Role::Agent, Some("default"), Some("ana"));
    let path = format!("/v1/conversations/{}", conversation(&edge, OF_SUPPORT).await);
    assert_eq!(told(&ask(&edge, &ana, Method::GET, &path, "").await), "403 not_visible");
    put(&edge, "/v1/agents/ana", json!({"name": "Ana", "teams": ["support"]})).await;
    assert_eq!(told(&ask(&edge, &ana, Method::GET, &path, "").await), "200");
}
