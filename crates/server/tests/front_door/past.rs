//! Story: what a data directory says of the past is what one says that was fed with the events of then only.

use std::fs;

use serde_json::{Value, json};

use crate::process::origem;
use crate::world::World;

const RITA: &str = "5511987654321";
const NEW_NUMBER: &str = "5511987650000";

/// A customer of a campaign who comes back through an ad under a new number; the click on the ad is told of last.
fn events() -> Vec<(&'static str, String)> {
    let event = |kind: &str, at: &str, phone: &str, more: Value| {
        let mut event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": "200000000000002"}, "occurred_at": at,
            "contact": {"aliases": [{"kind": "phone", "value": phone}], "name": format!("Rita {at}")}});
        let members = event.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        event.to_string()
    };
    let message = |id: &str, text: &str| json!({"id": id, "type": "text", "text": text});
    let from_to = json!({"from": [{"kind": "phone", "value": RITA}], "to": [{"kind": "phone", "value": NEW_NUMBER}]});
    let ad = json!({"referral": {"source_type": "ad", "source_id": "1202", "source_url": "https://fb.me/A", "ctwa_clid": "Afe_"}});
    let of = |kind, at, phone, more| (at, event(kind, at, phone, more));
    vec![
        of(
            "message_sent",
            "2026-09-21T10:00:00Z",
            RITA,
            json!({"via": "campaign", "campaign_id": "black", "message": message("c1", "Promoção")}),
        ),
        of(
            "message_received",
            "2026-09-21T11:00:00Z",
            RITA,
            json!({"message": {"id": "a1", "type": "text", "text": "Quero", "reply_to": "c1"}}),
        ),
        of(
            "message_sent",
            "2026-09-21T11:05:00Z",
            RITA,
            json!({"via": "web", "agent": "ana", "message": message("b1", "Olá!")}),
        ),
        of(
            "ticket_finished",
            "2026-09-21T12:00:00Z",
            RITA,
            json!({"agent": "ana", "ticket": {"classification": "sold"}}),
        ),
        of("identity_changed", "2026-09-23T08:00:00Z", RITA, from_to),
        of(
            "message_received",
            "2026-09-24T12:00:00Z",
            NEW_NUMBER,
            json!({"message": message("a2", "Voltei")}),
        ),
        of(
            "message_received",
            "2026-09-24T12:00:00Z",
            "5511955550202",
            json!({"message": message("x1", "Oi")}),
        ),
        of("referral_opened", "2026-09-24T11:59:00Z", NEW_NUMBER, ad),
    ]
}

/// A data directory of these events; ids are made with the secret of `like`.
fn fed(events: &[&String], like: Option<&World>) -> World {
    let world = World::new();
    if let Some(like) = like {
        fs::create_dir(world.data()).unwrap();
        fs::copy(like.data().join("secret.key"), world.data().join("secret.key")).unwrap();
    }
    let lines: Vec<&str> = events.iter().map(|line| line.as_str()).collect();
    world.ingest("event", lines.join("\n"));
    world
}

#[track_caller]
fn asked(world: &World, view: &str, moment: &[&str]) -> Value {
    let contact = ["query", view, "--contact", RITA, "--format", "json"];
    world.run(&[&contact[..], moment].concat()).value()
}

#[test]
fn the_past_is_what_a_new_directory_says_with_the_events_of_then() {
    let all = events();
    let lines: Vec<&String> = all.iter().map(|(_, line)| line).collect();
    let full = fed(&lines, None);
    let moments = [
        ("--at", "2026-09-21T10:30:00Z"),
        ("--at", "2026-09-21T11:05:00Z"),
        ("--at", "2026-09-23T00:00:00Z"),
        ("--at", "2026-09-24T12:00:00Z"),
        ("--position", "0:1"),
        ("--position", "0:6"),
        ("--position", "0:7"),
    ];
    for (flag, value) in moments {
        let holds = |(index, (at, _)): &(usize, &(&str, String))| match value.strip_prefix("0:") {
            Some(offset) => *index <= offset.parse::<usize>().unwrap(),
            None => *at <= value,
        };
        let then: Vec<&String> = all
            .iter()
            .enumerate()
            .filter(holds)
            .map(|(_, (_, line))| line)
            .collect();
        let fresh = fed(&then, Some(&full));
        for view in ["conversation", "timeline", "tickets", "thread"] {
            let (mut past, mut present) = (asked(&full, view, &[flag, value]), asked(&fresh, view, &[]));
            for told in [&mut past, &mut present] {
                without_positions(told);
            }
            assert_eq!(past, present, "{view} {flag} {value}");
        }
        if flag == "--at" {
            assert_eq!(
                asked(&full, "windows", &[flag, value]),
                asked(&fresh, "windows", &[flag, value]),
                "{value}"
            );
            let queue = |world: &World, moment: &[&str]| {
                world
                    .run(&[&["query", "queue", "--format", "json"], moment].concat())
                    .value()["counts"]
                    .clone()
            };
            assert_eq!(queue(&full, &[flag, value]), queue(&fresh, &[]), "{value}");
        }
    }
}

/// Positions are those of each log; windows and temperature of now depend on when they are asked for.
fn without_positions(told: &mut Value) {
    match told {
        Value::Object(members) => {
            members.remove("position");
            members.remove("windows");
            members.remove("temperature");
            members.values_mut().for_each(without_positions);
        }
        Value::Array(items) => items.iter_mut().for_each(without_positions),
        _ => {}
    }
}

#[test]
fn the_past_of_what_has_none_is_wrong_usage() {
    for arguments in [
        &["query", "conversations", "--at", "2026-09-21T10:00:00Z"][..],
        &["query", "queue", "--position", "0:1"],
        &["query", "fingerprint", "--at", "2026-09-21T10:00:00Z"],
        &[
            "query",
            "timeline",
            "cv_0000000000000001",
            "--at",
            "2026-09-21T10:00:00Z",
            "--position",
            "0:1",
        ],
    ] {
        assert_eq!(origem(arguments).code, Some(2), "{arguments:?}");
    }
    let world = fed(&[&events()[0].1], None);
    let early = world.run(&["query", "timeline", "--contact", RITA, "--at", "2026-09-21T09:00:00Z"]);
    assert_eq!(early.code, Some(1));
    assert!(
        early.err.contains("not_found") && early.err.contains("began later"),
        "{}",
        early.err
    );
}
