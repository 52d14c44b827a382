//! Payloads and the events they become: `fixtures/<folder>/*`, each with its `*.events.ndjson` beside it.
//!
//! `UPDATE_EXPECT=1 cargo test` writes the expectations anew; read the diff against reference/meta-platform.md, sections 1,
//! 2 and 5.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests; a failure is meant to stop them

mod common;

use std::fs;

use common::{FOLDERS, check_fragments, delivery, payloads};
use origem_channels::{Decoded, Delivery, decode};
use origem_domain::event::Body;

/// One event as a line of JSON; what was not understood shows its bytes.
fn line(decoded: &Decoded<'_>) -> String {
    let mut json = serde_json::to_value(&decoded.event).unwrap();
    if matches!(decoded.event.body, Body::Unrecognised { .. }) {
        json["raw"] = String::from_utf8_lossy(decoded.fragment.raw).into_owned().into();
    }
    json.to_string()
}

#[test]
fn payloads_become_these_events() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for (folder, source) in FOLDERS {
        for path in payloads(folder) {
            let body = fs::read(&path).unwrap();
            let lines: String = decode(&delivery(source, &body))
                .iter()
                .map(|decoded| line(decoded) + "\n")
                .collect();
            let expected = path.with_extension("events.ndjson");
            if update {
                fs::write(&expected, &lines).unwrap();
            } else if fs::read_to_string(&expected).unwrap_or_default() != lines {
                wrong.push(format!("{}:\n{lines}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fragments_decode_to_their_events() {
    for (folder, source) in FOLDERS {
        for path in payloads(folder) {
            let body = fs::read(&path).unwrap();
            check_fragments(source, &body, &decode(&delivery(source, &body)));
        }
    }
}

#[test]
fn a_redelivery_has_the_same_keys() {
    for (folder, source) in FOLDERS {
        for path in payloads(folder) {
            let body = fs::read(&path).unwrap();
            let first = delivery(source, &body);
            let later = Delivery {
                received_at: first.received_at.plus(3_600_000_000),
                ..first
            };
            let keys = |delivery| -> Vec<String> { decode(delivery).into_iter().map(|d| d.event.dedup_key).collect() };
            assert_eq!(keys(&first), keys(&later), "{}", path.display());
        }
    }
}
