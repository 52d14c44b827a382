//! Story: one customer in three chapters, asked for in every way the command line has.

use serde_json::{Value, json};

use crate::process::{on, origem};
use crate::world::World;

/// Without the ninth digit, as some providers write it: the same person.
const OLD_PHONE: &str = "551187654321";
const PHONE: &str = "5511987654321";
const BSUID: &str = "BR.1000000000000001";

/// The campaign's message, the answer that quotes it, an agent; three days later a visit of the customer's own and an ad; the end;
/// two days later the next ticket.
fn story() -> World {
    let bsuid = json!({"kind": "bsuid", "value": BSUID});
    let phone = |number: &str| json!({"kind": "phone", "value": number});
    let event = |kind: &str, at: &str, aliases: Value, details: Value| {
        let mut event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": "200000000000002"}, "occurred_at": at,
            "contact": {"aliases": aliases, "name": "Rita Teste"}});
        event
            .as_object_mut()
            .unwrap()
            .extend(details.as_object().unwrap().clone());
        event.to_string()
    };
    let message = |id: &str, text: &str| json!({"id": id, "type": "text", "text": text});
    let events = [
        event(
            "message_sent",
            "2026-09-21T10:00:00Z",
            json!([bsuid, phone(PHONE)]),
            json!({"via": "campaign",
            "campaign_id": "black", "template": {"name": "promo", "language": "pt_BR", "category": "marketing"},
            "message": message("wamid.C1", "Promoção")}),
        ),
        event(
            "message_received",
            "2026-09-21T11:00:00Z",
            json!([phone(OLD_PHONE)]),
            json!({"message": {"id": "wamid.A1", "type": "text", "text": "Tenho interesse", "reply_to": "wamid.C1"}}),
        ),
        event(
            "ticket_claimed",
            "2026-09-21T11:04:00Z",
            json!([phone(PHONE)]),
            json!({"agent": "ana"}),
        ),
        event(
            "message_sent",
            "2026-09-21T11:05:00Z",
            json!([phone(PHONE)]),
            json!({"via": "web", "agent": "ana", "message": message("wamid.B1", "Olá, Rita!")}),
        ),
        event(
            "message_received",
            "2026-09-24T12:00:00Z",
            json!([phone(PHONE)]),
            json!({"message": message("wamid.A2", "Voltei")}),
        ),
        event(
            "message_received",
            "2026-09-24T12:10:00Z",
            json!([bsuid]),
            json!({"message": message("wamid.A3", "Vi o anúncio"),
            "referral": {"source_type": "ad", "source_id": "1202", "source_url": "https://fb.me/A", "ctwa_clid": "Afe_",
                "headline": "Fale conosco", "image_url": "https://scontent.example/i.jpg"}}),
        ),
        event(
            "ticket_finished",
            "2026-09-24T13:00:00Z",
            json!([phone(PHONE)]),
            json!({"agent": "ana", "ticket": {"classification": "sale", "value": 199.9, "currency": "BRL"}}),
        ),
        event(
            "message_received",
            "2026-09-26T09:00:00Z",
            json!([phone(PHONE)]),
            json!({"message": message("wamid.A4", "Mais uma dúvida")}),
        ),
    ];
    let world = World::new();
    let summary = world.ingest("event", events.join("\n"));
    assert_eq!(
        (&summary["events"], &summary["conversations"], &summary["unrecognised"]),
        (&json!(8), &json!(1), &json!(0))
    );
    world
}

/// A view as JSON. What may be added to the contract freely is taken away: `because` is for people.
fn view(world: &World, view: &str, more: &[&str]) -> Value {
    let mut answer = world
        .run(&[&["query", view, "--format", "json"], more].concat())
        .value();
    forget(&mut answer, "because");
    answer
}

fn forget(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            members.remove(name);
            members.values_mut().for_each(|member| forget(member, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| forget(item, name)),
        _ => {}
    }
}

