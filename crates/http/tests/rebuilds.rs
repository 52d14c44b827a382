//! Rebuilds as operators ask for them: who may, what makes sense, and how they are followed to their end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::{Method, header};
use common::{edge, options, request};
use serde_json::json;

const REBUILDS: &str = "/v1/admin/rebuilds";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_must_make_sense() {
    let edge = edge(options());
    for (body, status, words) in [
        (r#"{"cpu_share": 0}"#, 400, "cpu_share"),
        (r#"{"cpu_share": 1.5}"#, 400, "cpu_share"),
        (r#"{"dry_run": "yes"}"#, 400, "boolean"),
        (r#"{"dryrun": true}"#, 400, "dryrun"),
        ("[", 400, "body"),
    ] {
        let answer = edge.send(request(Method::POST, REBUILDS, &[], body)).await;
        assert_eq!(answer.status, status, "{body}: {:?}", answer.body);
        let said = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(said.contains(words), "{body}: {said}");
    }
    for (method, path, status) in [
        (Method::GET, "/v1/admin/rebuilds/7", 404),
        (Method::GET, "/v1/admin/rebuilds/none", 404),
        (Method::GET, "/v1/admin/rebuilds/7/events", 404),
        (Method::DELETE, "/v1/admin/rebuilds/7", 404),
        (Method::POST, "/v1/admin/rollback", 409),
        (Method::POST, "/v1/admin/prune", 200),
        (Method::GET, "/v1/admin/rollback", 405),
    ] {
        let answer = edge.send(request(method.clone(), path, &[], "")).await;
        assert_eq!(answer.status, status, "{method} {path}: {:?}", answer.body);
    }
    assert_eq!(edge.get(REBUILDS).await.json(), json!({"items": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_may_where_they_have_a_token() {
    let mut options = options();
    options.access.operator_token = Some("the-token".into());
    let edge = edge(options);
    for (method, path) in [
        (Method::GET, REBUILDS),
        (Method::POST, REBUILDS),
        (Method::GET, "/v1/admin/rebuilds/1"),
        (Method::GET, "/v1/admin/rebuilds/1/events"),
        (Method::DELETE, "/v1/admin/rebuilds/1"),
        (Method::POST, "/v1/admin/rollback"),
        (Method::POST, "/v1/admin/prune"),
    ] {
        for (token, refused) in [("", true), ("Bearer another", true), ("Bearer the-token", false)] {
            let headers = [("authorization", token)];
            let answer = edge.response(request(method.clone(), path, &headers, "")).await;
            assert_eq!(answer.status() == 401, refused, "{method} {path} `{token}`");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_is_followed_to_its_end() {
    let edge = edge(options());
    let started = edge
        .response(request(Method::POST, REBUILDS, &[], r#"{"dry_run": true}"#))
        .await;
    assert_eq!(started.status(), 202);
    let location = started.headers()[header::LOCATION].to_str().unwrap().to_owned();
    // The stream ends by itself, with the end of the rebuild.
    let events = edge.get(&format!("{location}/events")).await;
    let told = String::from_utf8(events.body.to_vec()).unwrap();
    let (_, end) = told.rsplit_once("event: end\ndata: ").unwrap();
    let ended: serde_json::Value = serde_json::from_str(end.trim()).unwrap();
    assert_eq!(
        (&ended["phase"], &ended["diff"]["equal"]),
        (&json!("compared"), &json!(true)),
        "{ended}"
    );
    assert_eq!(edge.get(&location).await.json(), ended);
    let again = edge.send(request(Method::DELETE, &location, &[], "")).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.json(), ended, "what has ended is not cancelled");
}
