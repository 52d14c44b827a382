//! Damaged payloads of Messenger, Instagram, Twilio and WhatsApp Web: nothing panics, siblings survive, every fragment is
//! read again as the same event.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests; a failure is meant to stop them

mod common;

use std::fs;
use std::sync::LazyLock;

use common::{FOLDERS, check_fragments, count, delivery, payloads};
use origem_channels::{Source, decode};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// All payloads.
static CORPUS: LazyLock<Vec<(Source, Vec<u8>)>> = LazyLock::new(|| {
    let files = FOLDERS
        .iter()
        .flat_map(|(folder, source)| payloads(folder).into_iter().map(|path| (*source, path)));
    files.map(|(source, path)| (source, fs::read(path).unwrap())).collect()
});

/// Those that are JSON.
static JSON_CORPUS: LazyLock<Vec<(Source, Value)>> = LazyLock::new(|| {
    let parsed = |(source, body): &(Source, Vec<u8>)| Some((*source, serde_json::from_slice(body).ok()?));
    CORPUS.iter().filter_map(parsed).collect()
});

/// The node number `at` of `value`, in reading order.
fn node<'v>(value: &'v mut Value, at: &mut usize) -> Option<&'v mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| node(item, at)),
        Value::Object(members) => members.values_mut().find_map(|member| node(member, at)),
        _ => None,
    }
}

/// What befalls a node.
#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Wrap,
    Twice,
    Remove(Index),
    Graft(Index),
}

fn apply(change: &Change, target: &mut Value, donor: &Value) {
    match change {
        Change::Replace(value) => *target = value.clone(),
        Change::Wrap => *target = json!([target]),
        Change::Twice => match target {
            Value::Array(items) => items.extend(items.clone()),
            other => *other = json!([other, other]),
        },
        Change::Remove(which) => match target {
            Value::Object(members) if !members.is_empty() => {
                let key = members.keys().nth(which.index(members.len())).unwrap().clone();
                members.remove(&key);
            }
            other => *other = Value::Null,
        },
        // A piece of another payload.
        Change::Graft(which) => {
            let mut donor = donor.clone();
            let mut at = which.index(count(&donor));
            *target = node(&mut donor, &mut at).unwrap().clone();
        }
    }
}

fn changes() -> impl Strategy<Value = Change> {
    let odd = vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5e300),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("texto"),
        json!("5511955550101@s.whatsapp.net"),
        json!("77@lid"),
        json!("status@broadcast"),
        json!("1790416800"),
        json!({"low": 1_790_416_800, "high": -9_223_372_036_854_775_808_i64}),
        json!([]),
        json!({}),
        json!([[], {}, null]),
        json!({"id": "1"}),
        json!({"message": {"message": {"message": {}}}}),
    ];
    prop_oneof![
        5 => prop::sample::select(odd).prop_map(Change::Replace),
        1 => Just(Change::Wrap),
        1 => Just(Change::Twice),
        2 => any::<Index>().prop_map(Change::Remove),
        2 => any::<Index>().prop_map(Change::Graft),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn changed_nodes_do_no_harm(
        which: Index,
        donor: Index,
        edits in prop::collection::vec((any::<Index>(), changes()), 1..4),
    ) {
        let (source, mut doc) = which.get(&JSON_CORPUS).clone();
        let (_, donor) = donor.get(&JSON_CORPUS);
        for (at, change) in &edits {
            let mut at = at.index(count(&doc));
            apply(change, node(&mut doc, &mut at).unwrap(), donor);
        }
        let body = doc.to_string();
        check_fragments(source, body.as_bytes(), &decode(&delivery(source, body.as_bytes())));
    }

    #[test]
    fn damaged_bytes_do_no_harm(which: Index, cut: Index, flips in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4)) {
        let (source, mut body) = which.get(&CORPUS).clone();
        for (at, byte) in flips {
            let at = at.index(body.len());
            body[at] = byte;
        }
        for body in [&body[..], &body[..cut.index(body.len())]] {
            check_fragments(source, body, &decode(&delivery(source, body)));
        }
    }

    #[test]
    fn siblings_of_a_damaged_element_are_read(at: Index, which: Index, change in changes()) {
        let whole = |n: usize| {
            json!({"sender": {"id": "7"}, "recipient": {"id": "3"}, "timestamp": 1_790_416_800_123_u64, "message": {"mid": format!("whole_{n}"), "text": "inteira"}})
        };
        let elements: Vec<&Value> =
            JSON_CORPUS.iter().filter_map(|(_, doc)| doc.pointer("/entry/0/messaging")?.as_array()).flatten().collect();
        let mut damaged: Value = (*which.get(&elements)).clone();
        let mut at = at.index(count(&damaged));
        let donor = *which.get(&elements);
        apply(&change, node(&mut damaged, &mut at).unwrap(), donor);
        let doc = json!({"object": "page", "entry": [{"id": "3", "messaging": [whole(1), damaged, whole(2)]}]});
        let body = doc.to_string();
        let decoded = decode(&delivery(Source::Meta, body.as_bytes()));
        let keys: Vec<_> = decoded.iter().map(|decoded| decoded.event.dedup_key.as_str()).collect();
        prop_assert!(keys.first() == Some(&"whole_1") && keys.last() == Some(&"whole_2"), "{:?}", keys);
        check_fragments(Source::Meta, body.as_bytes(), &decoded);
    }

    #[test]
    fn forms_do_no_harm(pairs in prop::collection::vec(("(From|To|Body|MessageSid|MessageStatus|WaId|ErrorCode)", ".{0,12}|(whatsapp|messenger):.{0,9}"), 0..6)) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        check_fragments(Source::Twilio, body.as_bytes(), &decode(&delivery(Source::Twilio, body.as_bytes())));
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    for inner in [
        deep(r#"{"message":"#, "}"),
        deep(r#"{"ephemeralMessage":{"message":"#, "}}"),
        deep(r#"{"protocolMessage":{"key":{"id":"1"},"editedMessage":"#, "}}"),
        deep(r#"{"extendedTextMessage":{"contextInfo":{"quotedMessage":"#, "}}}"),
        deep("[", "]"),
    ] {
        let body =
            format!(r#"{{"messages":[{{"key":{{"remoteJid":"1@s.whatsapp.net","id":"A"}},"message":{inner}}}]}}"#);
        assert_eq!(decode(&delivery(Source::WhatsappWeb, body.as_bytes())).len(), 1);
        let body = format!(
            r#"{{"object":"page","entry":[{{"id":"1","messaging":[{{"sender":{{"id":"2"}},"message":{inner}}}]}}]}}"#
        );
        assert_eq!(decode(&delivery(Source::Meta, body.as_bytes())).len(), 1);
    }
}
