//! Story: one customer, asked for at any time: the rules are those of the day, the facts those that had happened by then.

use serde_json::{Value, json};

use crate::world::World;

const PHONE: &str = "5511987654321";
const CONTACT: [&str; 2] = ["--contact", PHONE];

fn event(kind: &str, at: &str, details: Value) -> String {
    let mut event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": "200000000000002"}, "occurred_at": at,
        "contact": {"aliases": [{"kind": "phone", "value": PHONE}]}});
    let members = event.as_object_mut().unwrap();
    members.extend(details.as_object().unwrap().clone());
    event.to_string()
}

fn received(at: &str, id: &str) -> String {
    event(
        "message_received",
        at,
        json!({"message": {"id": id, "type": "text", "text": "oi"}}),
    )
}

fn by_ad(at: &str, id: &str) -> String {
    let referral = json!({"source_type": "ad", "source_id": "1202", "ctwa_clid": "Afe_"});
    event(
        "message_received",
        at,
        json!({"message": {"id": id, "type": "text", "text": "oi"}, "referral": referral}),
    )
}

fn sent(at: &str, id: &str) -> String {
    event(
        "message_sent",
        at,
        json!({"via": "web", "agent": "ana", "message": {"id": id, "type": "text", "text": "Olá"}}),
    )
}

fn status(at: &str, id: &str, state: &str, pricing: &Value, conversation: &Value) -> String {
    let mut status = json!({"message_id": id, "state": state, "pricing": pricing, "conversation": conversation});
    status.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    event("message_status", at, json!({ "status": status }))
}

/// The customer writes on the eves of two changes of the rules, and comes through an ad in October 2026.
fn story() -> Vec<String> {
    let free =
        json!({"model": "pmp", "type": "free_entry_point", "category": "referral_conversion", "billable": false});
    let week = json!({"id": "c0ffee", "origin": "referral_conversion", "expires_at": "2026-10-27T10:05:00Z"});
    let service = json!({"model": "pmp", "type": "free_customer_service", "category": "service", "billable": false});
    vec![
        received("2025-06-30T20:00:00-03:00", "wamid.A1"),
        received("2026-09-30T20:00:00-03:00", "wamid.A2"),
        sent("2026-10-01T00:10:00-03:00", "wamid.B1"),
        status(
            "2026-10-01T00:10:05-03:00",
            "wamid.B1",
            "delivered",
            &service,
            &Value::Null,
        ),
        status("2026-10-01T00:12:00-03:00", "wamid.B1", "read", &service, &Value::Null),
        by_ad("2026-10-20T10:00:00Z", "wamid.A3"),
        sent("2026-10-20T10:05:00Z", "wamid.B2"),
        status("2026-10-20T10:05:00Z", "wamid.B2", "sent", &free, &week),
    ]
}

fn ingested(events: &[String]) -> World {
    let world = World::new();
    let summary = world.ingest("event", events.join("\n"));
    assert_eq!(summary["unrecognised"], json!(0));
    world
}

/// The windows at a time, for an account of Sao Paulo.
fn windows(world: &World, at: &str) -> Value {
    let config = world.file("origem.toml", "[account]\ntime_zone = 'America/Sao_Paulo'");
    let asked = ["query", "windows", "--config", &config, "--at", at, "--format", "json"];
    world.run(&[&asked[..], &CONTACT].concat()).value()
}

fn costs(windows: &Value) -> Vec<&str> {
    let cost = |name: &&str| {
        let send = &windows["send"][*name];
        send["charge"].as_str().unwrap_or("no")
    };
    ["free_form", "utility", "marketing", "authentication"]
        .iter()
        .map(cost)
        .collect()
}

