//! Every bad thing that may come in, and what it gets: the table of docs/bad-input.md, row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use common::{documented, edge, event, impatient, request, signature, signed, whatsapp};
use futures_util::{StreamExt as _, stream};

const MIB: usize = 1 << 20;

fn meta(signature: Option<&str>, body: impl Into<Vec<u8>>) -> Request<Body> {
    let headers: Vec<_> = signature
        .iter()
        .map(|signature| ("x-hub-signature-256", *signature))
        .collect();
    request(Method::POST, "/webhooks/meta", &headers, body.into())
}

fn signed_meta(body: impl Into<Vec<u8>>) -> Request<Body> {
    let body = body.into();
    meta(Some(&signature(&body)), body)
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    request(Method::POST, path, &[], body)
}

fn get(path: &str) -> Request<Body> {
    request(Method::GET, path, &[], "")
}

fn with_header(path: &str, name: &str, value: &str) -> Request<Body> {
    request(Method::GET, path, &[(name, value)], "")
}

/// A webhook of exactly `bytes` bytes.
fn webhook_of(bytes: usize) -> String {
    let message = |text: &str| {
        whatsapp(&format!(
            r#"{{"from":"5511955550101","id":"wamid.L","timestamp":"1790416860","type":"text","text":{{"body":"{text}"}}}}"#
        ))
    };
    let body = message(&"x".repeat(bytes - message("").len()));
    assert_eq!(body.len(), bytes);
    body
}

fn text_message(more: &str) -> String {
    whatsapp(&format!(
        r#"{{"from":"5511955550101",{more},"type":"text","text":{{"body":"oi"}}}}"#
    ))
}

fn thousand() -> String {
    let message = |at: usize| {
        format!(
            r#"{{"from":"55119555{at:05}","id":"wamid.{at}","timestamp":"1790416860","type":"text","text":{{"body":"oi"}}}}"#
        )
    };
    whatsapp(&(0..1000).map(message).collect::<Vec<_>>().join(","))
}

fn events(count: usize) -> String {
    let lines: Vec<_> = (0..count)
        .map(|at| event("5511955550101", "2026-09-26T10:01:00Z", &format!("m{at}"), "oi"))
        .collect();
    format!("[{}]", lines.join(","))
}

fn broken_off() -> Body {
    Body::from_stream(stream::iter([
        Ok(Bytes::from("{\"object\"")),
        Err(io::Error::other("gone")),
    ]))
}

fn stalled() -> Body {
    let first = stream::iter([Ok::<_, io::Error>(Bytes::from("{\"object\""))]);
    Body::from_stream(first.chain(stream::pending()))
}

