//! Plans: what an account has booked, nobody but operators writes; what it has not is refused, whoever asks.

use std::time::Duration;

use axum::body::to_bytes;
use axum::http::Method;
use origem_access::{Need, Who, features, rules};
use origem_domain::access::Role;
use origem_domain::directory::Feature;
use origem_http::{State, router};
use serde_json::{Value, json};

use super::common::{Edge, edge, event, options, request};
use super::routes::described;
use super::{OPERATOR, ask, guarded, key, told};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_itself_a_plan() {
    let edge = guarded();
    let own = key(&edge, Role::Administrator, Some("default"), None);
    let (plan, account) = ("/v1/plans/basic", "/v1/accounts/default");
    let basic = r#"{"name":"Basic","features":{"links":false}}"#;
    for (who, method, path, body, expected) in [
        (&*own, Method::PUT, plan, basic, "403 forbidden"),
        (OPERATOR, Method::PUT, plan, basic, "200"),
        (&own, Method::GET, plan, "", "200"),
        (&own, Method::DELETE, plan, "", "403 forbidden"),
        (&own, Method::PUT, account, r#"{"name":"Loja"}"#, "200"),
        (&own, Method::PUT, account, r#"{"plan":"basic"}"#, "403 forbidden"),
        (
            &own,
            Method::PUT,
            "/v1/accounts",
            r#"[{"id":"default","plan":"basic"}]"#,
            "403 forbidden",
        ),
        (&own, Method::DELETE, account, "", "204"),
        (OPERATOR, Method::PUT, account, r#"{"plan":"basic"}"#, "200"),
        (&own, Method::PUT, account, r#"{"name":"Loja","plan":"basic"}"#, "200"),
        (&own, Method::PUT, account, r#"{"name":"Loja"}"#, "403 forbidden"),
        (&own, Method::PUT, account, r#"{"plan":"large"}"#, "403 forbidden"),
        (&own, Method::DELETE, account, "", "403 forbidden"),
        (OPERATOR, Method::DELETE, account, "", "204"),
    ] {
        let answer = ask(&edge, who, method.clone(), path, body).await;
        assert_eq!(told(&answer), expected, "{method} {path} {body}: {:?}", answer.body);
    }
}

/// Gives an account a plan without some features.
async fn book(edge: &Edge, who: &str, account: &str, off: &[Feature]) {
    let off: Value = off.iter().map(|feature| (feature.name(), json!(false))).collect();
    let plan = json!({"name": "Basic", "features": off}).to_string();
    for (path, body) in [
        (format!("/v1/plans/basic?account={account}"), plan.as_str()),
        (format!("/v1/accounts/{account}"), r#"{"plan":"basic"}"#),
    ] {
        let answer = ask(edge, who, Method::PUT, &path, body).await;
        assert_eq!(told(&answer), "200", "{path}: {:?}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_needs_what_the_table_says() {
    let edge = guarded();
    let key = key(&edge, Role::Administrator, Some("default"), None);
    let bearer = format!("Bearer {key}");
    for off in Feature::ALL {
        book(&edge, OPERATOR, "default", &[off]).await;
        for (method, pattern) in described().await {
            let Some(Who::Roles(roles)) = rules::http(&method, &pattern) else {
                continue;
            };
            let is_refused =
                roles.contains(&Role::Administrator) && features::http(&pattern) == Some(Need::Feature(off));
            let path = pattern.replace("{id}", "nobody");
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let asked = request(method.clone(), &path, &[("authorization", &bearer)], "{}");
            let response = edge.response(asked).await;
            let case = format!("{method} {pattern} without {off:?}");
            if response.status() == 403 {
                let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
                let problem: Value = serde_json::from_slice(&body).unwrap();
                let error = &problem["error"];
                assert_eq!(error["code"] == "feature_off", is_refused, "{case}: {error}");
                if is_refused {
                    let message = error["message"].as_str().unwrap();
                    for said in [
                        &format!("`{}`", off.name()),
                        "`basic`",
                        "`default`",
                        "operator",
                        "/v1/plans/basic",
                    ] {
                        assert!(message.contains(said), "{case}: {message}");
                    }
                }
            } else {
                assert!(!is_refused, "{case}: {}", response.status());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_bind_whoever_is_of_the_account_and_everybody_is_told() {
    let edge = guarded();
    book(&edge, OPERATOR, "default", &[Feature::Links, Feature::Windows]).await;
    let small = |role, agent| key(&edge, role, Some("default"), agent);
    let manager = small(Role::Manager, None);
    let other = key(&edge, Role::Manager, Some("other"), None);
    for (name, who, is_on) in [
        ("manager", &*manager, false),
        ("of another account", &*other, true),
        ("operator", OPERATOR, true),
    ] {
        let expected = if is_on { "200" } else { "403 feature_off" };
        assert_eq!(
            told(&ask(&edge, who, Method::GET, "/v1/links", "").await),
            expected,
            "{name}"
        );
        assert_eq!(
            told(&ask(&edge, who, Method::HEAD, "/v1/campaigns", "").await),
            "200",
            "{name}"
        );
        let me = ask(&edge, who, Method::GET, "/v1/me", "").await.json();
        let features = json!({"queue": true, "links": is_on, "campaigns": true, "reports": true, "conversions": true,
            "windows": is_on});
        assert_eq!(me["features"], features, "{name}");
    }
    // A role that may not ask at all is told that first.
    let agent = small(Role::Agent, Some("ana"));
    let answer = ask(&edge, &agent, Method::PUT, "/v1/links/bio", "{}").await;
    assert_eq!(told(&answer), "403 forbidden");
    // What was booked since is there at once.
    book(&edge, OPERATOR, "default", &[]).await;
    assert_eq!(told(&ask(&edge, &manager, Method::GET, "/v1/links", "").await), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_has_a_key_the_account_that_is_asked_of_counts() {
    const CHANNEL: &str = "whatsapp:200000000000002";
    let edge = edge(options());
    let mut ids = Vec::new();
    for (account, phone) in [("small", "5511955550101"), ("default", "5511955550102")] {
        let told = event(phone, "2026-09-20T10:00:00Z", "wamid.1", "oi");
        let told = told.replacen('{', &format!(r#"{{"account":"{account}","#), 1);
        let written = edge.post("/v1/events", told).await;
        let positions = written.header("origem-position").parse().unwrap();
        edge.engine.wait(&positions, Duration::from_secs(30)).await.unwrap();
        ids.push(edge.engine.find(phone, None).unwrap());
    }
    book(&edge, "", "small", &[Feature::Links, Feature::Windows, Feature::Queue]).await;
    let (small, home) = (ids[0], ids[1]);
    let off = "403 feature_off";
    for (method, path, expected) in [
        (Method::GET, "/v1/links".to_owned(), "200"),
        (Method::GET, "/v1/links?account=small".to_owned(), off),
        (Method::GET, "/v1/campaigns?account=small".to_owned(), "200"),
        (Method::GET, format!("/v1/conversations/{small}/windows"), off),
        (Method::GET, format!("/v1/conversations/{small}/thread"), "200"),
        (Method::GET, format!("/v1/conversations/{home}/windows"), "200"),
        (Method::POST, format!("/v1/conversations/{small}/claim"), off),
        (Method::GET, format!("/v1/send-options?contact={small}"), off),
        (Method::GET, "/v1/send-options?contact=5511955550101".to_owned(), off),
        (
            Method::GET,
            format!("/v1/send-options?contact=5511955550109&account=small&channel={CHANNEL}"),
            off,
        ),
        (Method::GET, format!("/v1/send-options?contact={home}"), "200"),
        (
            Method::GET,
            "/v1/conversations/nobody/windows".to_owned(),
            "404 not_found",
        ),
    ] {
        let answer = edge.send(request(method.clone(), &path, &[], "{}")).await;
        assert_eq!(told(&answer), expected, "{method} {path}");
    }
    // Outreach names its account in the body, or not at all.
    for (contact, account, expected) in [
        (small.to_string(), None, off),
        ("5511955550101".to_owned(), None, off),
        ("5511955550109".to_owned(), Some("small"), off),
        (home.to_string(), None, "409 not_offered"),
    ] {
        let body = json!({"contact": contact, "account": account, "channel": CHANNEL, "template": "none"}).to_string();
        let answer = edge.post("/v1/outreach", body).await;
        assert_eq!(told(&answer), expected, "{contact} {account:?}: {:?}", answer.body);
    }
    // Whoever has the data in hand is not asked.
    let unguarded = Edge {
        router: router(State::unguarded(edge.engine.clone(), options())),
        ..edge
    };
    assert_eq!(unguarded.get("/v1/links?account=small").await.status, 200);
}