#[test]
fn the_rules_are_those_of_the_day() {
    let world = ingested(&story());
    for (at, tariff, expected) in [
        (
            "2025-06-30T23:00:00-03:00",
            "2024-11-01",
            ["free", "rate", "rate", "rate"],
        ),
        (
            "2025-07-01T00:00:00-03:00",
            "2025-07-01",
            ["free", "free", "rate", "rate"],
        ),
        (
            "2026-09-30T23:59:59-03:00",
            "2025-07-01",
            ["free", "free", "rate", "rate"],
        ),
        (
            "2026-10-01T00:00:00-03:00",
            "2026-10-01",
            ["free", "rate", "rate", "rate"],
        ),
        (
            "2026-10-01T20:00:00-03:00",
            "2026-10-01",
            ["no", "rate", "rate", "rate"],
        ),
        // The ad click waits, is answered, is confirmed for a week.
        ("2026-10-20T10:04:00Z", "2026-10-01", ["free"; 4]),
        ("2026-10-20T10:05:00Z", "2026-10-01", ["free"; 4]),
        ("2026-10-27T10:04:59Z", "2026-10-01", ["no", "free", "free", "free"]),
        ("2026-10-27T10:05:00Z", "2026-10-01", ["no", "rate", "rate", "rate"]),
    ] {
        let told = windows(&world, at);
        assert_eq!(
            (told["tariff"].as_str(), costs(&told)),
            (Some(tariff), expected.to_vec()),
            "{at}: {told}"
        );
    }
}

#[test]
fn the_shape_is_that_of_the_contract() {
    let world = ingested(&story());
    let told = windows(&world, "2026-10-21T10:00:00Z");
    assert_eq!(
        told["customer_care"],
        json!({"state": "closed", "opened_at": "2026-10-20T10:00:00Z", "closes_at": "2026-10-21T10:00:00Z", "source": "inferred"})
    );
    assert_eq!(
        told["free_entry_point"],
        json!({"state": "confirmed", "clicked_at": "2026-10-20T10:00:00Z", "reply_by": "2026-10-21T10:00:00Z",
            "opened_at": "2026-10-20T10:05:00Z", "closes_at": "2026-10-27T10:05:00Z", "remaining_s": 518_700, "source": "reported"})
    );
    assert_eq!(
        told["send"]["marketing"],
        json!({"allowed": true, "charge": "free", "basis": "free_entry_point_confirmed", "confidence": "high",
            "explanation": "the provider reported an open free entry point window", "until": "2026-10-27T10:05:00Z"})
    );
    assert_eq!(
        told["send"]["free_form"],
        json!({"allowed": false, "basis": "customer_care_closed", "confidence": "high",
            "explanation": "the customer's last message is 24 hours old or older: only templates"})
    );
    assert_eq!(
        (&told["as_of"], &told["time_zone"], &told["next_change"]),
        (
            &json!("2026-10-21T10:00:00Z"),
            &json!("America/Sao_Paulo"),
            &json!("2026-10-27T10:05:00Z")
        )
    );
    // One message was delivered in October, though reported twice.
    assert_eq!(
        told["service_messages"],
        json!({"free_per_month": 1000, "delivered": 1, "resets_at": "2026-11-01T03:00:00Z"})
    );
    assert_eq!(
        told["advice"]["pt-BR"],
        "Só é possível enviar um modelo aprovado, e qualquer um é grátis na janela do anúncio; \
         a partir de 27/10/2026 07:05 (America/Sao_Paulo), os modelos são cobrados."
    );
    // The present is inside the conversation, too.
    let conversation = world
        .run(&[&["query", "conversation", "--format", "json"], &CONTACT[..]].concat())
        .value();
    let present = world
        .run(&[&["query", "windows", "--format", "json"], &CONTACT[..]].concat())
        .value();
    assert_eq!(
        conversation["windows"]["free_entry_point"]["closes_at"],
        present["free_entry_point"]["closes_at"]
    );
    assert_eq!(conversation["windows"]["send"], present["send"]);
    let list = world.run(&["query", "conversations", "--format", "json"]).value();
    assert_eq!(
        list["items"][0]["windows"]["customer_care"]["state"],
        present["customer_care"]["state"]
    );
}

