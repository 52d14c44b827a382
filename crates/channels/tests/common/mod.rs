//! What the fixture and mutation tests of all readers share: the files, the delivery, and the promise about fragments.

#![allow(dead_code)] // every test uses its part of it

use std::fs;
use std::path::{Path, PathBuf};

use origem_channels::{Decoded, Delivery, Source, decode};
use origem_domain::time::Timestamp;
use serde_json::Value;

/// Folders of fixtures and the reader they are for.
pub const FOLDERS: [(&str, Source); 5] = [
    ("whatsapp", Source::Meta),
    ("messenger", Source::Meta),
    ("instagram", Source::Meta),
    ("twilio", Source::Twilio),
    ("whatsapp_web", Source::WhatsappWeb),
];

/// `body` as it was received on a fixed day.
pub fn delivery(source: Source, body: &[u8]) -> Delivery<'_> {
    let received_at = Timestamp::parse("2026-11-22T12:00:00Z").unwrap();
    Delivery {
        source,
        body,
        received_at,
        account: "default",
    }
}

/// The payloads in a folder: JSON bodies and form bodies, by name.
pub fn payloads(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json" || extension == "form")
    });
    files.sort();
    files
}

/// Fragments are slices of the body that decode, in their envelope, to their event and nothing else.
pub fn check_fragments(source: Source, body: &[u8], decoded: &[Decoded<'_>]) {
    for Decoded { event, fragment } in decoded {
        let start = (fragment.raw.as_ptr() as usize).wrapping_sub(body.as_ptr() as usize);
        assert_eq!(body.get(start..start + fragment.raw.len()), Some(fragment.raw));
        assert!(!event.dedup_key.is_empty());
        let again = [&fragment.before, fragment.raw, &fragment.after].concat();
        let events: Vec<_> = decode(&delivery(source, &again))
            .into_iter()
            .map(|decoded| decoded.event)
            .collect();
        assert_eq!(
            events,
            std::slice::from_ref(event),
            "{}",
            String::from_utf8_lossy(&again)
        );
    }
}

/// How many nodes a value has, itself included.
pub fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}
