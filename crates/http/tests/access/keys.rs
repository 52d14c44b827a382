//! Keys over HTTP: made once, listed without what is secret, revoked; and who calls.

use axum::http::Method;
use origem_domain::access::Role;
use origem_domain::directory::Feature;
use serde_json::{Value, json};

use super::common::{edge, options};
use super::{OPERATOR, ask, guarded, key, told};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_told_once_and_good_until_it_is_revoked() {
    let edge = edge(options());
    let everything: Value = Feature::ALL
        .iter()
        .map(|feature| (feature.name(), json!(true)))
        .collect();
    assert_eq!(
        edge.get("/v1/me").await.json(),
        json!({"role": "operator", "teams": [], "time_zone": "UTC", "open": true, "features": everything})
    );
    let made = edge
        .post("/v1/keys", r#"{"role":"operator","name":"first","expires_in":"90d"}"#)
        .await;
    assert_eq!(made.status, 201);
    let made = made.json();
    let (operator, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    assert!(
        operator.starts_with(&format!("origem_{id}_")) && operator.len() > 50,
        "{made}"
    );
    assert!(made["expires_at"].is_string() && made["account"].is_null(), "{made}");

    // From now on everybody has to show one.
    assert_eq!(told(&edge.get("/v1/me").await), "401 unauthorised");
    let me = ask(&edge, operator, Method::GET, "/v1/me", "").await.json();
    assert_eq!(
        me,
        json!({"role": "operator", "name": "first", "teams": [], "time_zone": "UTC", "open": false, "features": everything})
    );

    let agent = r#"{"name":"Ana","teams":["sales"]}"#;
    assert_eq!(
        told(&ask(&edge, operator, Method::PUT, "/v1/agents/ana", agent).await),
        "200"
    );
    let made = ask(
        &edge,
        operator,
        Method::POST,
        "/v1/keys",
        r#"{"role":"agent","agent":"ana"}"#,
    )
    .await;
    let made = made.json();
    let (ana, ana_id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    let me = ask(&edge, ana, Method::GET, "/v1/me", "").await.json();
    let expected = json!({"role": "agent", "agent": "ana", "name": "Ana", "account": "default", "teams": ["sales"], "time_zone": "UTC", "open": false,
        "features": everything});
    assert_eq!(me, expected);

    let list = ask(&edge, operator, Method::GET, "/v1/keys", "").await;
    let text = String::from_utf8(list.body.to_vec()).unwrap();
    assert!(text.contains(id) && text.contains(ana_id), "{text}");
    for secret in [operator, ana, &operator[20..], &ana[20..], "hash"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    // No route of the directory gives keys out.
    for path in ["/v1/access-keys", "/v1/access_keys"] {
        assert_eq!(
            told(&ask(&edge, operator, Method::GET, path, "").await),
            "404 not_found"
        );
    }

    let path = format!("/v1/keys/{ana_id}");
    assert_eq!(told(&ask(&edge, operator, Method::DELETE, &path, "").await), "204");
    assert_eq!(
        told(&ask(&edge, ana, Method::GET, "/v1/me", "").await),
        "401 unauthorised"
    );
    assert_eq!(
        told(&ask(&edge, operator, Method::DELETE, &path, "").await),
        "404 not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_left_has_no_key_any_more() {
    let edge = guarded();
    let ana = key(&edge, Role::Agent, Some("default"), Some("ana"));
    for (inactive, expected) in [(false, "200"), (true, "401 unauthorised")] {
        let agent = json!({"name": "Ana", "inactive": inactive}).to_string();
        ask(&edge, OPERATOR, Method::PUT, "/v1/agents/ana", &agent).await;
        assert_eq!(told(&ask(&edge, &ana, Method::GET, "/v1/me", "").await), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_look_after_the_keys_of_their_account() {
    let edge = guarded();
    let admin = key(&edge, Role::Administrator, Some("acme"), None);
    let of_other = key(&edge, Role::Manager, Some("other"), None);
    for (body, expected) in [
        (json!({"role": "agent", "agent": "ana"}), "201"),
        (json!({"role": "manager", "account": "acme"}), "201"),
        (json!({"role": "producer"}), "201"),
        (json!({"role": "manager", "account": "other"}), "403 forbidden"),
        (json!({"role": "producer", "account": "other"}), "403 forbidden"),
        (json!({"role": "operator"}), "403 forbidden"),
        (json!({"role": "agent"}), "400 invalid"),
        (json!({"role": "owner"}), "400 invalid"),
        (json!({"role": "manager", "expires_in": "soon"}), "400 invalid"),
        (
            json!({"role": "manager", "expires_at": "2020-01-01T00:00:00Z"}),
            "400 invalid",
        ),
        (
            json!({"role": "manager", "expires_at": "2120-01-01T00:00:00Z", "expires_in": "1d"}),
            "400 invalid",
        ),
        (json!({"role": "manager", "hash": "0"}), "400 invalid"),
        (Value::Null, "400 invalid"),
    ] {
        let answer = ask(&edge, &admin, Method::POST, "/v1/keys", &body.to_string()).await;
        assert_eq!(told(&answer), expected, "{body}");
        if expected == "201" {
            let key = answer.json();
            assert_eq!(
                (&key["account"], &key["created_by"]),
                (&json!("acme"), &json!("administrator")),
                "{body}"
            );
        }
    }
    let listed = ask(&edge, &admin, Method::GET, "/v1/keys", "").await.json();
    let accounts = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["account"].clone());
    assert_eq!(accounts.collect::<Vec<_>>(), vec![json!("acme"); 4]);
    let id = of_other.split('_').nth(1).unwrap();
    let revoke = ask(&edge, &admin, Method::DELETE, &format!("/v1/keys/{id}"), "").await;
    assert_eq!(told(&revoke), "404 not_found");
    assert_eq!(told(&ask(&edge, &of_other, Method::GET, "/v1/me", "").await), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_of_an_account_is_for_its_own() {
    let edge = guarded();
    let admin = key(&edge, Role::Administrator, Some("acme"), None);
    let manager = key(&edge, Role::Manager, Some("acme"), None);
    let agent = key(&edge, Role::Agent, Some("acme"), Some("ana"));
    let campaign = r#"{"name":"Spring","dashboard_url":"https://bi.example/spring"}"#;
    for (key, method, path, body, expected) in [
        (&admin, Method::PUT, "/v1/teams/sales", r#"{"name":"Sales"}"#, "200"),
        (
            &admin,
            Method::PUT,
            "/v1/teams/sales?account=other",
            r#"{"name":"Sales"}"#,
            "403 forbidden",
        ),
        (&admin, Method::PUT, "/v1/accounts/acme", "{}", "200"),
        (&admin, Method::PUT, "/v1/accounts/other", "{}", "403 forbidden"),
        (&admin, Method::GET, "/v1/accounts/other", "", "403 forbidden"),
        (&admin, Method::DELETE, "/v1/accounts/other", "", "403 forbidden"),
        (&admin, Method::PUT, "/v1/campaigns/c1", campaign, "200"),
        (
            &manager,
            Method::PUT,
            "/v1/teams/sales",
            r#"{"name":"Sales"}"#,
            "403 forbidden",
        ),
        (&agent, Method::GET, "/v1/teams/sales", "", "200"),
        (&agent, Method::GET, "/v1/teams?account=other", "", "403 forbidden"),
        (
            &agent,
            Method::GET,
            "/v1/conversations?account=other",
            "",
            "403 forbidden",
        ),
        (&agent, Method::GET, "/v1/queue?account=other", "", "403 forbidden"),
        (
            &manager,
            Method::GET,
            "/v1/reports/spend?account=other",
            "",
            "403 forbidden",
        ),
        (&manager, Method::GET, "/v1/reports/spend", "", "200"),
    ] {
        let answer = ask(&edge, key, method.clone(), path, body).await;
        assert_eq!(told(&answer), expected, "{method} {path}");
    }
    let other = ask(&edge, OPERATOR, Method::PUT, "/v1/accounts/other", "{}").await;
    assert_eq!(told(&other), "200");
    let accounts = ask(&edge, &agent, Method::GET, "/v1/accounts", "").await.json();
    assert_eq!(accounts["items"].as_array().unwrap().len(), 1, "{accounts}");
    for (key, is_shown) in [(&admin, true), (&manager, true), (&agent, false)] {
        for path in ["/v1/campaigns/c1", "/v1/campaigns"] {
            let campaign = ask(&edge, key, Method::GET, path, "").await;
            let text = String::from_utf8(campaign.body.to_vec()).unwrap();
            assert!(text.contains("Spring"), "{text}");
            assert_eq!(text.contains("dashboard_url"), is_shown, "{text}");
        }
    }
    let team = ask(&edge, &agent, Method::GET, "/v1/teams/sales", "").await.json();
    assert_eq!(team["updated_by"], "administrator");
}
