//! Recorded events read again: today's readers agree with themselves, repair what was not understood, and take nothing away.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests; a failure is meant to stop them

mod common;

use std::fs;

use common::{FOLDERS, delivery, payloads};
use origem_channels::{Decoded, Source, decode, read_again};
use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{Body, Channel, Contact, Event, Group, TimeSource};

/// `event` as a build recorded it that did not understand it.
fn unrecognised(event: &Event) -> Event {
    Event {
        contact: None,
        group: None,
        dedup_key: "of another kind".to_owned(),
        body: Body::Unrecognised {
            reason: "not known then".to_owned(),
        },
        ..event.clone()
    }
}

fn whole(decoded: &Decoded<'_>) -> Vec<u8> {
    let fragment = &decoded.fragment;
    [&fragment.before, fragment.raw, &fragment.after].concat()
}

/// Each payload with its events.
fn each(check: impl Fn(Source, &[u8], Vec<Decoded<'_>>)) {
    for (folder, source) in FOLDERS {
        for path in payloads(folder) {
            let body = fs::read(&path).unwrap();
            check(source, &body, decode(&delivery(source, &body)));
        }
    }
}

#[test]
fn events_of_today_stand() {
    each(|source, _, decoded| {
        for one in &decoded {
            assert_eq!(
                read_again(&one.event, &delivery(source, &whole(one))),
                None,
                "{:?}",
                one.event
            );
        }
    });
}

#[test]
fn what_was_not_understood_becomes_what_it_is() {
    each(|source, _, decoded| {
        for one in &decoded {
            let again = read_again(&unrecognised(&one.event), &delivery(source, &whole(one)));
            let is_understood = !matches!(one.event.body, Body::Unrecognised { .. });
            assert_eq!(again, is_understood.then(|| vec![one.event.clone()]), "{:?}", one.event);
        }
    });
}

#[test]
fn a_whole_delivery_becomes_all_its_events() {
    each(|source, body, decoded| {
        let Some(first) = decoded.first() else { return };
        let events: Vec<Event> = decoded.iter().map(|one| one.event.clone()).collect();
        let is_understood = events
            .iter()
            .any(|event| !matches!(event.body, Body::Unrecognised { .. }));
        let again = read_again(&unrecognised(&first.event), &delivery(source, body));
        assert_eq!(again, is_understood.then_some(events));
    });
}

const MESSAGE: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
    "messaging_product":"whatsapp","metadata":{"phone_number_id":"200000000000002"},
    "messages":[{"id":"wamid.A","from":"5511955550101","timestamp":"1790416800","type":"text","text":{"body":"oi"}}]}}]}]}"#;

fn message() -> Event {
    decode(&delivery(Source::Meta, MESSAGE.as_bytes())).remove(0).event
}

fn contact(event: &mut Event) -> &mut Contact {
    event.contact.as_mut().unwrap()
}

#[test]
fn only_repairs_are_taken_over() {
    let phone = Alias::new(AliasKind::Phone, "5511955550101");
    let bsuid = Alias::new(AliasKind::Bsuid, "BR.1000000000000001");
    type Edit = fn(&mut Event);
    // What the recorded event differs in from today's reading, and whether the difference goes.
    let cases: [(&str, Edit, bool); 9] = [
        ("the same", |_| {}, false),
        (
            "another text",
            |event| {
                let Body::MessageReceived { message, .. } = &mut event.body else {
                    return;
                };
                message.text = Some("o\u{fffd}".to_owned());
            },
            true,
        ),
        (
            "another kind",
            |event| event.body = Body::ReferralOpened { referral: None },
            true,
        ),
        ("another dedup key", |event| event.dedup_key = "old".to_owned(), true),
        ("nobody was named", |event| event.contact = None, true),
        (
            "the time of receipt",
            |event| event.time_source = TimeSource::Received,
            true,
        ),
        (
            "another channel",
            |event| {
                event.channel = Channel {
                    id: "9".to_owned(),
                    ..event.channel.clone()
                }
            },
            false,
        ),
        (
            "a name beside the fragment",
            |event| contact(event).name = Some("Rita".to_owned()),
            false,
        ),
        (
            "a group beside the fragment",
            |event| event.group = Some(Group { id: "g".to_owned() }),
            false,
        ),
    ];
    for (what, edit, goes) in cases {
        let mut recorded = message();
        edit(&mut recorded);
        let again = read_again(&recorded, &delivery(Source::Meta, MESSAGE.as_bytes()));
        assert_eq!(again, goes.then(|| vec![message()]), "{what}");
    }

    // Both at once: the repair is taken, what only the recorded event knows stays.
    let mut recorded = message();
    recorded.dedup_key = "old".to_owned();
    contact(&mut recorded).name = Some("Rita".to_owned());
    contact(&mut recorded).aliases = vec![bsuid.clone()];
    let again = read_again(&recorded, &delivery(Source::Meta, MESSAGE.as_bytes())).unwrap();
    let mut expected = message();
    *contact(&mut expected) = Contact {
        aliases: vec![phone, bsuid],
        name: Some("Rita".to_owned()),
        ..Contact::default()
    };
    assert_eq!(again, [expected]);
}

#[test]
fn what_today_says_less_of_stands() {
    let nobody = MESSAGE.replace(r#""from":"5511955550101","#, "");
    let no_time = MESSAGE.replace("1790416800", "?");
    let no_longer = MESSAGE.replace(r#""messages":["#, r#""other":["#);
    for body in ["", "{}", &nobody, &no_time, &no_longer] {
        assert_eq!(
            read_again(&message(), &delivery(Source::Meta, body.as_bytes())),
            None,
            "{body}"
        );
    }
}

#[test]
fn what_is_not_needed_today_is_no_event() {
    let watermark = r#"{"object":"page","entry":[{"id":"3","messaging":[{"sender":{"id":"7"},"recipient":{"id":"3"},
        "timestamp":1790416800123,"read":{"watermark":1790416800000}}]}]}"#;
    let again = read_again(&unrecognised(&message()), &delivery(Source::Meta, watermark.as_bytes()));
    assert_eq!(again, Some(Vec::new()));
    assert_eq!(
        read_again(&message(), &delivery(Source::Meta, watermark.as_bytes())),
        None,
        "what was understood stays"
    );
}

#[test]
fn our_own_events_stand_unless_they_were_not_understood() {
    let json = |text: &str| {
        format!(
            r#"{{"kind":"message_received","channel":{{"kind":"whatsapp","id":"2"}},"contact":{{"aliases":[{{"kind":"phone","value":"5511955550101"}}]}},
            "occurred_at":"2026-09-26T10:01:00Z","message":{{"id":"m1","type":"text","text":"{text}"}}}}"#
        )
    };
    let read = |text: &str| decode(&delivery(Source::Event, json(text).as_bytes())).remove(0).event;
    let again = |recorded: &Event| read_again(recorded, &delivery(Source::Event, json("dois").as_bytes()));
    assert_eq!(again(&read("um")), None);
    assert_eq!(again(&unrecognised(&read("um"))), Some(vec![read("dois")]));
}
