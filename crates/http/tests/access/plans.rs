//! Plans: what an account has booked, nobody but operators writes.

use axum::http::Method;
use origem_domain::access::Role;

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
