//! The directory over HTTP: what is written is read, what makes no sense is refused whole, and queries join it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, event, options, request};
use origem_access::Settings;
use origem_http::Options;
use serde_json::{Value, json};

async fn put(edge: &Edge, path: &str, body: &str) -> Answer {
    edge.send(request(Method::PUT, path, &[], body.to_owned())).await
}

async fn items(edge: &Edge, path: &str) -> Vec<Value> {
    edge.get(path).await.json()["items"].as_array().unwrap().clone()
}

const HELLO: &str = r#"{"name":"hello","language":"pt_BR","category":"utility","body":"Olá {{1}}"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_written_read_and_taken_away() {
    let edge = edge(options());
    for (path, body, id) in [
        ("/v1/accounts/acme", r#"{"time_zone":"America/Sao_Paulo"}"#, "acme"),
        ("/v1/templates/hello.pt_BR", HELLO, "hello.pt_BR"),
        (
            "/v1/rate-cards/BRL-2026-10-01",
            r#"{"currency":"BRL","effective_from":"2026-10-01","rates":[{"market":"Brazil","category":"utility","amount":0.035}]}"#,
            "BRL-2026-10-01",
        ),
    ] {
        let collection = path.rsplit_once('/').unwrap().0;
        let written = put(&edge, &format!("{path}?by=ana"), body).await;
        assert_eq!(written.status, 200, "{path}: {:?}", written.body);
        let written = written.json();
        assert_eq!((&written["id"], &written["updated_by"]), (&json!(id), &json!("ana")));
        assert_eq!(edge.get(path).await.json(), written);
        assert_eq!(items(&edge, collection).await, std::slice::from_ref(&written));
        // What was answered can be sent back.
        assert_eq!(put(&edge, path, &written.to_string()).await.status, 200);
        assert_eq!(put(&edge, collection, &json!([written]).to_string()).await.status, 200);
        assert_eq!(edge.send(request(Method::DELETE, path, &[], "")).await.status, 204);
        assert_eq!(edge.send(request(Method::DELETE, path, &[], "")).await.status, 404);
        assert_eq!(edge.get(path).await.json()["error"]["code"], "not_found");
        assert!(items(&edge, collection).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_do_not_see_each_other() {
    let edge = edge(options());
    assert_eq!(
        put(&edge, "/v1/templates?account=acme", &format!("[{HELLO}]"))
            .await
            .status,
        200
    );
    assert!(items(&edge, "/v1/templates").await.is_empty());
    assert_eq!(items(&edge, "/v1/templates?account=acme").await.len(), 1);
    assert_eq!(edge.get("/v1/templates/hello.pt_BR").await.status, 404);
    assert_eq!(edge.get("/v1/templates/hello.pt_BR?account=acme").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_told_whole_and_nothing_is_taken() {
    let edge = edge(options());
    for (path, body, faults) in [
        ("/v1/accounts/acme", r#"{"time_zone":"Mars"}"#, &["time_zone"][..]),
        ("/v1/accounts/acme", r#"{"timezone":"UTC"}"#, &["timezone"]),
        ("/v1/accounts/acme", "{", &[""]),
        ("/v1/templates/other", HELLO, &["id"]),
        (
            "/v1/templates",
            r#"[{"name":"","language":"pt","category":"utility"},{}]"#,
            &["0.name", "1"],
        ),
        ("/v1/templates", "Market,Currency\n", &[""]),
        (
            "/v1/rate-cards?effective_from=2026-10-01",
            "Market,Currency,Utility\nBrazil,BRL,0.035\nAtlantis,BRL,0.035\nBrazil,BRL,0.04\n,BRL,x\n",
            &["line 5", "line 5", "line 3", "line 4"],
        ),
    ] {
        let refused = put(&edge, path, body).await;
        assert_eq!(refused.status, 400, "{path} {body}");
        let error = &refused.json()["error"];
        assert_eq!(error["code"], "invalid");
        let told: Vec<&str> = error["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| fault["place"].as_str().unwrap())
            .collect();
        assert_eq!(told, faults, "{path} {body}: {error}");
        assert!(
            items(
                &edge,
                path.split('?')
                    .next()
                    .unwrap()
                    .trim_end_matches("/acme")
                    .trim_end_matches("/other")
            )
            .await
            .is_empty()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_has_the_token() {
    let edge = edge(Options {
        access: Settings {
            operator_token: Some("letmein".into()),
            ..Settings::default()
        },
        ..options()
    });
    let path = "/v1/templates/hello.pt_BR";
    assert_eq!(put(&edge, path, HELLO).await.status, 401);
    assert_eq!(edge.send(request(Method::DELETE, path, &[], "")).await.status, 401);
    let authorised = request(Method::PUT, path, &[("authorization", "Bearer letmein")], HELLO);
    assert_eq!(edge.send(authorised).await.status, 200);
    let read = request(Method::GET, path, &[("authorization", "Bearer letmein")], "");
    assert_eq!(edge.send(read).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_have_prices_once_there_is_a_card() {
    let edge = edge(options());
    let said = edge
        .post(
            "/v1/events",
            event("5511955550101", "2026-09-20T10:00:00Z", "wamid.1", "oi"),
        )
        .await;
    let list = edge.get_after(&said, "/v1/conversations").await.json();
    let id = list["items"][0]["id"].as_str().unwrap();
    let path = format!("/v1/conversations/{id}/windows?at=2026-10-22T12:00:00Z");
    let marketing = |windows: &Value| windows["send"]["marketing"].clone();
    let before = marketing(&edge.get(&path).await.json());
    assert_eq!(
        (&before["charge"], &before["no_price"]),
        (&json!("rate"), &json!("no_rate_card"))
    );
    assert_eq!(before.get("price"), None);

    let card = "Cost per message,,\nMarket,Currency,Marketing,Utility\nBrazil,BRL,0.3217,0.0350\n";
    assert_eq!(
        put(&edge, "/v1/rate-cards?effective_from=2026-10-01", card)
            .await
            .status,
        200
    );
    let windows = edge.get(&path).await.json();
    let expected = json!({"amount": 0.3217, "currency": "BRL", "market": "Brazil", "category": "marketing", "rate_card": "BRL-2026-10-01"});
    assert_eq!(marketing(&windows)["price"], expected);
    assert_eq!(windows["send"]["authentication"]["no_price"], "not_on_rate_card");
    let advice = windows["advice"]["en"].as_str().unwrap();
    assert!(
        advice.starts_with("Only an approved template can be sent; the cheapest is utility, at BRL 0.035"),
        "{advice}"
    );
    // In lists and in the conversation itself too; there the instant is now, when the window has long closed or not begun.
    for path in [format!("/v1/conversations/{id}"), "/v1/conversations".to_owned()] {
        let answer = edge.get(&path).await.json();
        let windows = answer.get("windows").unwrap_or_else(|| &answer["items"][0]["windows"]);
        assert_eq!(windows["time_zone"], "UTC");
    }

    // The account's own calendar: midnight of the card is midnight there.
    let zone = r#"{"time_zone":"America/Sao_Paulo"}"#;
    assert_eq!(put(&edge, "/v1/accounts/default", zone).await.status, 200);
    for (at, told) in [
        ("2026-10-01T02:59:59Z", json!(null)),
        ("2026-10-01T03:00:00Z", json!(0.3217)),
    ] {
        let windows = edge
            .get(&format!("/v1/conversations/{id}/windows?at={at}"))
            .await
            .json();
        assert_eq!(windows["time_zone"], "America/Sao_Paulo");
        assert_eq!(
            marketing(&windows).pointer("/price/amount").unwrap_or(&json!(null)),
            &told,
            "{at}"
        );
    }
    let listed = edge.get("/v1/conversations").await.json();
    assert_eq!(listed["items"][0]["windows"]["time_zone"], "America/Sao_Paulo");
}
