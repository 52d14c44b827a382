//! Damaged WhatsApp payloads: nothing panics, siblings survive, every fragment is read again as the same event.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests; a failure is meant to stop them

mod common;

use std::fs;
use std::sync::LazyLock;

use common::{check_fragments, count, delivery, payloads};
use origem_channels::{Delivery, Source, decode};
use origem_domain::event::Body;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

fn corpus() -> &'static [Value] {
    static CORPUS: LazyLock<Vec<Value>> = LazyLock::new(read_corpus);
    &CORPUS
}

fn read_corpus() -> Vec<Value> {
    let read = |path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    payloads("whatsapp").into_iter().map(read).collect()
}

/// Changes the node number `at` of `value` (counted in reading order) by `change`.
fn mutate(value: &mut Value, at: &mut usize, change: &Change) -> bool {
    if *at == 0 {
        *value = change.apply(value);
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| mutate(item, at, change)),
        Value::Object(members) => members.values_mut().any(|member| mutate(member, at, change)),
        _ => false,
    }
}

/// What befalls a node.
#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Wrap,
    AsText,
    Twice,
    Rename,
}

impl Change {
    fn apply(&self, node: &Value) -> Value {
        match (self, node) {
            (Self::Replace(value), _) => value.clone(),
            (Self::Wrap, node) => json!([node]),
            (Self::AsText, node) => Value::String(node.to_string()),
            (Self::Twice, Value::Array(items)) => items.iter().chain(items).cloned().collect(),
            (Self::Twice, node) => json!([node, node]),
            (Self::Rename, Value::Object(members)) => members
                .iter()
                .map(|(key, value)| (format!("{key}_"), value.clone()))
                .collect(),
            (Self::Rename, node) => json!({ "x": node }),
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
        json!("BR.77"),
        json!("BR.ENT.77"),
        json!("1790416800"),
        json!([]),
        json!({}),
        json!([[], {}, null]),
        json!({"id": "1", "type": "text"}),
        json!({"body": {"body": []}}),
    ];
    prop_oneof![
        6 => prop::sample::select(odd).prop_map(Change::Replace),
        1 => Just(Change::Wrap),
        1 => Just(Change::AsText),
        1 => Just(Change::Twice),
        1 => Just(Change::Rename),
    ]
}

fn whole_message(n: usize) -> Value {
    json!({"from": "5511955550909", "id": format!("wamid.WHOLE{n}"), "timestamp": "1790416800", "type": "text", "text": {"body": "inteira"}})
}

fn value_of(messages: Vec<Value>) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": {
        "messaging_product": "whatsapp", "metadata": {"phone_number_id": "2"}, "messages": messages}}]}]})
}

fn all_messages(corpus: &[Value]) -> Vec<Value> {
    let lists = corpus
        .iter()
        .filter_map(|doc| doc.pointer("/entry/0/changes/0/value/messages")?.as_array());
    lists.flatten().cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn changed_nodes_do_no_harm(which: Index, edits in prop::collection::vec((any::<Index>(), changes()), 1..4)) {
        let corpus = corpus();
        let mut doc = which.get(corpus).clone();
        for (at, change) in &edits {
            let mut at = at.index(count(&doc));
            mutate(&mut doc, &mut at, change);
        }
        let body = doc.to_string();
        check_fragments(Source::Meta, body.as_bytes(), &decode(&delivery(Source::Meta, body.as_bytes())));
    }

    #[test]
    fn siblings_of_a_damaged_message_are_read(which: Index, at: Index, change in changes()) {
        let mut damaged = which.get(&all_messages(corpus())).clone();
        let mut at = at.index(count(&damaged));
        mutate(&mut damaged, &mut at, &change);
        let body = value_of(vec![whole_message(1), damaged, whole_message(2)]).to_string();
        let decoded = decode(&delivery(Source::Meta, body.as_bytes()));
        let keys: Vec<_> = decoded.iter().map(|decoded| decoded.event.dedup_key.as_str()).collect();
        prop_assert!(keys.first() == Some(&"wamid.WHOLE1") && keys.last() == Some(&"wamid.WHOLE2"), "{:?}", keys);
        check_fragments(Source::Meta, body.as_bytes(), &decoded);
    }

    #[test]
    fn damaged_bytes_do_no_harm(which: Index, cut: Index, flips in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4)) {
        let corpus = corpus();
        let mut body = which.get(corpus).to_string().into_bytes();
        for (at, byte) in flips {
            let at = at.index(body.len());
            body[at] = byte;
        }
        for body in [&body[..], &body[..cut.index(body.len())]] {
            let decoded = decode(&delivery(Source::Meta, body));
            check_fragments(Source::Meta, body, &decoded);
            if serde_json::from_slice::<Value>(body).is_err() && std::str::from_utf8(body).is_err() {
                prop_assert_eq!(decoded.len(), 1);
                let is_unrecognised = matches!(decoded[0].event.body, Body::Unrecognised { .. });
                prop_assert!(is_unrecognised);
            }
        }
    }
}

#[test]
fn a_deep_message_costs_no_stack_and_no_sibling() {
    let deep = format!("{}1{}", "[{\"a\":".repeat(200_000), "}]".repeat(200_000));
    let whole = |n| whole_message(n).to_string();
    let messages = format!(
        "{},{{\"from\":\"1\",\"type\":\"x\",\"x\":{deep}}},{}",
        whole(1),
        whole(2)
    );
    let body = value_of(vec![])
        .to_string()
        .replace("\"messages\":[]", &format!("\"messages\":[{messages}]"));
    let decoded = decode(&delivery(Source::Meta, body.as_bytes()));
    let kinds: Vec<_> = decoded.iter().map(|decoded| decoded.event.body.kind().name()).collect();
    assert_eq!(kinds, ["message_received", "unrecognised", "message_received"]);
    check_fragments(Source::Meta, body.as_bytes(), &decoded);
}

#[test]
fn what_is_no_json_is_kept_whole() {
    for body in [
        "",
        "\u{feff}{}",
        "{\"object\":",
        "null",
        "[]",
        "\"x\"",
        "{\"object\":\"user\",\"entry\":[]}",
        "{}",
    ] {
        let decoded = decode(&delivery(Source::Meta, body.as_bytes()));
        assert_eq!(decoded.len(), 1, "{body}");
        assert_eq!(decoded[0].fragment.raw, body.as_bytes());
    }
    assert_eq!(
        decode(&delivery(Source::Meta, b"{\"a\":\"\xff\"}"))[0].fragment.raw,
        b"{\"a\":\"\xff\"}"
    );
}

#[test]
fn a_redelivery_has_the_same_keys() {
    for doc in corpus() {
        let body = doc.to_string();
        let first = delivery(Source::Meta, body.as_bytes());
        let later = Delivery {
            received_at: first.received_at.plus(3_600_000_000),
            ..first
        };
        let keys = |delivery| -> Vec<String> { decode(delivery).into_iter().map(|d| d.event.dedup_key).collect() };
        assert_eq!(keys(&first), keys(&later), "{body}");
    }
}
