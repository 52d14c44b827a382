//! Commands over HTTP: bodies, answers and refusals as callers see them. The rules have their table in `domain`, races their storm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, event, options, request};
use serde_json::{Value, json};

/// An edge, and the conversation of somebody who wrote.
async fn begun() -> (Edge, String) {
    let edge = edge(options());
    let written = edge
        .post("/v1/events", event("5511955550101", "2026-09-26T10:00:00Z", "m1", "oi"))
        .await;
    let found = edge
        .get_after(&written, "/v1/conversations?contact=5511955550101")
        .await;
    let id = found.json()["items"][0]["id"].as_str().unwrap().to_owned();
    (edge, id)
}

impl Edge {
    async fn act(&self, id: &str, act: &str, body: Value) -> Answer {
        self.post(&format!("/v1/conversations/{id}/{act}"), body.to_string())
            .await
    }

    async fn maintain(&self, path: &str, entry: Value) {
        let body = entry.to_string();
        let answer = self.send(request(Method::PUT, path, &[], body)).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
}

/// Status, code and owner of a refusal.
fn refused(answer: &Answer) -> (u16, String, Value) {
    let told = answer.json();
    let code = told["error"]["code"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), code, told["error"]["owner"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_goes_from_the_queue_to_its_end() {
    let (edge, id) = begun().await;
    for (act, body, status, assignee, revision) in [
        (
            "claim",
            json!({"agent": "ana", "revision": 1}),
            "unanswered",
            Some("ana"),
            2,
        ),
        (
            "transfer",
            json!({"agent": "ana", "assignee": "bia", "team": "sales"}),
            "unanswered",
            Some("bia"),
            3,
        ),
        ("transfer", json!({"agent": "bia", "team": "outlet"}), "new", None, 4),
        (
            "assign",
            json!({"agent": "dora", "assignee": "ana"}),
            "unanswered",
            Some("ana"),
            5,
        ),
        (
            "takeover",
            json!({"agent": "bia", "via": "mobile"}),
            "unanswered",
            Some("bia"),
            6,
        ),
        (
            "stage",
            json!({"agent": "bia", "stage": "won"}),
            "unanswered",
            Some("bia"),
            7,
        ),
        (
            "lead",
            json!({"agent": "bia", "lead": "l-1"}),
            "unanswered",
            Some("bia"),
            8,
        ),
        (
            "notes",
            json!({"agent": "bia", "note": "pays on Friday"}),
            "unanswered",
            Some("bia"),
            8,
        ),
        (
            "contact",
            json!({"agent": "bia", "name": "Rita Souza", "phone": "+55 (21) 98888-7777", "email": "rita@example.com"}),
            "unanswered",
            Some("bia"),
            8,
        ),
        (
            "finish",
            json!({"agent": "bia", "classification": "sale", "value": 199.9, "currency": "BRL", "note": "two pairs"}),
            "finished",
            Some("bia"),
            9,
        ),
        ("reopen", json!({"agent": "bia"}), "unanswered", Some("bia"), 10),
        ("finish", json!({"agent": "bia"}), "finished", Some("bia"), 11),
        (
            "takeover",
            json!({"agent": "caio"}),
            "awaiting_customer",
            Some("caio"),
            13,
        ),
    ] {
        let answer = edge.act(&id, act, body.clone()).await;
        let card = answer.json();
        assert_eq!(answer.status, 200, "{act} {body}: {card}");
        let ticket = &card["ticket"];
        assert_eq!(
            (
                &ticket["status"],
                ticket.get("assignee").and_then(Value::as_str),
                &ticket["revision"]
            ),
            (&json!(status), assignee, &json!(revision)),
            "{act} {body}"
        );
        assert_eq!(answer.header("origem-position"), card["position"], "{act}");
        // As whoever asks is told.
        let mut read = edge.get(&format!("/v1/conversations/{id}")).await.json();
        let mut card = card;
        for told in [&mut read, &mut card] {
            // Of another instant.
            for member in ["windows", "temperature"] {
                told.as_object_mut().unwrap().remove(member);
            }
        }
        assert_eq!(read, card, "{act}");
    }
    let card = edge.get(&format!("/v1/conversations/{id}")).await.json();
    assert_eq!((&card["stage"], &card["lead"]), (&json!("won"), &json!("l-1")));
    assert_eq!(card["contact"]["name"], "Rita Souza");
    assert_eq!(card["contact"]["phone"], "5521988887777");
    let tickets = edge.get(&format!("/v1/conversations/{id}/tickets")).await.json();
    assert_eq!(tickets["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_why_and_who_has_it() {
    let (edge, id) = begun().await;
    for agent in ["ana", "bia"] {
        let entry = json!({"name": format!("{agent} Teste"), "teams": ["sales"]});
        edge.maintain(&format!("/v1/agents/{agent}"), entry).await;
    }
    edge.maintain("/v1/teams/sales", json!({"name": "Sales"})).await;
    edge.maintain("/v1/teams/support", json!({"name": "Support"})).await;
    edge.maintain("/v1/channels/whatsapp:200000000000002", json!({"teams": ["sales"]}))
        .await;
    let claimed = edge.act(&id, "claim", json!({"agent": "ana"})).await;
    assert_eq!(claimed.status, 200, "{}", claimed.json());
    let ana = json!({"id": "ana", "name": "ana Teste"});
    for (act, body, status, code) in [
        ("claim", json!({"agent": "bia"}), 409, "already_claimed"),
        ("claim", json!({"agent": "bia", "revision": 1}), 409, "already_claimed"),
        ("finish", json!({"agent": "bia"}), 403, "not_yours"),
        ("notes", json!({"agent": "bia", "note": "x"}), 403, "not_yours"),
        ("finish", json!({"agent": "ana", "revision": 1}), 409, "stale_revision"),
        (
            "transfer",
            json!({"agent": "ana", "team": "support"}),
            409,
            "team_not_linked",
        ),
        (
            "transfer",
            json!({"agent": "ana", "team": "press"}),
            409,
            "unknown_team",
        ),
        (
            "transfer",
            json!({"agent": "ana", "assignee": "zoe"}),
            409,
            "unknown_agent",
        ),
        ("transfer", json!({"agent": "ana"}), 400, "names_nobody"),
        ("claim", json!({"agent": "zoe"}), 409, "unknown_agent"),
        ("notes", json!({"agent": "zoe", "note": "x"}), 409, "unknown_agent"),
        ("stage", json!({"agent": "ana", "stage": "maybe"}), 409, "unknown_stage"),
        ("reopen", json!({"agent": "ana"}), 409, "ticket_still_open"),
        ("finish", json!({"agent": "ana", "value": 1}), 400, "invalid_value"),
        ("contact", json!({"agent": "ana", "phone": "1"}), 400, "invalid_value"),
    ] {
        let answer = edge.act(&id, act, body.clone()).await;
        let told = refused(&answer);
        assert_eq!(told, (status, code.to_owned(), ana.clone()), "{act} {body}");
        let problem = answer.json();
        assert_eq!(
            (&problem["error"]["revision"], &problem["error"]["retryable"]),
            (&json!(2), &json!(false))
        );
        assert_eq!(problem["status"], status);
    }
    let untouched = edge.get(&format!("/v1/conversations/{id}")).await.json();
    assert_eq!(untouched["position"], claimed.header("origem-position"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_name() {
    let (edge, id) = begun().await;
    for (act, body, status, code) in [
        ("claim", r#"{"agent":"ana","asignee":"bia"}"#, 400, "invalid"),
        ("claim", r#"{"agent":"ana","revision":"1"}"#, 400, "invalid"),
        ("claim", "[]", 400, "invalid"),
        ("claim", "{", 400, "invalid"),
        ("claim", "", 400, "agent_required"),
        ("takeover", r#"{"agent":"ana","via":"campaign"}"#, 400, "invalid"),
        ("notes", "{}", 400, "invalid_value"),
        ("dance", "{}", 404, "not_found"),
    ] {
        let answer = edge.post(&format!("/v1/conversations/{id}/{act}"), body).await;
        let (told_status, told_code, _) = refused(&answer);
        assert_eq!((told_status, told_code.as_str()), (status, code), "{act} {body}");
    }
    for id in ["cv_0000000000000001", "nonsense"] {
        let answer = edge.act(id, "claim", json!({"agent": "ana"})).await;
        assert_eq!((refused(&answer).0, refused(&answer).1.as_str()), (404, "not_found"));
    }
    let long = json!({"agent": "ana", "note": "x".repeat(70_000)});
    assert_eq!(edge.act(&id, "notes", long).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_makes_a_command_safe_to_be_given_again() {
    let (edge, id) = begun().await;
    let path = format!("/v1/conversations/{id}/claim");
    let give =
        |key: &'static str, body: Value| request(Method::POST, &path, &[("idempotency-key", key)], body.to_string());
    let first = edge.send(give("k1", json!({"agent": "ana", "revision": 1}))).await;
    assert_eq!(first.status, 200, "{}", first.json());
    let again = edge.send(give("k1", json!({"agent": "ana", "revision": 1}))).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.header("origem-position"), first.header("origem-position"));
    assert_eq!(again.json()["ticket"]["revision"], 2);
    let other = edge.send(give("k1", json!({"agent": "bia"}))).await;
    assert_eq!(
        (refused(&other).0, refused(&other).1.as_str()),
        (409, "idempotency_key_reused")
    );
    let empty = edge.send(give("", json!({"agent": "ana"}))).await;
    assert_eq!(empty.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_change_log_has_names_pages_and_a_past() {
    let (edge, id) = begun().await;
    edge.maintain("/v1/agents/ana", json!({"name": "Ana Teste", "role": "manager"}))
        .await;
    edge.maintain("/v1/teams/sales", json!({"name": "Vendas"})).await;
    let claimed = edge.act(&id, "claim", json!({"agent": "ana"})).await;
    edge.act(
        &id,
        "transfer",
        json!({"agent": "ana", "assignee": "ana", "team": "sales"}),
    )
    .await;
    edge.act(&id, "contact", json!({"agent": "ana", "name": "Rita Souza"}))
        .await;
    let path = format!("/v1/conversations/{id}/history");
    let rows = edge.get(&path).await.json();
    let told = |rows: &Value| -> Vec<String> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
        let row = |row: &Value| {
            format!(
                "{}: {} {} > {}",
                text(row, "who_name"),
                text(row, "what"),
                text(row, "old"),
                text(row, "new")
            )
        };
        rows["items"].as_array().unwrap().iter().map(row).collect()
    };
    assert_eq!(
        told(&rows)[1..],
        [
            "-: status - > new",
            "-: origin - > organic",
            "Ana Teste: status new > unanswered",
            "Ana Teste: assignee - > ana",
            "Ana Teste: team - > sales",
            "Ana Teste: name Rita Teste > Rita Souza",
        ]
    );
    let team = &rows["items"][5];
    assert_eq!(
        (&team["new_name"], &team["event"]),
        (&json!("Vendas"), &json!("ticket_transferred"))
    );
    assert_eq!(rows["items"][2]["new_name"], "Orgânico");
    let first = edge.get(&format!("{path}?limit=4")).await.json();
    let cursor = first["next"].as_str().unwrap();
    let rest = edge.get(&format!("{path}?cursor={cursor}")).await.json();
    assert_eq!([told(&first), told(&rest)].concat(), told(&rows));
    let position = claimed.header("origem-position");
    let then = edge.get(&format!("{path}?position={position}")).await.json();
    assert_eq!(told(&then), told(&rows)[..5]);
    assert_eq!(edge.get(&format!("{path}?cursor=x")).await.status, 400);
}
