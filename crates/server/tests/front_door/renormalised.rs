//! Story: an operator upgrades, and has history read again: what the older version did not understand becomes what it is.

use std::fs;
use std::path::Path;

use origem_codec::{RawParts, decode, encode, raw};
use origem_domain::event::{Body, Event};
use origem_domain::key::Secret;
use origem_domain::position::{Offset, Partition, Position};
use origem_log::{EventLog as _, ReadLimit};
use origem_log_segments::SegmentLog;
use serde_json::{Value, json};

use crate::process::on;
use crate::world::{World, simulated};

/// Every one of so many events was not understood by the version before.
const NOT_KNOWN: usize = 5;

/// The log of `today` as a version left it behind that knew less.
fn as_left_by_an_older_version(today: &Path, old: &Path) {
    fs::create_dir_all(old.join("log")).unwrap();
    fs::copy(today.join("secret.key"), old.join("secret.key")).unwrap();
    let digits = fs::read_to_string(old.join("secret.key")).unwrap();
    let secret = Secret::new(u128::from_str_radix(digits.trim(), 16).unwrap().to_be_bytes());
    let open = |directory: &Path| SegmentLog::open(&directory.join("log"), &Default::default()).unwrap().0;
    let (from, into) = (open(today), open(old));
    let batch = from
        .read(
            Partition(0),
            Offset(0),
            ReadLimit {
                records_max: usize::MAX,
                bytes_max: usize::MAX,
            },
        )
        .unwrap();
    assert_eq!(batch.next(), from.tail(Partition(0)).unwrap());
    let records: Vec<Vec<u8>> = batch
        .iter()
        .enumerate()
        .map(|(index, (offset, bytes))| {
            let recorded = decode(Position::new(0, offset.0), bytes).unwrap();
            if index % NOT_KNOWN != 0 {
                return bytes.to_vec();
            }
            let then = Event {
                contact: None,
                group: None,
                dedup_key: format!("bytes of {}", recorded.event.dedup_key),
                body: Body::Unrecognised {
                    reason: "a field of tomorrow".to_owned(),
                },
                ..recorded.event
            };
            let parts: RawParts<'_> = raw(bytes).unwrap().unwrap();
            encode(&then, &recorded.source, recorded.received_at, parts, &secret)
        })
        .collect();
    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    into.append(Partition(0), &records).unwrap();
}

#[track_caller]
fn ask(data: &Path, arguments: &[&str]) -> Value {
    on(data, arguments).value()
}

#[test]
fn history_that_was_not_understood_is_repaired() {
    let world = World::new();
    world.ingest("meta", simulated(400, 11));
    let (today, old) = (world.data(), world.path("old"));
    as_left_by_an_older_version(&today, &old);

    let fingerprint = |data: &Path| ask(data, &["query", "fingerprint", "--format", "json"]);
    let not_understood = |data: &Path| {
        let counts = ask(data, &["anomalies", "count", "--format", "json"]);
        counts["reasons"]["unrecognised"].as_u64().unwrap_or_default()
    };
    let (expected, before) = (fingerprint(&today), fingerprint(&old));
    assert_ne!(before, expected);
    assert!(not_understood(&old) > 60);

    // Without reading again there is nothing to repair.
    let plain = ask(&old, &["rebuild", "--dry-run", "--format", "json"]);
    assert_eq!(plain["diff"]["equal"], true, "{plain}");
    let seen = ask(&old, &["rebuild", "--renormalise", "--dry-run", "--format", "json"]);
    assert_eq!(
        seen["diff"]["contents"]["new"]["fingerprint"], expected["fingerprint"],
        "{seen}"
    );
    assert!(
        seen["diff"]["examples"]
            .as_array()
            .is_some_and(|examples| !examples.is_empty()),
        "{seen}"
    );
    assert_eq!(fingerprint(&old), before, "a dry run changes nothing");

    ask(&old, &["rebuild", "--renormalise", "--format", "json"]);
    assert_eq!(
        fingerprint(&old),
        expected,
        "row for row what today's version makes of the deliveries"
    );
    assert_eq!(not_understood(&old), not_understood(&today));

    // It stays so: what comes now is folded on it, and the next rebuild reads again too.
    let more = world.file("more.ndjson", simulated(500, 12));
    for data in [&today, &old] {
        on(data, &["ingest", &more]).done();
    }
    assert_eq!(fingerprint(&old), fingerprint(&today));
    let next = ask(&old, &["rebuild", "--format", "json"]);
    assert_eq!(
        (&next["renormalise"], &next["diff"]["equal"]),
        (&json!(true), &json!(true)),
        "{next}"
    );
    assert_eq!(fingerprint(&old), fingerprint(&today));
}
