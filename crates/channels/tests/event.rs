//! Our own events as JSON: defaults, the time rule, and what becomes of those that do not parse.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests; a failure is meant to stop them

use origem_channels::{Delivery, Source, decode};
use origem_domain::event::Body;
use origem_domain::time::Timestamp;
use serde_json::Value;

/// Checks that `body` becomes events that hold the members of `expected`, line by line.
fn check(body: &str, expected: &[&str]) {
    let received_at = Timestamp::parse("2026-11-22T12:00:00Z").unwrap();
    let delivery = Delivery {
        source: Source::Event,
        body: body.as_bytes(),
        received_at,
        account: "loja",
    };
    let decoded = decode(&delivery);
    assert_eq!(decoded.len(), expected.len(), "{body}: {decoded:?}");
    for (decoded, expected) in decoded.iter().zip(expected) {
        let mut json = serde_json::to_value(&decoded.event).unwrap();
        if matches!(decoded.event.body, Body::Unrecognised { .. }) {
            json["raw"] = String::from_utf8_lossy(decoded.fragment.raw).into_owned().into();
        }
        let Value::Object(expected) = serde_json::from_str(expected).unwrap() else {
            panic!("{expected}")
        };
        for (key, value) in expected {
            assert_eq!(
                json.get(&key).unwrap_or(&Value::Null),
                &value,
                "{key} of {body}: {json}"
            );
        }
        let again = [&decoded.fragment.before, decoded.fragment.raw, &decoded.fragment.after].concat();
        let events: Vec<_> = decode(&Delivery {
            body: &again,
            ..delivery
        })
        .into_iter()
        .map(|d| d.event)
        .collect();
        assert_eq!(events, std::slice::from_ref(&decoded.event));
    }
}

const CHANNEL: &str = r#""channel":{"kind":"whatsapp","id":"2"}"#;

fn sent(more: &str) -> String {
    format!(r#"{{"kind":"message_sent",{CHANNEL},"message":{{"id":"w1","text":"oi"}}{more}}}"#)
}

#[test]
fn what_is_left_out_has_its_default() {
    check(
        &sent(
            r#","occurred_at":"2026-09-26T10:01:00Z","contact":{"aliases":[{"kind":"phone","value":"+55 11 95555-0101"},{"kind":"phone","value":"-"}],"username":"@rita","name":null}"#,
        ),
        &[
            r#"{"account":"loja","dedup_key":"w1","via":"api","message":{"id":"w1","type":"text","text":"oi"},
             "contact":{"aliases":[{"kind":"phone","value":"5511955550101"}],"username":"rita"},"time_source":null}"#,
        ],
    );
    check(
        &sent(r#","account":"outra","dedup_key":"k""#),
        &[r#"{"account":"outra","dedup_key":"k"}"#],
    );
}

#[test]
fn times_follow_the_rule() {
    for (time, expected) in [
        (
            "",
            r#"{"occurred_at":"2026-11-22T12:00:00Z","time_source":"received","oddities":null}"#,
        ),
        (
            r#","occurred_at":1790416800"#,
            r#"{"occurred_at":"2026-09-26T10:00:00Z","time_source":null}"#,
        ),
        (
            r#","occurred_at":"soon""#,
            r#"{"occurred_at":"2026-11-22T12:00:00Z","time_source":"received","oddities":["bad_time"]}"#,
        ),
        (
            r#","occurred_at":"2014-12-31T23:59:59Z""#,
            r#"{"time_source":"received","oddities":["bad_time"]}"#,
        ),
        (
            r#","occurred_at":"2026-11-23T12:00:00Z""#,
            r#"{"time_source":null,"oddities":null}"#,
        ),
        (
            r#","occurred_at":"2026-11-23T12:00:01Z""#,
            r#"{"time_source":"received","oddities":["bad_time"]}"#,
        ),
    ] {
        check(&sent(time), &[expected]);
    }
}

#[test]
fn an_array_is_several_and_each_fails_alone() {
    let body = format!(
        r#"[{}, {{"kind":"teleported",{CHANNEL}}}, 5, {{"kind":"note_added"}}]"#,
        sent("")
    );
    check(
        &body,
        &[
            r#"{"kind":"message_sent"}"#,
            r#"{"kind":"unrecognised","raw":"{\"kind\":\"teleported\",\"channel\":{\"kind\":\"whatsapp\",\"id\":\"2\"}}"}"#,
            r#"{"kind":"unrecognised","reason":"not an object","raw":"5"}"#,
            r#"{"kind":"unrecognised","reason":"not an event: missing field `channel`"}"#,
        ],
    );
    check("oi", &[r#"{"kind":"unrecognised","raw":"oi"}"#]);
    check("[]", &[]);
}