/// The touches of the story, given the ids of the tickets.
fn touches(ids: &[&Value], first: &Value, second: &Value) -> Value {
    json!([
        {"id": ids[0], "at": "2026-09-21T11:00:00Z", "kind": "whatsapp_campaign", "label": "Campanha WhatsApp", "campaign": {"id": "black"},
         "confidence": "certain", "rule": "campaign.quote@1", "evidence": {"position": "0:1", "message_id": "wamid.A1"},
         "ticket_id": first, "also": []},
        {"id": ids[1], "at": "2026-09-24T12:00:00Z", "kind": "organic", "platform": "whatsapp", "label": "Orgânico", "confidence": "likely",
         "rule": "organic@1", "evidence": {"position": "0:4", "message_id": "wamid.A2"}, "ticket_id": first, "also": []},
        {"id": ids[2], "at": "2026-09-24T12:10:00Z", "kind": "ad", "platform": "unknown", "label": "Campanha Meta",
         "entry": {"type": "ad", "value": "1202"}, "ctwa_clid": "Afe_", "confidence": "certain", "rule": "ad.referral@1",
         "ad": {"id": "1202", "headline": "Fale conosco", "source_url": "https://fb.me/A", "image_url": "https://scontent.example/i.jpg"},
         "evidence": {"position": "0:5", "message_id": "wamid.A3"}, "ticket_id": first, "also": []},
        {"id": ids[3], "at": "2026-09-26T09:00:00Z", "kind": "organic", "platform": "whatsapp", "label": "Orgânico", "confidence": "likely",
         "rule": "organic@1", "evidence": {"position": "0:7", "message_id": "wamid.A4"}, "ticket_id": second, "also": []},
    ])
}

#[test]
fn the_views_of_a_conversation_have_the_shapes_of_the_contract() {
    let world = story();
    let contact = ["--contact", PHONE];
    let timeline = view(&world, "timeline", &contact);
    let items = timeline["items"].as_array().unwrap();
    let ids: Vec<&Value> = items.iter().map(|touch| &touch["id"]).collect();
    let (first, second) = (&items[0]["ticket_id"], &items[3]["ticket_id"]);
    let expected = touches(&ids, first, second);
    assert_eq!(timeline, json!({"items": expected}));

    let tickets = view(&world, "tickets", &contact);
    assert_eq!(
        tickets,
        json!({"items": [
            {"id": first, "status": "finished", "opened_at": "2026-09-21T11:00:00Z", "opened_by": "message_received",
             "first_response_at": "2026-09-21T11:05:00Z", "closed_at": "2026-09-24T13:00:00Z", "closed_by": "ana", "assignee": "ana",
             "classification": "sale", "value": 199.9, "currency": "BRL", "revision": tickets["items"][0]["revision"],
             "origins": expected.as_array().unwrap()[..3]},
            {"id": second, "status": "new", "opened_at": "2026-09-26T09:00:00Z", "opened_by": "message_received",
             "revision": tickets["items"][1]["revision"], "origins": expected.as_array().unwrap()[3..]},
        ]})
    );
    // The count goes on through all tickets, so that nothing decided on the first fits the second.
    assert!(tickets["items"][0]["revision"].as_u64() < tickets["items"][1]["revision"].as_u64());

    let mut conversation = view(&world, "conversation", &contact);
    // What may be sent now depends on when it is asked: it has a story of its own.
    assert!(conversation["windows"].is_object());
    forget(&mut conversation, "windows");
    // So does how lively the exchange is.
    assert_eq!(conversation["temperature"]["name"], "cold");
    forget(&mut conversation, "temperature");
    let id = conversation["id"].as_str().unwrap();
    assert_eq!(
        conversation,
        json!({
            "id": id, "account": "default", "channel": {"kind": "whatsapp", "id": "200000000000002"},
            "contact": {"id": conversation["contact"]["id"], "name": "Rita Teste", "phone": PHONE, "wa_url": format!("https://wa.me/{PHONE}"),
                "first_contact_at": "2026-09-21T11:00:00Z", "last_contact_at": "2026-09-26T09:00:00Z",
                "aliases": [{"kind": "bsuid", "value": BSUID}, {"kind": "phone", "value": PHONE}]},
            "origin": expected[3], "origins": expected, "origins_count": 4,
            "ticket": {"id": second, "status": "new", "opened_at": "2026-09-26T09:00:00Z", "opened_by": "message_received",
                "revision": tickets["items"][1]["revision"]},
            "unread": 3, "last_message_at": "2026-09-26T09:00:00Z", "last_activity_at": "2026-09-26T09:00:00Z", "position": "0:7",
            "waiting_since": "2026-09-26T09:00:00Z",
            "last_message": {"at": "2026-09-26T09:00:00Z", "direction": "in", "text": "Mais uma dúvida", "type": "text"},
        })
    );

    let list = view(&world, "conversations", &[]);
    assert_eq!(
        list["counts"],
        json!({"new": 1, "unanswered": 0, "awaiting_customer": 0, "finished": 0})
    );
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    for name in [
        "id",
        "account",
        "channel",
        "contact",
        "ticket",
        "unread",
        "last_message_at",
        "position",
    ] {
        assert_eq!(list["items"][0][name], conversation[name], "{name}");
    }
    assert_eq!(list["items"][0]["origin"]["id"], expected[3]["id"]);
}

