//! What could not be understood: listed by every filter, counted, and led back to its bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::StatusCode;
use common::{Answer, Edge, edge, event, options};
use origem_domain::position::{Offset, Partition};
use serde_json::{Value, json};

/// A change of a field nobody knows, in the envelope it came in.
const UNKNOWN: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"100000000000001","changes":[{"field":"moon_phase","value":{"metadata":{"phone_number_id":"200000000000002"},"full":true}}]}]}"#;

/// An edge that took in five deliveries: one is fine, the rest is odd. The last write is given too.
async fn odd() -> (Edge, Answer) {
    let edge = edge(options());
    for (source, body) in [
        (
            "event",
            event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi").into_bytes(),
        ),
        ("meta", b"no JSON at all".to_vec()),
        (
            "event",
            event("5511955550101", "2001-01-01T00:00:00Z", "m2", "long ago").into_bytes(),
        ),
        ("meta", b"\xff\xfe".to_vec()),
    ] {
        let taken = edge
            .post(&format!("/v1/deliveries?source={source}&split=none"), body)
            .await;
        assert_eq!(taken.status, StatusCode::OK, "{:?}", taken.body);
    }
    let last = edge.post("/v1/deliveries?source=meta&split=none", UNKNOWN).await;
    assert_eq!(last.json()["position"], "0:4");
    (edge, last)
}

