//! WhatsApp payloads and the events they become: `fixtures/whatsapp/*.json`, each with its `*.events.ndjson` beside it.
//!
//! `UPDATE_EXPECT=1 cargo test` writes the expectations anew; read the diff against reference/meta-platform.md section 1.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests; a failure is meant to stop them

use std::fs;
use std::path::{Path, PathBuf};

use origem_channels::{Decoded, Delivery, Source, decode};
use origem_domain::event::Body;
use origem_domain::time::Timestamp;

fn delivery(body: &[u8]) -> Delivery<'_> {
    let received_at = Timestamp::parse("2026-11-22T12:00:00Z").unwrap();
    Delivery {
        source: Source::Meta,
        body,
        received_at,
        account: "default",
    }
}

/// One event as a line of JSON; what was not understood shows its bytes.
fn line(decoded: &Decoded<'_>) -> String {
    let mut json = serde_json::to_value(&decoded.event).unwrap();
    if matches!(decoded.event.body, Body::Unrecognised { .. }) {
        json["raw"] = String::from_utf8_lossy(decoded.fragment.raw).into_owned().into();
    }
    json.to_string()
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/whatsapp");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

#[test]
fn payloads_become_these_events() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for path in fixtures() {
        let body = fs::read(&path).unwrap();
        let lines: String = decode(&delivery(&body))
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
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fragments_decode_to_their_event_again() {
    for path in fixtures() {
        let body = fs::read(&path).unwrap();
        for decoded in decode(&delivery(&body)) {
            let fragment = &decoded.fragment;
            let start = fragment.raw.as_ptr() as usize - body.as_ptr() as usize;
            assert_eq!(&body[start..start + fragment.raw.len()], fragment.raw);
            let again = [&fragment.before, fragment.raw, &fragment.after].concat();
            let events: Vec<_> = decode(&delivery(&again))
                .into_iter()
                .map(|decoded| decoded.event)
                .collect();
            assert_eq!(
                events,
                [decoded.event],
                "{}: {}",
                path.display(),
                String::from_utf8_lossy(&again)
            );
        }
    }
}