#[test]
fn a_thread_ascends_and_marks_where_origins_were_seen() {
    let world = story();
    let thread = view(&world, "thread", &["--contact", PHONE]);
    let told: Vec<String> = thread["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let of = |name: &str| row[name].as_str().unwrap_or("-");
            ["at", "kind", "direction", "message_id", "type", "text", "agent"]
                .map(of)
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "2026-09-21T10:00:00Z message out wamid.C1 text Promoção -",
            "2026-09-21T11:00:00Z touch - wamid.A1 whatsapp_campaign Campanha WhatsApp -",
            "2026-09-21T11:00:00Z message in wamid.A1 text Tenho interesse -",
            "2026-09-21T11:04:00Z event - - ticket_claimed - ana",
            "2026-09-21T11:05:00Z message out wamid.B1 text Olá, Rita! ana",
            "2026-09-24T12:00:00Z touch - wamid.A2 organic Orgânico -",
            "2026-09-24T12:00:00Z message in wamid.A2 text Voltei -",
            "2026-09-24T12:10:00Z touch - wamid.A3 ad Campanha Meta -",
            "2026-09-24T12:10:00Z message in wamid.A3 text Vi o anúncio -",
            "2026-09-24T13:00:00Z event - - ticket_finished - ana",
            "2026-09-26T09:00:00Z touch - wamid.A4 organic Orgânico -",
            "2026-09-26T09:00:00Z message in wamid.A4 text Mais uma dúvida -",
        ]
    );
    let found = view(&world, "thread", &["--contact", PHONE, "--filter", "q=ANUNCIO"]);
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    let page = view(&world, "thread", &["--contact", PHONE, "--filter", "limit=5"]);
    let next = format!("cursor={}", page["next"].as_str().unwrap());
    let rest = view(&world, "thread", &["--contact", PHONE, "--filter", &next]);
    assert_eq!(
        [
            page["items"].as_array().unwrap().as_slice(),
            rest["items"].as_array().unwrap()
        ]
        .concat(),
        *thread["items"].as_array().unwrap()
    );
}

#[test]
fn a_contact_is_found_by_every_alias_and_form() {
    let world = story();
    let id = view(&world, "conversation", &["--contact", PHONE])["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for alias in [OLD_PHONE, "+55 (11) 98765-4321", BSUID, &id] {
        assert_eq!(
            view(&world, "conversation", &["--contact", alias])["id"],
            *id,
            "{alias}"
        );
    }
    assert_eq!(view(&world, "conversation", &[&id])["id"], *id);
    assert_eq!(
        view(
            &world,
            "conversation",
            &["--contact", PHONE, "--channel", "whatsapp:200000000000002"]
        )["id"],
        *id
    );
    let elsewhere = world
        .run(&["query", "timeline", "--contact", PHONE, "--channel", "whatsapp:3"])
        .failed(1);
    assert!(elsewhere.contains("not_found"), "{elsewhere}");
}

