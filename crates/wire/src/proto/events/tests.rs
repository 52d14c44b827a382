//! Every kind of event goes through protobuf and comes back; what is none says why.
#![allow(clippy::unwrap_used)]

use origem_domain::event::Kind;
use origem_engine::{Delivery, Source};
use origem_testkit::samples::{KINDS, sample};
use origem_testkit::strategies::arb_event;
use proptest::prelude::*;

use super::*;
use crate::proto::event::Body;
use crate::proto::{Channel, EventContact, MessageReceived, Unrecognised};

fn received_at() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00Z").unwrap()
}

/// What intake reads from the JSON of a message.
fn taken_in(json: &str) -> domain::Event {
    let decoded = origem_channels::decode(&Delivery {
        source: Source::Event,
        body: json.as_bytes(),
        received_at: received_at(),
        account: "shop",
    });
    assert_eq!(decoded.len(), 1, "{json}");
    decoded.into_iter().next().unwrap().event
}

#[test]
fn every_kind_comes_back_from_protobuf_as_it_was() {
    for kind in KINDS {
        let json = serde_json::to_string(&sample(kind)).unwrap();
        let event: domain::Event = serde_json::from_str(&json).unwrap();
        let bytes = Event::of(&event).encode_to_vec();
        let message = Event::decode(bytes.as_slice()).unwrap();
        assert_eq!(message.to_domain(received_at()), Ok(event.clone()), "{json}");
        assert_eq!(taken_in(&json_of_bytes(&bytes)), taken_in(&json), "{json}");
        assert_eq!(message.to_json(), json_of_bytes(&bytes));
    }
}

proptest! {
    #[test]
    fn any_event_comes_back_from_protobuf_as_it_was(event in arb_event()) {
        let message = Event::decode(Event::of(&event).encode_to_vec().as_slice()).unwrap();
        prop_assert_eq!(message.to_domain(received_at()), Ok(event));
    }
}

proptest! {
    #[test]
    fn damaged_bytes_are_taken_in_as_one_event(event in arb_event(), at in any::<prop::sample::Index>(), byte: u8) {
        let bytes = Event::of(&event).encode_to_vec();
        let at = at.index(bytes.len());
        let mut changed = bytes.clone();
        changed[at] = byte;
        for damaged in [&bytes[..at], &changed] {
            taken_in(&json_of_bytes(damaged));
        }
    }
}

#[test]
fn what_is_left_out_is_filled_in_as_for_json() {
    let message = Event {
        account: None,
        occurred_at: None,
        dedup_key: None,
        ..Event::of(&sample(Kind::MessageReceived))
    };
    let event = taken_in(&message.to_json());
    assert_eq!(
        (event.account.as_str(), event.occurred_at, event.time_source),
        ("shop", received_at(), TimeSource::Received)
    );
    assert_eq!(event.dedup_key, sample(Kind::MessageReceived).dedup_key);
}

#[test]
fn what_is_no_event_is_kept_and_says_why() {
    let whole = Event::of(&sample(Kind::MessageReceived));
    let call = |change: fn(&mut crate::proto::CallReceived)| {
        let mut event = Event::of(&sample(Kind::CallReceived));
        if let Some(Body::CallReceived(call)) = &mut event.body {
            change(call);
        }
        event
    };
    let channel = |kind: &str, id: &str| {
        Some(Channel {
            kind: kind.to_owned(),
            id: id.to_owned(),
        })
    };
    let alias = crate::proto::Alias {
        kind: "email".to_owned(),
        value: "x".to_owned(),
    };
    for (message, reason) in [
        (Event::default(), "`channel` is missing"),
        (
            Event {
                channel: None,
                ..whole.clone()
            },
            "`channel` is missing",
        ),
        (
            Event {
                channel: channel("whatsapp", ""),
                ..whole.clone()
            },
            "`channel.id` is missing",
        ),
        (
            Event {
                channel: channel("", "1"),
                ..whole.clone()
            },
            "`channel.kind` is missing",
        ),
        (
            Event {
                channel: channel("telegram", "1"),
                ..whole.clone()
            },
            "`channel.kind`: unknown variant `telegram`, expected one of `whatsapp`, `instagram`, `messenger`, `webchat`",
        ),
        (
            Event {
                body: None,
                ..whole.clone()
            },
            "`body` is missing",
        ),
        (
            Event {
                body: Some(Body::MessageReceived(MessageReceived::default())),
                ..whole.clone()
            },
            "`message_received.message` is missing",
        ),
        (
            Event {
                contact: Some(EventContact {
                    aliases: vec![alias],
                    ..EventContact::default()
                }),
                ..whole.clone()
            },
            "`contact.aliases.kind`: unknown variant `email`",
        ),
        (
            Event {
                occurred_at: Some(prost_types::Timestamp {
                    seconds: i64::MAX,
                    nanos: 0,
                }),
                ..whole.clone()
            },
            "`occurred_at`: 9223372036854775807 s and 0 ns is no time",
        ),
        (
            Event {
                time_source: Some("guessed".to_owned()),
                ..whole
            },
            "`time_source`: unknown variant `guessed`",
        ),
        (
            call(|call| call.direction.clear()),
            "`call_received.direction` is missing",
        ),
        (
            call(|call| "hold".clone_into(&mut call.event)),
            "`call_received.event`: unknown variant `hold`",
        ),
    ] {
        let refused = message.to_domain(received_at()).unwrap_err().to_string();
        assert!(refused.contains(reason), "{refused}: {reason}");
        let json = message.to_json();
        let event = taken_in(&json);
        let reason = format!("not an event: {refused}");
        assert_eq!(event.body, domain::Body::Unrecognised { reason });
        let kept: serde_json::Value = serde_json::from_str(&json).unwrap();
        let kept = BASE64_STANDARD.decode(kept["raw_base64"].as_str().unwrap()).unwrap();
        assert_eq!(Event::decode(kept.as_slice()).unwrap(), message);
    }
}

#[test]
fn what_is_not_even_a_message_is_kept_with_its_bytes() {
    let json = json_of_bytes(b"\xff\xff not protobuf");
    let event = taken_in(&json);
    assert!(matches!(event.body, domain::Body::Unrecognised { .. }), "{json}");
    assert!(
        json.contains(&BASE64_STANDARD.encode(b"\xff\xff not protobuf")),
        "{json}"
    );
}

#[test]
fn an_event_that_was_not_understood_stays_on_its_channel_and_account() {
    let message = Event {
        account: Some("shop-2".to_owned()),
        channel: Some(Channel {
            kind: "webchat".to_owned(),
            id: "site-1".to_owned(),
        }),
        ..Event::default()
    };
    let event = taken_in(&message.to_json());
    assert_eq!(
        (event.account.as_str(), event.channel.to_string().as_str()),
        ("shop-2", "webchat:site-1")
    );
    let told = Event {
        body: Some(Body::Unrecognised(Unrecognised {
            reason: "odd".to_owned(),
        })),
        ..message
    };
    assert_eq!(
        taken_in(&told.to_json()).body,
        domain::Body::Unrecognised {
            reason: "odd".to_owned()
        }
    );
}
