//! Every route of the description with every role, and without any.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::to_bytes;
use axum::http::Method;
use origem_access::{Who, features, rules};
use origem_domain::access::Role;
use serde_json::Value;

use super::common::{Edge, edge, event, options, request};
use super::{OPERATOR, ask, guarded, key};

/// Method and pattern of every route that the API describes.
pub(super) async fn described() -> Vec<(String, String)> {
    let description = edge(options()).get("/openapi.json").await.json();
    let paths = description["paths"].as_object().unwrap().iter();
    let routes = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| (method.to_uppercase(), path.clone()))
    });
    routes.collect()
}

#[tokio::test]
async fn every_route_has_a_rule_and_every_rule_a_route() {
    let described = described().await;
    for (method, path) in &described {
        assert!(
            rules::http(method, path).is_some(),
            "{method} {path} has no rule of access: say who may ask it in the table of crates/access/src/rules.rs"
        );
    }
    for (method, path) in &described {
        assert!(
            features::http(path).is_some(),
            "{method} {path} does not say which feature it needs, or none: say it in the table of crates/access/src/features.rs"
        );
    }
    let described: BTreeSet<(&str, &str)> = described
        .iter()
        .map(|(method, path)| (method.as_str(), path.as_str()))
        .collect();
    for route in rules::routes() {
        assert!(
            described.contains(&route),
            "{route:?} of crates/access/src/rules.rs is no route"
        );
    }
}

/// The id of a conversation of another account than that of the keys.
async fn foreign(edge: &Edge) -> String {
    let phone = "5511955550109";
    let told = event(phone, "2026-09-20T10:00:00Z", "wamid.foreign", "oi");
    let told = told.replacen('{', r#"{"account":"other","#, 1);
    let written = ask(edge, OPERATOR, Method::POST, "/v1/events", &told).await;
    let positions = written.header("origem-position").parse().unwrap();
    edge.engine.wait(&positions, Duration::from_secs(30)).await.unwrap();
    edge.engine.find(phone, None).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_for_the_roles_of_its_rule() {
    let edge = guarded();
    let foreign = foreign(&edge).await;
    let account = |role| !matches!(role, Role::Operator | Role::Producer);
    let keys: Vec<(Option<Role>, String)> = Role::ALL
        .into_iter()
        .map(|role| {
            let agent = (role == Role::Agent).then_some("ana");
            (Some(role), key(&edge, role, account(role).then_some("default"), agent))
        })
        .chain([(None, "origem_0123456789_not-a-key".to_owned()), (None, String::new())])
        .collect();
    for (method, pattern) in described().await {
        let Some(who) = rules::http(&method, &pattern) else {
            continue;
        };
        // Of accounts, everybody but operators has its own only.
        let of_one = pattern.starts_with("/v1/conversations/{id}");
        let id = match pattern.as_str() {
            _ if of_one => foreign.as_str(),
            account if account.starts_with("/v1/accounts/{id}") => "default",
            _ => "nobody",
        };
        let path = pattern
            .replace("{source}", "twilio")
            .replace("{position}", "0:0")
            .replace("{id}", id)
            .replace("{code}", "nobody");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for (role, key) in &keys {
            let bearer = format!("Bearer {key}");
            let headers = [("authorization", bearer.as_str())];
            let shown = if key.is_empty() { &[][..] } else { &headers[..] };
            let response = edge.response(request(method.clone(), &path, shown, "{}")).await;
            let status = response.status().as_u16();
            let case = format!("{method} {pattern} as {role:?}: {status}");
            match (who, role) {
                (Who::Anybody, _) => assert!(status != 401 && status != 403, "{case}"),
                // Its own proof, which is not configured here; of instances there is no such route then.
                (Who::Signed, _) => assert!(status != 401, "{case}"),
                (Who::Roles(_), None) => assert_eq!(status, 401, "{case}"),
                // A conversation of another account is seen by operators only, and moved by nobody else.
                (Who::Roles(allowed), Some(role)) if of_one && *role != Role::Operator && allowed.contains(role) => {
                    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
                    let error: Value = serde_json::from_slice(&body).unwrap();
                    let is_faulty = method == Method::POST && status == 400;
                    let is_hidden = status == 403 && error["error"]["code"] == "not_visible";
                    assert!(is_faulty || is_hidden, "{case}: {error}");
                }
                (Who::Roles(allowed), Some(role)) if allowed.contains(role) => {
                    assert!(status != 401 && status != 403 && status != 405, "{case}");
                }
                (Who::Roles(_), Some(_)) => {
                    assert_eq!(status, 403, "{case}");
                    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
                    let error: Value = serde_json::from_slice(&body).unwrap();
                    assert_eq!(error["error"]["code"], "forbidden", "{case}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_has_a_key_everybody_may() {
    let edge = edge(options());
    for (method, pattern) in described().await {
        let path = pattern
            .replace("{source}", "event")
            .replace("{position}", "0:0")
            .replace("{id}", "nobody")
            .replace("{code}", "nobody");
        // The first key would close the doors; without a token there is no verification, and no other instance.
        if matches!(pattern.as_str(), "/v1/keys" | "/webhooks/meta" | "/internal/v1/ask") {
            continue;
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let status = edge.response(request(method.clone(), &path, &[], "{}")).await.status();
        assert!(status != 401 && status != 403, "{method} {path}: {status}");
    }
    // A build in which somebody forgot a rule says so, and lets nobody in.
    assert_eq!(edge.get("/v1/nonsense").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_operators_unless_they_are_set_open() {
    for (open, status) in [(false, 401), (true, 200)] {
        let mut options = options();
        options.access.operator_token = Some("t".into());
        options.access.open_metrics = open;
        assert_eq!(edge(options).get("/metrics").await.status, status);
    }
    let edge = guarded();
    let asked = request(Method::HEAD, "/v1/queue", &[], "");
    assert_eq!(edge.send(asked).await.status, 401);
    let asked = request(Method::OPTIONS, "/v1/queue", &[], "");
    assert_eq!(edge.send(asked).await.status, 401);
    assert_eq!(edge.get("/v1/nonsense").await.status, 404);
}
