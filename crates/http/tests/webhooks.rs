//! Webhooks: verification, signatures, and what an accepted delivery answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{SECRET_1, SECRET_2, edge, options, request, signed};
use origem_access::Settings;
use origem_http::Options;

const COMPACT: &str = r#"{"object":"whatsapp_business_account","entry":[]}"#;
const SPACED: &str = r#"{"object": "whatsapp_business_account", "entry": []}"#;
const ESCAPED: &str = r#"{"object":"page","entry":[{"id":"1","t":"ol\u00e1"}]}"#;
const UTF_8: &str = r#"{"object":"page","entry":[{"id":"1","t":"olá"}]}"#;

const OF_COMPACT: &str = "7e1cbd1a5c984c481ee1d2714945337bdc68ff8f2586af6541878731b13560ca";
const OF_SPACED: &str = "0dfa5d0a3a27cded8c5abaa95bb8e8cedbd4cee9b9fac0227e2e9510606811ff";
const OF_ESCAPED: &str = "dcfecee2d15cfd004365a4306ca5047fd2b8d1dbeaa3eb21bc3807e120d57e11";
const OF_UTF_8: &str = "91df8ceef7e740c41b92855d1853da3794c5ed0b49a48874964ab5b03d91b7a8";
const OF_COMPACT_2: &str = "3b6e39ec4ed61314f3c734079a4f731d694b8aa8371c5056c1946dfdad95bee6";

/// The vectors of reference/meta-platform.md 3.2.
#[tokio::test]
async fn a_signature_is_over_the_exact_bytes_with_any_configured_secret() {
    for (secrets, body, signature, status) in [
        (&[SECRET_1][..], COMPACT, OF_COMPACT, 200),
        (&[SECRET_1], SPACED, OF_SPACED, 200),
        (&[SECRET_1], ESCAPED, OF_ESCAPED, 200),
        (&[SECRET_1], UTF_8, OF_UTF_8, 200),
        (&[SECRET_2], COMPACT, OF_COMPACT_2, 200),
        (&[SECRET_1, SECRET_2], COMPACT, OF_COMPACT, 200),
        (&[SECRET_1, SECRET_2], COMPACT, OF_COMPACT_2, 200),
        (&[SECRET_1], COMPACT, OF_COMPACT_2, 401),
        (&[SECRET_2], COMPACT, OF_COMPACT, 401),
        (&[SECRET_1], SPACED, OF_COMPACT, 401),
        (&[SECRET_1], ESCAPED, OF_UTF_8, 401),
        (&[SECRET_1], UTF_8, OF_ESCAPED, 401),
        (&[SECRET_1], COMPACT, "7e1c", 401),
        (&[SECRET_1], COMPACT, "", 401),
        (&[], COMPACT, OF_UTF_8, 200), // nothing configured: nothing checked
    ] {
        let edge = edge(Options {
            meta_app_secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
            ..options()
        });
        let signature = format!("sha256={signature}");
        let sent = request(
            Method::POST,
            "/webhooks/meta",
            &[("x-hub-signature-256", &signature)],
            body,
        );
        let answer = edge.send(sent).await;
        assert_eq!(answer.status, status, "{secrets:?} {body} {signature}");
    }
}

#[tokio::test]
async fn a_verified_address_answers_the_challenge_verbatim() {
    let edge = edge(signed());
    for challenge in ["1158201444", "c%3Cb%3Eh%2Ba%20l", ""] {
        let path = format!("/webhooks/meta?hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token=verify-me");
        let answer = edge.get(&path).await;
        assert_eq!(answer.status, 200);
        let plain = form_urlencoded::parse(format!("c={challenge}").as_bytes())
            .next()
            .unwrap()
            .1
            .into_owned();
        assert_eq!(answer.body, plain);
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

/// The algorithm is that of the vector in Twilio's own libraries; the address is ours.
#[tokio::test]
async fn twilio_signs_the_address_and_the_sorted_fields() {
    let edge = edge(Options {
        twilio_auth_token: Some("12345".into()),
        public_url: Some("https://mycompany.com/".to_owned()),
        ..options()
    });
    let form = "To=%2B18005551212&CallSid=CA1234567890ABCDE&From=%2B14158675309&Digits=1234&Caller=%2B14158675309";
    let path = "/webhooks/twilio?foo=1&bar=2";
    // Computed with `openssl dgst -sha1 -hmac 12345` over the address and the fields sorted by name.
    for (signature, status) in [
        ("6gtqPuAF+YLbXJ2reUcZQuy/6N0=", 200),
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", 401),
        ("%", 401),
    ] {
        let sent = request(Method::POST, path, &[("x-twilio-signature", signature)], form);
        assert_eq!(edge.send(sent).await.status, status, "{signature}");
    }
    assert_eq!(edge.post(path, form).await.status, 401);
}

#[tokio::test]
async fn tokens_guard_the_sources_they_are_configured_for() {
    let edge = edge(Options {
        whatsapp_web_token: Some("web-token".into()),
        access: Settings {
            producer_token: Some("producer-token".into()),
            ..Settings::default()
        },
        ..options()
    });
    for (path, token, status) in [
        ("/webhooks/whatsapp_web", "Bearer web-token", 200),
        ("/webhooks/whatsapp_web", "bearer web-token", 200),
        ("/webhooks/whatsapp_web", "Bearer producer-token", 401),
        ("/webhooks/whatsapp_web", "web-token", 401),
        ("/webhooks/event", "Bearer producer-token", 200),
        ("/webhooks/event", "Bearer producer-toke", 401),
        ("/v1/events", "Bearer producer-token", 200),
        ("/v1/events", "", 401),
        ("/v1/deliveries", "Bearer producer-token", 200),
        ("/v1/deliveries", "Basic producer-token", 401),
    ] {
        let answer = edge
            .send(request(Method::POST, path, &[("authorization", token)], "{}"))
            .await;
        assert_eq!(answer.status, status, "{path} {token}");
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}