fn cases() -> Vec<(&'static str, Request<Body>)> {
    let body = text_message(r#""id":"wamid.A","timestamp":"1790416860""#);
    let good = event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi");
    let channel = good.replace("\"whatsapp\"", "\"pigeon\"");
    let broken_line = format!("{good}\n{{\"kind\":\n{good}\n");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_text = text_message(&format!(r#""id":"wamid.D","timestamp":"1790416860","x":{deep}"#));
    let nested = format!(r#"{{"kind":"message_received","message":{deep}}}"#);
    let mut not_utf8 = body.clone().into_bytes();
    let at = body.find("oi").unwrap();
    not_utf8[at] = 0xff;
    vec![
        ("no signature", meta(None, body.clone())),
        ("signature of other bytes", meta(Some(&signature(b"{}")), body.clone())),
        ("signature that is none", meta(Some("sha256=zz"), body.clone())),
        (
            "signature without its prefix",
            meta(
                Some(signature(body.as_bytes()).trim_start_matches("sha256=")),
                body.clone(),
            ),
        ),
        (
            "verification with another token",
            get("/webhooks/meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token=no"),
        ),
        (
            "verification of another mode",
            get("/webhooks/meta?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify-me"),
        ),
        ("text that is no JSON", signed_meta("olá")),
        ("JSON cut short", signed_meta(&body[..body.len() - 9])),
        ("empty body", signed_meta("")),
        ("bytes that are not UTF-8", signed_meta(not_utf8)),
        ("JSON that is no object", signed_meta("[1,2]")),
        (
            "another `object`",
            signed_meta(body.replace("whatsapp_business_account", "permissions")),
        ),
        (
            "unknown field of a change",
            signed_meta(body.replace(r#""field":"messages""#, r#""field":"moon_phase""#)),
        ),
        ("100,000 levels of nesting", signed_meta(deep_text)),
        ("nothing but nesting", signed_meta(deep)),
        (
            "message without `timestamp`",
            signed_meta(text_message(r#""id":"wamid.B""#)),
        ),
        (
            "`timestamp` that is no time",
            signed_meta(text_message(r#""id":"wamid.C","timestamp":"soon""#)),
        ),
        (
            "message of the year 2099",
            signed_meta(text_message(r#""id":"wamid.E","timestamp":"4080000000""#)),
        ),
        (
            "message of the year 2001",
            signed_meta(text_message(r#""id":"wamid.F","timestamp":"1000000000""#)),
        ),
        (
            "numbers where ids are texts",
            signed_meta(text_message(r#""id":12345678901234567890123,"timestamp":1790416860"#)),
        ),
        ("1,000 updates in one delivery", signed_meta(thousand())),
        ("3 MiB", signed_meta(webhook_of(3 * MIB))),
        ("3 MiB and one byte", signed_meta(webhook_of(3 * MIB + 1))),
        ("body that breaks off", post("/webhooks/meta", broken_off())),
        ("body that does not end", post("/webhooks/meta", stalled())),
        ("source nobody knows", post("/webhooks/telegram", "{}")),
        ("Twilio form without numbers", post("/webhooks/twilio", "Body=oi")),
        (
            "WhatsApp Web payload of no known shape",
            post("/webhooks/whatsapp_web", r#"{"a":1}"#),
        ),
        ("events that are no JSON", post("/v1/events", "olá")),
        ("events with one broken line", post("/v1/events", broken_line)),
        ("events that are not UTF-8", post("/v1/events", &b"[\"\xff\"]"[..])),
        ("object that is no event", post("/v1/events", r#"{"hello":"world"}"#)),
        ("event of an unknown channel kind", post("/v1/events", channel)),
        ("event with deep nesting", post("/v1/events", nested)),
        ("array among events", post("/v1/events", format!("[{good},[{good}]]"))),
        ("1,000 events", post("/v1/events", events(1000))),
        ("1,001 events", post("/v1/events", events(1001))),
        ("more than 8 MiB of events", post("/v1/events", " ".repeat(8 * MIB + 1))),
        ("delivery line that is no JSON", post("/v1/deliveries", "olá\n\n{}\n")),
        (
            "compressed events",
            request(
                Method::POST,
                "/v1/events",
                &[("content-encoding", "gzip")],
                &b"\x1f\x8b"[..],
            ),
        ),
        (
            "deliveries of an unknown source",
            post("/v1/deliveries?source=telegram", "{}"),
        ),
        (
            "conversation that is not there",
            get("/v1/conversations/cv_0000000000000001"),
        ),
        ("text that is no id", get("/v1/conversations/rita/timeline")),
        ("id that is not UTF-8", get("/v1/conversations/%ff")),
        ("contact nobody knows", get("/v1/conversations?contact=5511900000000")),
        ("status nobody knows", get("/v1/conversations?status=lost")),
        ("filter nobody knows", get("/v1/conversations?stauts=new")),
        ("time that is none", get("/v1/conversations?from=yesterday")),
        ("limit of nothing", get("/v1/conversations?limit=0")),
        ("limit that is no number", get("/v1/conversations?limit=many")),
        ("cursor that is none of ours", get("/v1/conversations?cursor=first")),
        (
            "channel that is none",
            get("/v1/conversations?contact=5511955550101&channel=whatsapp"),
        ),
        (
            "minimal position that is none",
            with_header("/v1/conversations", "origem-min-position", "here"),
        ),
        (
            "minimal position not reached in time",
            with_header("/v1/conversations", "origem-min-position", "0:9999999"),
        ),
        (
            "changes after what is not there",
            with_header("/v1/changes", "last-event-id", "0:9999999"),
        ),
        ("asking for the past", get("/v1/conversations?at=2026-01-01T00:00:00Z")),
        (
            "windows at a time that is none",
            get("/v1/conversations/cv_0000000000000001/windows?at=yesterday"),
        ),
        (
            "windows at a time and a position",
            get("/v1/conversations/cv_0000000000000001/windows?position=0:0&at=2026-01-01T00:00:00Z"),
        ),
        (
            "a timeline at a position that is none",
            get("/v1/conversations/cv_0000000000000001/timeline?position=41"),
        ),
        ("source that is not UTF-8", post("/webhooks/%ff", "{}")),
        ("route that is none", get("/v2/conversations")),
        (
            "method a route does not take",
            request(Method::DELETE, "/v1/events", &[], ""),
        ),
    ]
}

/// An answer in the words of the page.
async fn answer(request: Request<Body>) -> String {
    let edge = edge(impatient(signed()));
    let path = request.uri().path().to_owned();
    let answer = edge.send(request).await;
    let (status, body) = (answer.status.as_u16(), answer.json());
    if !answer.status.is_success() {
        let error = &body["error"];
        assert_eq!(body["status"], status, "{body}");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
        assert!(error["retryable"].is_boolean(), "{body}");
        if status == 503 {
            answer.header("retry-after");
        }
        assert!(
            edge.engine.status().unwrap().last().is_empty(),
            "{path}: refused, and yet something was appended"
        );
        return format!("{status} {}", error["code"].as_str().unwrap());
    }
    let count = |name: &str| body[name].as_u64();
    let events = count("accepted").or(count("events")).unwrap();
    let mut told = format!("{status}, {events} kept");
    if let Some(unrecognised) = count("unrecognised").filter(|count| *count > 0) {
        told.push_str(&format!(", {unrecognised} unrecognised"));
    }
    if events > 0 {
        let position = answer.header("origem-position").parse().unwrap();
        edge.engine.wait(&position, Duration::from_secs(20)).await.unwrap();
        let anomalies = edge.get("/v1/anomalies").await.json();
        let reasons = anomalies["items"].as_array().unwrap().iter();
        for reason in reasons
            .filter(|item| item["reason"] != "unrecognised")
            .map(|item| item["reason"].as_str().unwrap())
        {
            told.push_str(&format!(", anomaly {reason}"));
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_thing_gets_what_the_page_says() {
    let mut documented = documented();
    let mut wrong = Vec::new();
    for (what, request) in cases() {
        let answer = tokio::time::timeout(Duration::from_secs(30), answer(request))
            .await
            .expect(what);
        let page = documented.remove(what).unwrap_or_default();
        if page != answer {
            wrong.push(format!("| {what} | {answer} | the page says: {page}"));
        }
    }
    documented.remove("log that cannot take events"); // in full_log.rs
    documented.remove("more bodies at once than there is room for"); // in bodies.rs
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(documented.is_empty(), "rows without a case: {documented:?}");
}
