//! Records read again: those of today stand, those that were not understood give what they would give today, and several
//! events at one position fold as several events do.

use std::fs;
use std::path::{Path, PathBuf};

use origem_channels::{Decoded as Read, Delivery, Source};
use origem_codec::RawParts;
use origem_domain::event::{Body, Channel, Event};
use origem_domain::key::Secret;
use origem_domain::position::Position;
use origem_domain::record::Recorded;
use origem_domain::time::Timestamp;
use origem_testkit::SECRET;
use origem_views::meta;

use super::world::World;
use crate::decode::{Reading, decode};
use crate::fold::Decoded;

const AGAIN: Reading = Reading::Again {
    secret: SECRET,
    partitions: 1,
};

fn received_at() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00Z").unwrap()
}

/// The payloads that the readers are tested with.
fn payloads() -> Vec<(Source, Vec<u8>)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../channels/tests/fixtures");
    let folders = [
        ("whatsapp", Source::Meta),
        ("messenger", Source::Meta),
        ("instagram", Source::Meta),
        ("twilio", Source::Twilio),
        ("whatsapp_web", Source::WhatsappWeb),
    ];
    let mut found = Vec::new();
    for (folder, source) in folders {
        let files = fs::read_dir(fixtures.join(folder)).unwrap();
        let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.retain(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json" || extension == "form")
        });
        found.extend(files.into_iter().map(|file| (source, fs::read(file).unwrap())));
    }
    found
}

fn read(source: Source, body: &[u8]) -> Vec<Read<'_>> {
    origem_channels::decode(&Delivery {
        source,
        body,
        received_at: received_at(),
        account: "default",
    })
}

/// The record of an event that was read from `raw` and nothing around it.
fn record_of(event: &Event, source: Source, raw: RawParts<'_>, secret: &Secret) -> Vec<u8> {
    origem_codec::encode(event, source.name(), received_at(), raw, secret)
}

fn record(event: &Event, source: Source, one: &Read<'_>) -> Vec<u8> {
    let fragment = &one.fragment;
    let raw = RawParts {
        before: &fragment.before,
        raw: fragment.raw,
        after: &fragment.after,
    };
    record_of(event, source, raw, &SECRET)
}

fn is_understood(event: &Event) -> bool {
    !matches!(event.body, Body::Unrecognised { .. })
}

/// As a build recorded it that did not understand it.
fn unrecognised(event: &Event) -> Event {
    Event {
        contact: None,
        group: None,
        dedup_key: format!("bytes of {}", event.dedup_key),
        body: Body::Unrecognised {
            reason: "not known then".to_owned(),
        },
        ..event.clone()
    }
}

/// The events of a log.
fn events(log: &[Vec<u8>], reading: &Reading) -> Vec<Recorded> {
    let mut decoded = Vec::new();
    for (offset, bytes) in (0..).zip(log) {
        decode(Position::new(0, offset), bytes, reading, &mut decoded);
    }
    let events = decoded.into_iter().map(|decoded| match decoded {
        Decoded::Event(recorded) => *recorded,
        Decoded::Undecodable { detail, .. } => panic!("{detail}"),
    });
    events.collect()
}

#[test]
fn records_of_today_stand_and_those_of_old_are_repaired() {
    let (mut today, mut old) = (Vec::new(), Vec::new());
    for (source, body) in &payloads() {
        for one in read(*source, body) {
            today.push(record(&one.event, *source, &one));
            let then = if is_understood(&one.event) {
                unrecognised(&one.event)
            } else {
                one.event.clone()
            };
            old.push(record(&then, *source, &one));
        }
    }
    let expected = events(&today, &Reading::Recorded);
    assert!(expected.len() > 200, "{} events of fixtures", expected.len());
    assert_eq!(events(&today, &AGAIN), expected);
    assert_eq!(events(&old, &AGAIN), expected, "keys and marks are those of intake");
    assert_ne!(events(&old, &Reading::Recorded), expected);
}

#[test]
fn deliveries_that_were_not_understood_as_a_whole_fold_as_their_events_do() {
    let payloads = payloads();
    let mut old = Vec::new();
    let mut today = Vec::new();
    for (source, body) in &payloads {
        let read = read(*source, body);
        // What is not understood today either stays the one event it was.
        let Some(first) = read.iter().find(|one| is_understood(&one.event)) else {
            continue;
        };
        let raw = RawParts {
            raw: body,
            ..RawParts::default()
        };
        old.push(record_of(&unrecognised(&first.event), *source, raw, &SECRET));
        today.extend(read.iter().map(|one| record(&one.event, *source, one)));
    }
    let again = events(&old, &AGAIN);
    let several = again
        .windows(2)
        .filter(|pair| pair[0].position == pair[1].position)
        .count();
    assert!(several > 20, "{several} events beside another of their record");

    let world = World::of(&again);
    for lanes in [2, 7] {
        let mut other = World::default();
        other.fold(&again, lanes);
        assert!(other.rows == world.rows, "in {lanes} lanes");
    }
    // A cut never parts the events of a record.
    let mut cut = World::default();
    again
        .chunk_by(|one, next| one.position == next.position)
        .for_each(|events| cut.fold(events, 1));
    assert_eq!(
        meta::fingerprint(&cut.rows).unwrap(),
        meta::fingerprint(&world.rows).unwrap()
    );

    let one_by_one = events(&today, &Reading::Recorded);
    let expected = World::of(&one_by_one);
    assert!(world.outcomes == expected.outcomes, "what became of each");
    let reasons =
        |world: &World| -> Vec<&'static str> { world.anomalies().into_iter().map(|(_, reason)| reason).collect() };
    let sorted = |mut reasons: Vec<&'static str>| {
        reasons.sort_unstable();
        reasons
    };
    assert_eq!(
        sorted(reasons(&world)),
        sorted(reasons(&expected)),
        "none hides another"
    );
    world.check_lists(&again);
}

const MESSAGE: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
    "messaging_product":"whatsapp","metadata":{"phone_number_id":"200000000000002"},
    "messages":[{"id":"wamid.A","from":"5511955550101","timestamp":"1790416800","type":"text","text":{"body":"oi"}}]}}]}]}"#;

#[test]
fn what_cannot_be_repaired_here_stands() {
    let known = read(Source::Meta, MESSAGE.as_bytes()).remove(0).event;
    let raw = RawParts {
        raw: MESSAGE.as_bytes(),
        ..RawParts::default()
    };
    let elsewhere = Event {
        channel: Channel {
            id: "unknown".to_owned(),
            ..known.channel.clone()
        },
        ..unrecognised(&known)
    };
    let whole = record_of(&elsewhere, Source::Meta, raw, &SECRET);
    let erased = origem_codec::without_personal(&whole).unwrap();
    let foreign = origem_codec::encode(&elsewhere, "of a plugin", received_at(), raw, &SECRET);
    let among = |partitions| Reading::Again {
        secret: SECRET,
        partitions,
    };
    // 12 partitions: the channel of the message is not of the first.
    let cases = [
        ("one partition", &whole, among(1), true),
        ("another partition", &whole, among(12), false),
        ("the bytes are erased", &erased, among(1), false),
        ("a reader nobody knows", &foreign, among(1), false),
    ];
    for (what, record, reading, repaired) in cases {
        let log = [record.clone()];
        let read = events(&log, &reading);
        assert_eq!(read[0].event == known, repaired, "{what}");
        assert_eq!(read == events(&log, &Reading::Recorded), !repaired, "{what}");
    }
}