#[test]
fn the_past_is_what_had_happened_by_then() {
    let all = ingested(&story());
    let events = story();
    for (count, at) in [
        (1, "2025-07-01T10:00:00Z"),
        (3, "2026-10-01T03:10:02Z"),
        (6, "2026-10-20T10:04:59Z"),
        (8, "2026-11-01T00:00:00Z"),
    ] {
        let only_then = ingested(&events[..count]);
        assert_eq!(windows(&all, at), windows(&only_then, at), "{at}");
    }
    // In whatever order they came.
    let mut reversed = events;
    reversed.reverse();
    let reversed = ingested(&reversed);
    for at in [
        "2025-07-01T10:00:00Z",
        "2026-10-01T03:10:02Z",
        "2026-10-20T10:04:59Z",
        "2026-10-25T00:00:00Z",
    ] {
        assert_eq!(windows(&all, at), windows(&reversed, at), "{at}");
    }
}

#[test]
fn people_get_a_table_and_an_advice() {
    let world = ingested(&story());
    let asked = ["query", "windows", "--at", "2026-10-20T12:00:00Z", "--format", "table"];
    let told = String::from_utf8(world.run(&[&asked[..], &CONTACT].concat()).out).unwrap();
    for word in [
        "tariff 2026-10-01",
        "free_entry_point",
        "confirmed",
        "Write freely now: it is free",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
}

/// A message of a customer known by one alias, on any channel.
fn on_channel(channel: &str, alias: (&str, &str), more: Value) -> String {
    let mut event = json!({"kind": "message_received", "channel": {"kind": channel, "id": "300000000000003"},
        "occurred_at": "2026-10-20T10:00:00Z", "contact": {"aliases": [{"kind": alias.0, "value": alias.1}]},
        "message": {"id": format!("m.{}", alias.1), "type": "text", "text": "oi"}});
    let members = event.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    event.to_string()
}

#[test]
fn every_channel_has_windows_or_says_why_not() {
    let world = ingested(&[
        on_channel("whatsapp", ("bsuid", "BR.1000000000000009"), json!({})),
        on_channel("whatsapp", ("phone", "5511955550111"), json!({"provider": "twilio"})),
        on_channel("whatsapp", ("phone", "5511955550112"), json!({"provider": "baileys"})),
        on_channel("messenger", ("psid", "900000000000001"), json!({})),
        on_channel("instagram", ("igsid", "900000000000002"), json!({})),
        on_channel("webchat", ("visitor", "v-1"), json!({})),
    ]);
    for (contact, reason, send) in [
        // Known by a user id only: no number, and windows all the same.
        (
            "BR.1000000000000009",
            None,
            json!(["authentication", "free_form", "marketing", "utility"]),
        ),
        (
            "5511955550111",
            None,
            json!(["authentication", "free_form", "marketing", "utility"]),
        ),
        ("5511955550112", Some("not_cloud_api"), json!(["free_form"])),
        (
            "900000000000001",
            None,
            json!(["free_form", "human_agent", "private_reply"]),
        ),
        (
            "900000000000002",
            None,
            json!(["free_form", "human_agent", "private_reply"]),
        ),
        ("v-1", Some("webchat"), json!(["free_form"])),
    ] {
        let asked = [
            "query",
            "windows",
            "--contact",
            contact,
            "--at",
            "2026-10-20T11:00:00Z",
            "--format",
            "json",
        ];
        let told = world.run(&asked).value();
        assert_eq!(told["reason"].as_str(), reason, "{told}");
        let ways: Vec<&String> = told["send"].as_object().unwrap().keys().collect();
        assert_eq!(json!(ways), send, "{contact}");
        assert_eq!(told.get("customer_care").is_some(), reason.is_none(), "{told}");
        assert_eq!(told["send"]["free_form"]["allowed"], json!(true), "{told}");
    }
}
