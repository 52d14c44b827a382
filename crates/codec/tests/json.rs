//! The public JSON of events and of exported records.

use origem_codec::RawParts;
use origem_codec::json::{EventJson, ExportLine};
use origem_domain::event::{Event, Kind};
use origem_testkit::build;
use origem_testkit::samples::{KINDS, sample};
use origem_testkit::strategies::arb_event;
use proptest::prelude::*;

fn parts(raw: &[u8]) -> Option<RawParts<'_>> {
    Some(RawParts {
        before: b"[",
        raw,
        after: b"]",
    })
}

fn json(event: &Event, raw: &[u8]) -> String {
    EventJson::new(event, parts(raw)).line()
}

#[test]
fn only_what_is_not_recognised_shows_its_bytes() {
    let event = sample(Kind::Unrecognised);
    let plain = serde_json::to_string(&event).unwrap();
    let with = |more: &str| format!("{},{more}}}", plain.strip_suffix('}').unwrap());
    assert_eq!(json(&event, "{\"olá\":1}".as_bytes()), with(r#""raw":"{\"olá\":1}""#));
    assert_eq!(json(&event, b""), with(r#""raw":"""#));
    assert_eq!(json(&event, b"a\xff"), with(r#""raw_base64":"Yf8=""#));
    assert_eq!(EventJson::new(&event, None).line(), plain);
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Unrecognised) {
        assert_eq!(
            json(&sample(kind), b"{}"),
            serde_json::to_string(&sample(kind)).unwrap()
        );
    }
}

#[test]
fn an_exported_line_has_the_record_and_its_bytes() {
    let recorded = build::recorded(
        build::received("5511955550101", "2026-09-26T10:01:00Z", "wamid.A", "oi"),
        7,
    );
    let event = r#"{"account":"default","channel":{"kind":"whatsapp","id":"200000000000002"},"contact":{"aliases":[{"kind":"phone","value":"5511955550101"}]},"occurred_at":"2026-09-26T10:01:00Z","dedup_key":"wamid.A","kind":"message_received","message":{"id":"wamid.A","type":"text","text":"oi"}}"#;
    let head = format!(r#"{{"position":"0:7","received_at":"2026-09-26T10:01:01Z","source":"event","event":{event}"#);
    for (raw, tail) in [
        (parts(b"{\"id\":1}"), r#","raw":"{\"id\":1}"}"#),
        (parts(b"\xff"), r#","raw_base64":"/w=="}"#),
        (None, "}"),
    ] {
        assert_eq!(ExportLine::new(&recorded, raw).line(), format!("{head}{tail}"));
    }
}

proptest! {
    #[test]
    fn every_event_comes_back_from_its_json(event in arb_event()) {
        let line = json(&event, b"raw");
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event.clone());
        prop_assert_eq!(serde_json::from_value::<Event>(EventJson::new(&event, parts(b"raw")).value()).unwrap(), event);
    }
}
