//! The golden corpus: stored bytes of every kind of event, which every later build must read as it reads them today.
//!
//! `corpus/<kind>.v<version>.hex` has the bytes of a record, `corpus/<kind>.v<version>.json` what they say. A file that is there
//! is never written again: if a test here fails, the codec is wrong, not the corpus. New files are added by
//! `cargo test -p origem-codec --test corpus -- --ignored`, which writes only what is missing.

#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use origem_codec::json::EventJson;
use origem_codec::{RawParts, VERSION, decode, decode_structure, encode, raw, without_personal};
use origem_domain::event::Kind;
use origem_domain::key::{AliasKey, Key, Keys};
use origem_domain::position::Position;
use origem_domain::record::Recorded;
use origem_testkit::samples::{KINDS, sample};
use origem_testkit::{SECRET, build};
use serde_json::{Value, json};

const AT: Position = Position::new(0, 0);

#[test]
fn every_stored_record_says_what_it_said() {
    for file in records() {
        let bytes = read_hex(&file);
        let stored: Value = serde_json::from_str(&fs::read_to_string(file.with_extension("json")).unwrap()).unwrap();
        let recorded = decode(AT, &bytes).unwrap();
        assert_eq!(describe(&recorded, raw(&bytes).unwrap()), stored, "{}", file.display());
        let kept = decode_structure(AT, &bytes).unwrap();
        assert_eq!(
            (kept.keys, kept.marks),
            (recorded.keys, recorded.marks),
            "{}",
            file.display()
        );
        assert!(
            decode(AT, &without_personal(&bytes).unwrap()).is_ok(),
            "{}",
            file.display()
        );
    }
}

#[test]
fn every_kind_has_a_stored_record_of_this_version() {
    let names: BTreeSet<PathBuf> = records().collect();
    for kind in KINDS {
        let file = path(kind);
        assert!(
            names.contains(&file),
            "{} is missing: see the head of this file",
            file.display()
        );
    }
}

#[test]
#[ignore = "a chore: adds the files that are missing"]
fn add_missing_files() {
    for kind in KINDS {
        let file = path(kind);
        if file.exists() || file.with_extension("json").exists() {
            continue;
        }
        let bytes = sample_record(kind);
        let recorded = decode(AT, &bytes).unwrap();
        assert_eq!(recorded.event, sample(kind), "never store what does not come back");
        let json = serde_json::to_string_pretty(&describe(&recorded, raw(&bytes).unwrap())).unwrap();
        fs::write(file.with_extension("json"), json + "\n").unwrap();
        fs::write(&file, hex(&bytes)).unwrap();
    }
}

fn sample_record(kind: Kind) -> Vec<u8> {
    // Bytes that are no text stand for what providers send at their worst.
    let (source, raw): (_, &[u8]) = match kind {
        Kind::Unrecognised => ("twilio", b"Body=\xff\xfe"),
        _ => ("meta", br#"{"id":"1"}"#),
    };
    let parts = RawParts {
        before: br#"{"entry":["#,
        raw,
        after: b"]}",
    };
    encode(
        &sample(kind),
        source,
        build::at("2026-09-26T10:01:01.5Z"),
        parts,
        &SECRET,
    )
}

/// All a record says, as JSON that people can read.
fn describe(recorded: &Recorded, raw: Option<RawParts<'_>>) -> Value {
    let parts = raw.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    json!({
        "source": recorded.source,
        "received_at": recorded.received_at,
        "event": EventJson::new(&recorded.event, raw).value(),
        "marks": recorded.marks,
        "keys": keys(&recorded.keys),
        "raw": [text(parts.before), text(parts.raw), text(parts.after)],
    })
}

fn keys(keys: &Keys) -> Value {
    let Keys {
        dedup,
        aliases,
        from,
        to,
        group,
        message,
        reply_to,
        code,
        ad_click,
        wording,
    } = keys;
    let key = |key: &Key| format!("{:016x}", key.0);
    let list = |list: &[AliasKey]| -> Vec<String> {
        list.iter()
            .map(|key| format!("{}:{:032x}", key.kind.name(), key.hash))
            .collect()
    };
    let mut told = json!({
        "dedup": key(dedup),
        "aliases": list(aliases),
        "from": list(from),
        "to": list(to),
        "group": group.as_ref().map(key),
        "message": message.as_ref().map(key),
        "reply_to": reply_to.as_ref().map(key),
        "code": code.map(|key| format!("{:032x}", key.0)),
        "ad_click": ad_click.map(|key| format!("{:032x}", key.0)),
    });
    // Not of the oldest records.
    if !wording.is_empty() {
        told["wording"] = json!(wording);
    }
    told
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn path(kind: Kind) -> PathBuf {
    corpus().join(format!("{}.v{VERSION}.hex", kind.name()))
}

/// The files with bytes.
fn records() -> impl Iterator<Item = PathBuf> {
    let files = fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "hex"))
}

/// Lines of 32 bytes, so that a diff shows where.
fn hex(bytes: &[u8]) -> String {
    let line = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    bytes.chunks(32).map(line).collect()
}

fn read_hex(file: &Path) -> Vec<u8> {
    let text = fs::read_to_string(file).unwrap();
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
