//! Every route of the description with every role, and without any.

use std::collections::BTreeSet;

use axum::body::to_bytes;
use axum::http::Method;
use origem_access::{Who, rules};
use origem_domain::access::Role;
use serde_json::Value;

use super::common::{edge, options, request};
use super::{guarded, key};

/// Method and pattern of every route that the API describes.
async fn described() -> Vec<(String, String)> {
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

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_for_the_roles_of_its_rule() {
    let edge = guarded();
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
        let id = if pattern.starts_with("/v1/accounts/{id}") {
            "default"
        } else {
            "nobody"
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