#[test]
fn numbers_that_begin_with_five_are_found_without_the_ninth_digit_too() {
    let world = World::new();
    world.ingest(
        "meta",
        crate::world::whatsapp(&json!([crate::world::text("5511955550101", "wamid.A", 0, "oi")])),
    );
    let found = |alias: &str| view(&world, "conversation", &["--contact", alias])["id"].clone();
    assert_eq!(found("551155550101"), found("5511955550101"));
}

#[test]
fn one_contact_on_several_channels_is_the_one_with_the_latest_activity() {
    let world = World::new();
    let event = |channel: &str, at: &str, id: &str| {
        json!({"kind": "message_received", "channel": {"kind": "whatsapp", "id": channel}, "occurred_at": at,
            "contact": {"aliases": [{"kind": "phone", "value": PHONE}]}, "message": {"id": id, "text": "oi"}})
        .to_string()
    };
    let events = [
        event("1", "2026-09-21T10:00:00Z", "a"),
        event("2", "2026-09-21T12:00:00Z", "b"),
        event("3", "2026-09-21T11:00:00Z", "c"),
    ];
    world.ingest("event", events.join("\n"));
    let channel =
        |more: &[&str]| view(&world, "conversation", &[&["--contact", PHONE], more].concat())["channel"]["id"].clone();
    assert_eq!(channel(&[]), "2");
    assert_eq!(channel(&["--channel", "whatsapp:3"]), "3");
}

#[test]
fn nobody_is_an_answer_and_no_question_is_wrong_usage() {
    let world = story();
    for view in ["timeline", "tickets", "thread", "conversation", "conversations"] {
        let told = world.run(&["query", view, "--contact", "5511999990000"]).failed(1);
        assert!(told.contains("not_found"), "{view}: {told}");
    }
    assert!(
        world
            .run(&["query", "timeline", "cv_0000000000000001"])
            .failed(1)
            .contains("not_found")
    );
    assert!(
        world
            .run(&["query", "conversations", "--filter", "status=nonsense"])
            .failed(1)
            .contains("invalid")
    );
    for wrong in [
        &["query", "timeline"][..],
        &["query"],
        &["query", "nonsense"],
        &["query", "conversations", "--format", "xml"],
        &["query", "conversations", "--filter", "status"],
    ] {
        world.run(wrong).failed(2);
    }
    let nowhere = on(&world.path("nowhere"), &["query", "conversations"]).failed(1);
    assert!(nowhere.contains("nowhere") && nowhere.contains("--data"), "{nowhere}");
    assert!(!world.path("nowhere").exists(), "asking makes no data directory");
    origem(&["query", "conversations", "--data", "a", "--url", "http://127.0.0.1:1"]).failed(2);
}

#[test]
fn tables_are_for_people() {
    let world = story();
    for (view, words) in [
        ("conversations", &["Rita Teste", PHONE, "Orgânico", "new"][..]),
        (
            "timeline",
            &["Campanha WhatsApp", "black", "Campanha Meta", "1202", "certain"],
        ),
        ("tickets", &["finished", "sale", "199.9", "ana"]),
        ("thread", &["Tenho interesse", "Olá, Rita!", "ana"]),
    ] {
        let contact = ["--contact", PHONE];
        let more = if view == "conversations" { &[][..] } else { &contact };
        let table = world
            .run(&[&["query", view, "--format", "table"], more].concat())
            .done();
        for word in words {
            assert!(table.contains(word), "{word} in {table}");
        }
        assert!(!table.contains('{'), "{table}");
    }
}