fn positions(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap_or_else(|| panic!("no items: {page}"));
    items.iter().map(|item| item["position"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_narrows_the_list() {
    let (edge, written) = odd().await;
    let all = edge.get_after(&written, "/v1/anomalies").await.json();
    assert_eq!(positions(&all), ["0:4", "0:3", "0:2", "0:1"]);
    let bad_time = &all["items"][2];
    let conversation = bad_time["conversation"].as_str().unwrap();
    let received_at = bad_time["received_at"].as_str().unwrap().replace(':', "%3A");
    for (query, expected) in [
        ("reason=unrecognised".to_owned(), &["0:4", "0:3", "0:1"][..]),
        ("reason=bad_time".to_owned(), &["0:2"]),
        ("reason=voided".to_owned(), &[]),
        ("kind=message_received".to_owned(), &["0:2"]),
        (
            "kind=unrecognised&reason=unrecognised".to_owned(),
            &["0:4", "0:3", "0:1"],
        ),
        ("kind=unrecognised&reason=bad_time".to_owned(), &[]),
        ("account=default".to_owned(), &["0:4", "0:3", "0:2", "0:1"]),
        ("account=nobody".to_owned(), &[]),
        ("channel=whatsapp:200000000000002&reason=bad_time".to_owned(), &["0:2"]),
        ("channel=whatsapp:1".to_owned(), &[]),
        (format!("conversation={conversation}"), &["0:2"]),
        (format!("since={received_at}"), &["0:4", "0:3", "0:2"]),
        (format!("until={received_at}"), &["0:1"]),
        ("since=2000-01-01T00:00:00Z&until=2001-01-01T00:00:00Z".to_owned(), &[]),
    ] {
        let page = edge.get(&format!("/v1/anomalies?{query}")).await.json();
        assert_eq!(positions(&page), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_name() {
    let (edge, _) = odd().await;
    for (query, name) in [
        ("reason=odd", "unknown variant `odd`"),
        ("kind=telepathy", "unknown variant `telepathy`"),
        ("channel=whatsapp", "channel"),
        ("conversation=rita", "conversation"),
        ("since=yesterday", "since"),
        ("resaon=bad_time", "unknown field `resaon`"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
    ] {
        let answer = edge.get(&format!("/v1/anomalies?{query}")).await;
        let told = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(
            answer.status == StatusCode::BAD_REQUEST && told.contains(name),
            "{query}: {told}"
        );
    }
    for (path, status) in [
        ("/v1/anomalies/0:0", StatusCode::NOT_FOUND), // nothing is odd about it
        ("/v1/anomalies/0:99", StatusCode::NOT_FOUND),
        ("/v1/anomalies/9:0", StatusCode::NOT_FOUND),
        ("/v1/anomalies/zero", StatusCode::BAD_REQUEST),
        ("/v1/anomalies/counts?acount=x", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(edge.get(path).await.status, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_length_give_each_once() {
    let (edge, written) = odd().await;
    edge.get_after(&written, "/v1/anomalies").await;
    for filter in ["", "&reason=unrecognised", "&account=default", "&kind=message_received"] {
        let whole = edge.get(&format!("/v1/anomalies?limit=200{filter}")).await.json();
        for limit in 1..6 {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = edge
                    .get(&format!("/v1/anomalies?limit={limit}{filter}{cursor}"))
                    .await
                    .json();
                seen.extend(page["items"].as_array().unwrap().iter().cloned());
                match page["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(Value::from(seen), whole["items"], "{filter} {limit}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_leads_to_its_bytes() {
    let (edge, written) = odd().await;
    let text = edge.get_after(&written, "/v1/anomalies/0:1").await.json();
    assert_eq!(
        (
            &text["source"],
            &text["raw"],
            &text["anomalies"][0]["reason"],
            text.get("delivery")
        ),
        (&json!("meta"), &json!("no JSON at all"), &json!("unrecognised"), None)
    );
    let early = edge.get("/v1/anomalies/0:2").await.json();
    assert_eq!(early["event"]["message"]["text"], "long ago");
    assert_eq!(
        (&early["event"]["kind"], &early["source"]),
        (&json!("message_received"), &json!("event"))
    );
    let bytes = edge.get("/v1/anomalies/0:3").await.json();
    assert_eq!((bytes.get("raw"), &bytes["raw_base64"]), (None, &json!("//4=")));
    // A part of a delivery is shown by itself, and in the envelope that makes it one again.
    let part = edge.get("/v1/anomalies/0:4").await.json();
    let (raw, delivery) = (part["raw"].as_str().unwrap(), part["delivery"].as_str().unwrap());
    assert!(
        raw.contains("moon_phase") && !raw.contains("\"object\"") && delivery.contains(raw),
        "{part}"
    );
    let again = edge
        .post("/v1/deliveries?source=meta&wait=true", delivery.to_owned())
        .await
        .json();
    assert_eq!(
        (&again["events"], &again["duplicates"]),
        (&json!(1), &json!(1)),
        "{again}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_name_every_reason_and_forget_no_account() {
    let (edge, written) = odd().await;
    let counts = edge.get_after(&written, "/v1/anomalies/counts").await.json();
    assert_eq!(
        counts,
        json!({"total": 4, "reasons": {"unrecognised": 3, "bad_time": 1, "identity_conflict": 0, "voided": 0, "no_effect": 0,
            "no_contact": 0, "undecodable": 0, "not_joined": 0}})
    );
    for (account, total) in [("default", 4), ("nobody", 0)] {
        let own = edge
            .get(&format!("/v1/anomalies/counts?account={account}"))
            .await
            .json();
        assert_eq!(own["total"], total, "{account}");
    }
    // What is known already is no news.
    edge.post("/v1/deliveries?source=meta&split=none&wait=true", "no JSON at all")
        .await;
    assert_eq!(edge.get("/v1/anomalies/counts").await.json(), counts);
    assert_eq!(edge.get("/v1/status").await.json()["anomalies"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_nobody_can_decode_is_shown_as_it_stands() {
    let edge = edge(options());
    edge.engine.log().append(Partition(0), &[b"\xffno record"]).unwrap();
    let written = edge
        .post("/v1/events", event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi"))
        .await;
    let page = edge
        .get_after(
            &written,
            "/v1/anomalies?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z",
        )
        .await;
    let page = page.json();
    assert_eq!(positions(&page), ["0:0"], "what has no time is of any");
    let item = &page["items"][0];
    assert_eq!(
        (&item["reason"], item.get("at"), item.get("received_at")),
        (&json!("undecodable"), None, None)
    );
    let case = edge.get("/v1/anomalies/0:0").await.json();
    assert_eq!(
        (&case["record_base64"], case.get("event"), case.get("raw")),
        (&json!("/25vIHJlY29yZA=="), None, None)
    );
    assert!(case["trouble"].is_string(), "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_has_let_go_of_is_told_without_its_bytes() {
    let (edge, written) = odd().await;
    edge.get_after(&written, "/v1/anomalies").await;
    edge.engine.log().trim(Partition(0), Offset(3)).unwrap();
    let case = edge.get("/v1/anomalies/0:1").await.json();
    assert_eq!((&case["gone"], case.get("raw")), (&json!(true), None));
    assert_eq!(case["anomalies"][0]["reason"], "unrecognised");
    let kept = edge.get("/v1/anomalies/0:3").await.json();
    assert_eq!((kept.get("gone"), kept["raw_base64"].is_string()), (None, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_that_finds_no_room_to_wait_is_no_secret() {
    let edge = edge(options());
    let conversion = |number: u32| {
        format!(
            r#"{{"kind":"conversion_reported","channel":{{"kind":"whatsapp","id":"200000000000002"}},"dedup_key":"c{number}","occurred_at":"2026-09-26T10:01:00Z","conversion":{{"name":"Purchase","ctwa_clid":"Afe_x"}}}}"#
        )
    };
    let all: Vec<String> = (0..18).map(conversion).collect();
    let written = edge.post("/v1/events", all.join("\n")).await;
    let page = edge.get_after(&written, "/v1/anomalies?reason=not_joined").await.json();
    assert_eq!(positions(&page), ["0:17", "0:16"], "sixteen wait");
    assert_eq!(page["items"][0]["kind"], "conversion_reported");
}
