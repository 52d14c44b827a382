//! Paths over HTTP: which origins follow each other on the way to tickets, and which of these ways lead to a sale.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Edge, edge, options, request};
use serde_json::{Value, json};

/// An event of a contact at a time of October 2026, `day.hour:minute`.
fn event(number: u32, at: &str, kind: &str, more: Value) -> Value {
    let (day, time) = at.split_once('.').unwrap();
    let mut event = json!({
        "kind": kind,
        "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "contact": {"aliases": [{"kind": "phone", "value": format!("55119555501{number:02}")}]},
        "occurred_at": format!("2026-10-{day:0>2}T{time}:00Z"),
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn wrote(number: u32, at: &str, text: &str) -> Value {
    let id = format!("m{number}-{at}");
    event(
        number,
        at,
        "message_received",
        json!({"message": {"id": id, "type": "text", "text": text}}),
    )
}

fn by_ad(number: u32, at: &str) -> Value {
    let mut event = wrote(number, at, "oi");
    event["referral"] = json!({"source_type": "ad", "source_id": "1202", "ctwa_clid": format!("clid{number}{at}")});
    event
}

fn finished(number: u32, at: &str, value: f64) -> Value {
    let ticket = json!({"value": value, "currency": "BRL"});
    event(number, at, "ticket_finished", json!({"agent": "ana", "ticket": ticket}))
}

/// Two by an ad, then a hashtag: both sold. One by the ad alone, twice in a row: sold. One organic: lost. One organic of long before
/// and an ad: lost.
async fn october() -> Edge {
    let edge = edge(options());
    let ad = r#"{"names":[{"ad":"Blue","campaign":"Spring","campaign_id":"C1"}],"platform":"instagram"}"#;
    let put = edge.send(request(Method::PUT, "/v1/ads/1202", &[], ad)).await;
    assert_eq!(put.status, 200);
    let events = vec![
        by_ad(1, "01.10:00"),
        wrote(1, "03.10:00", "#promo quero"),
        finished(1, "04.12:00", 100.0),
        by_ad(2, "01.10:00"),
        wrote(2, "02.10:30", "#promo quero"),
        finished(2, "04.12:00", 50.5),
        by_ad(3, "01.10:00"),
        by_ad(3, "03.10:00"),
        finished(3, "05.12:00", 10.0),
        wrote(4, "02.09:00", "oi"),
        finished(4, "02.10:00", 0.0),
        wrote(5, "01.09:00", "oi"),
        by_ad(5, "20.09:00"),
        finished(5, "20.10:00", 0.0),
    ];
    let written = edge.post("/v1/events", Value::Array(events).to_string()).await;
    assert_eq!(written.status, 200, "{:?}", written.body);
    let read = edge.get_after(&written, "/v1/conversations").await;
    assert_eq!(read.status, 200);
    edge
}

fn counts(line: &Value) -> String {
    format!("{} {} {}", line["tickets"], line["won"], line["revenue"]["BRL"])
}

/// `... > ad instagram > hashtag: 2 2 150.5`.
fn told(line: &Value) -> String {
    let words = |step: &Value| {
        let places = ["/kind", "/platform", "/campaign/name", "/hashtag"];
        let words: Vec<&str> = places
            .iter()
            .filter_map(|place| step.pointer(place)?.as_str())
            .collect();
        words.join(" ")
    };
    let steps: Vec<String> = line["steps"].as_array().unwrap().iter().map(words).collect();
    let more = if line["longer"] == true { "... > " } else { "" };
    format!("{more}{}: {}", steps.join(" > "), counts(line))
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_won_most_come_first_and_the_same_again_is_one_step() {
    let edge = october().await;
    for (query, expected, others) in [
        (
            "",
            &[
                "ad instagram > hashtag: 2 2 150.5",
                "ad instagram: 1 1 10",
                "organic whatsapp: 1 0 null",
                "organic whatsapp > ad instagram: 1 0 null",
            ][..],
            "0",
        ),
        (
            "&group_by=campaign,hashtag",
            &[
                "Spring > promo: 2 2 150.5",
                "Spring: 1 1 10",
                ": 1 0 null",
                " > Spring: 1 0 null",
            ],
            "0",
        ),
        // Of longer paths the last steps count.
        (
            "&steps=1&group_by=kind",
            &[
                "... > hashtag: 2 2 150.5",
                "ad: 1 1 10",
                "... > ad: 1 0 null",
                "organic: 1 0 null",
            ],
            "0",
        ),
        // What was more than a day before the end is on no path.
        (
            "&lookback_days=1&group_by=kind",
            &[": 3 3 160.5", "ad: 1 0 null", "organic: 1 0 null"],
            "0",
        ),
        ("&limit=1", &["ad instagram > hashtag: 2 2 150.5"], "3 3 1 10"),
    ] {
        let query = format!("/v1/reports/paths?from=2026-10-01&to=2026-11-01{query}");
        let answer = edge.get(&query).await;
        assert_eq!(answer.status, 200, "{query}: {:?}", answer.body);
        let answer = answer.json();
        let lines: Vec<String> = answer["items"].as_array().unwrap().iter().map(told).collect();
        assert_eq!(lines, expected, "{query}");
        let rest = match answer.get("others") {
            Some(rest) => format!("{} {}", answer["others_number"], counts(rest)),
            None => answer["others_number"].to_string(),
        };
        assert_eq!(rest, others, "{query}");
        assert_eq!(counts(&answer["totals"]), "5 3 160.5", "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_name() {
    let edge = october().await;
    for (query, said) in [
        ("group_by=team", "group_by: `team` is none of kind, platform"),
        ("steps=0", "steps: it must be between 1 and 10"),
        ("steps=11", "steps: it must be between 1 and 10"),
        ("limit=0", "limit: it must be between 1 and 1000"),
        ("lookback_days=0", "lookback_days"),
        ("from=2026-10-02&to=2026-10-01", "it must be after 2026-10-02"),
        ("model=last", "unknown field `model`"),
    ] {
        let refused = edge.get(&format!("/v1/reports/paths?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(said), "{query}: {message}");
    }
}
