//! Numbers of a newer writer. Source: docs/formats/record.md, "Versions and unknown numbers".

use origem_domain::event::{Kind, Via};
use origem_testkit::samples::sample;
use origem_testkit::{SECRET, build};
use prost::Message as _;

use super::*;
use crate::encode;
use crate::record::write;
use crate::wire::structure::Body as WireBody;

const AT: Position = Position::new(0, 0);
const UNKNOWN: i32 = 99;

/// The sample of `kind` as a newer writer would store it.
fn changed(kind: Kind, change: impl FnOnce(&mut wire::Structure)) -> Result<Recorded, DecodeError> {
    let bytes = encode(
        &sample(kind),
        "meta",
        build::at("2026-09-26T10:01:01Z"),
        RawParts::default(),
        &SECRET,
    );
    let frame = Frame::read(&bytes).unwrap();
    let mut structure = wire::Structure::decode(frame.structure).unwrap();
    let texts = wire::Texts::decode(PersonalFrame::read(frame.personal.unwrap()).unwrap().texts).unwrap();
    change(&mut structure);
    decode(AT, &write(&structure, &texts, RawParts::default()))
}

#[test]
fn an_event_that_cannot_be_understood_is_unrecognised_with_its_keys() {
    let same = |kind| changed(kind, |_| {}).unwrap().keys;
    type Change = fn(&mut wire::Structure);
    let cases: [(Kind, Change); 5] = [
        (Kind::MessageReceived, |it| it.body = None),
        (Kind::MessageStatus, |it| match &mut it.body {
            Some(WireBody::MessageStatus(status)) => status.state = UNKNOWN,
            other => panic!("{other:?}"),
        }),
        (Kind::CallReceived, |it| match &mut it.body {
            Some(WireBody::CallReceived(call)) => call.event = UNKNOWN,
            other => panic!("{other:?}"),
        }),
        (Kind::HistoryImported, |it| match &mut it.body {
            Some(WireBody::HistoryImported(history)) => history.direction = UNKNOWN,
            other => panic!("{other:?}"),
        }),
        (Kind::PreferenceChanged, |it| match &mut it.body {
            Some(WireBody::PreferenceChanged(preference)) => preference.value = UNKNOWN,
            other => panic!("{other:?}"),
        }),
    ];
    for (kind, change) in cases {
        let recorded = changed(kind, change).unwrap();
        assert_eq!(
            recorded.event.body,
            Body::Unrecognised {
                reason: NEWER_KIND.to_owned()
            },
            "{}",
            kind.name()
        );
        assert_eq!(recorded.keys, same(kind), "{}", kind.name());
    }
}

#[test]
fn what_an_event_can_do_without_is_left_out() {
    let recorded = changed(Kind::MessageReceived, |it| it.aliases[0].kind = UNKNOWN).unwrap();
    let mut expected = sample(Kind::MessageReceived);
    expected.contact.as_mut().unwrap().aliases.remove(0);
    assert_eq!(recorded.event, expected, "the values of the others are still theirs");
    assert_eq!(recorded.keys.aliases.len(), 2);

    let recorded = changed(Kind::MessageSent, |it| {
        let Some(WireBody::MessageSent(sent)) = &mut it.body else {
            panic!()
        };
        sent.via = UNKNOWN;
        it.time_source = UNKNOWN;
    });
    let event = recorded.unwrap().event;
    let Body::MessageSent { details, .. } = event.body else {
        panic!()
    };
    assert_eq!((details.via, event.time_source), (Via::Api, TimeSource::Payload));
}

#[test]
fn an_unknown_channel_is_refused() {
    for number in [0, UNKNOWN] {
        let answer = changed(Kind::MessageReceived, |it| it.channel_kind = number);
        assert!(matches!(answer, Err(DecodeError::ChannelKind { number: found }) if found == number));
    }
}
