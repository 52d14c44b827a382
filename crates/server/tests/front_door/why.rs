//! Story: somebody doubts a label. A campaign of 80 hours before, two agents who want the same ticket, and an ad of 10:00 that
//! comes in after the plain message of 10:02.

use serde_json::{Value, json};

use crate::world::{World, text, whatsapp};

const PHONE: &str = "5511955550101";
const CONTACT: [&str; 2] = ["--contact", PHONE];
const PAGE: &str = include_str!("../../../../docs/why.md");

/// Seconds after 2026-09-26 10:00, the beginning of [`text`].
const DAY: u32 = 86_400;

fn event(kind: &str, at: &str, details: Value) -> String {
    let mut event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": "200000000000002"}, "occurred_at": at,
        "contact": {"aliases": [{"kind": "phone", "value": PHONE}]}});
    let members = event.as_object_mut().unwrap();
    members.extend(details.as_object().unwrap().clone());
    event.to_string()
}

fn message(id: &str, text: &str) -> Value {
    json!({"id": id, "type": "text", "text": text})
}

/// What comes in, in this order.
fn story() -> World {
    let world = World::new();
    let claim = |at, agent, id| {
        event(
            "ticket_claimed",
            at,
            json!({"agent": agent, "revision": 1, "dedup_key": id}),
        )
    };
    let campaign = json!({"via": "campaign", "campaign_id": "black", "message": message("wamid.C1", "Só hoje")});
    let reply = json!({"via": "web", "agent": "ana", "message": message("wamid.B1", "Olá, Rita!")});
    world.ingest("event", event("message_sent", "2026-09-23T02:00:00Z", campaign));
    world.ingest("meta", whatsapp(&json!([text(PHONE, "wamid.A1", 0, "Oi")])));
    let commands = [
        claim("2026-09-26T10:04:00Z", "ana", "claim-1"),
        claim("2026-09-26T10:04:10Z", "bia", "claim-2"),
        event("message_sent", "2026-09-26T10:05:00Z", reply),
    ];
    world.ingest("event", commands.join("\n"));
    world.ingest(
        "meta",
        whatsapp(&json!([text(PHONE, "wamid.A2", 2 * DAY + 120, "Tudo bem?")])),
    );
    let mut by_ad = text(PHONE, "wamid.A3", 2 * DAY, "#promo Quero saber mais");
    by_ad["referral"] = json!({"source_url": "https://fb.me/3cr4Wqqkv", "source_type": "ad", "source_id": "120226305854810726",
        "headline": "Fale conosco", "ctwa_clid": "Afe_1"});
    world.ingest("meta", whatsapp(&json!([by_ad])));
    world
}

fn why(world: &World, more: &[&str]) -> Value {
    world
        .run(&[&["why", "--format", "json"], &CONTACT[..], more].concat())
        .value()
}

/// Kind, verdict and reason of all that was considered.
fn considered(weighed: &Value) -> Vec<String> {
    let one = |one: &Value| {
        let word = |name: &str| one[name].as_str().unwrap_or_default();
        let numbers = [&one["since_s"], &one["limit_s"]].map(|number| number.as_i64().map(|number| number.to_string()));
        let numbers: Vec<String> = numbers.into_iter().flatten().collect();
        let told = format!(
            "{} {} {} {}",
            word("kind"),
            word("verdict"),
            word("reason"),
            numbers.join("/")
        );
        told.trim().to_owned()
    };
    weighed["considered"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn whoever_doubts_a_label_reads_what_it_stands_on() {
    let world = story();
    let told = why(&world, &["--lang", "en"]);
    let touches = told["touches"].as_array().unwrap();
    let labels: Vec<&str> = touches
        .iter()
        .map(|touch| touch["touch"]["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["Orgânico", "Campanha Meta"]);
    assert_eq!(
        considered(&touches[0]),
        [
            "whatsapp_campaign not_applicable dispatch_too_old 288000/259200",
            "organic won"
        ]
    );
    assert_eq!(
        considered(&touches[1]),
        ["ad won", "hashtag kept", "organic lost explained_better"]
    );
    let campaign = &touches[0]["considered"][0];
    assert_eq!(
        campaign["text"],
        json!("dispatched 80 h before, the reply window is 72 h")
    );
    assert_eq!(campaign["origin"]["campaign"]["id"], json!("black"));
    assert_eq!(campaign["evidence"]["position"], json!("0:0"));
    assert_eq!(campaign["evidence"]["message_id"], json!("wamid.C1"));
    assert_eq!(touches[1]["rule"], json!("ad.referral@1"));
    assert_eq!(touches[1]["evidence"]["message_id"], json!("wamid.A3"));
    // The plain message of 10:02 was organic until the ad of 10:00 came in.
    let withdrawn = &told["without_touch"][0];
    assert_eq!(withdrawn["evidence"]["message_id"], json!("wamid.A2"));
    assert_eq!(
        considered(withdrawn),
        ["organic not_applicable in_interaction 120/86400"]
    );
    assert_eq!(withdrawn["replaced"]["origin"]["kind"], json!("organic"));
    assert_eq!(withdrawn["replaced"]["evidence"]["message_id"], json!("wamid.A3"));
    // The second claim was decided too late.
    let ignored = told["status"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["ignored"] == json!(true))
        .unwrap();
    assert_eq!(
        (&ignored["reason"], &ignored["agent"]),
        (&json!("stale_revision"), &json!("bia"))
    );
    assert_eq!((&ignored["decided_on"], &ignored["was"]), (&json!(1), &json!(2)));
    let steps = told["windows"]["steps"].as_array().unwrap();
    let changes: Vec<&str> = steps.iter().map(|step| step["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["opened", "opened", "candidate", "refreshed", "extended"]);
    assert_eq!(told["rules"]["regimes"][0]["interaction_gap_s"], json!(86_400));
    // No bytes unless they are asked for.
    assert!(!told.to_string().contains("messaging_product"), "{told}");
}

#[test]
fn one_touch_is_told_with_its_bytes() {
    let world = story();
    let whole = why(&world, &[]);
    let touch = whole["touches"][1]["touch"]["id"].as_str().unwrap();
    let conversation = whole["conversation"].as_str().unwrap();
    let told = why(&world, &[touch, "--raw"]);
    assert_eq!(told["touches"].as_array().unwrap().len(), 1);
    let evidence = &told["touches"][0]["evidence"];
    let raw: Value = serde_json::from_str(evidence["raw"].as_str().unwrap()).unwrap();
    let message = raw.pointer("/entry/0/changes/0/value/messages/0/id");
    assert_eq!(message, Some(&json!("wamid.A3")), "{raw}");
    assert!(evidence["received_at"].is_string(), "{evidence}");
    assert_eq!(told["without_touch"], json!([]));
    let named = [
        "why",
        "--conversation",
        conversation,
        touch,
        "--format",
        "table",
        "--raw",
    ];
    assert!(world.run(&named).done().contains("ctwa_clid"));
    let alone = world.run(&["why", touch]).failed(2);
    assert!(alone.contains("--contact"), "{alone}");
    let missing = ["why", "to_00000000000000ab", CONTACT[0], CONTACT[1]];
    let missing = world.run(&missing).failed(1);
    assert!(missing.contains("no touch to_00000000000000ab"), "{missing}");
}

/// The page of the command, without what depends on the installation (ids) or on the day it is asked (what may be sent now).
fn page(world: &World, lang: &str) -> String {
    let told = world
        .run(&["why", CONTACT[0], CONTACT[1], "--format", "table", "--lang", lang])
        .done();
    let end = ["\nWhat may be sent now", "\nO que se pode enviar agora"];
    let end = end.into_iter().find_map(|title| told.find(title)).unwrap();
    let mut page = String::new();
    let mut rest = &told[..end];
    while let Some(at) = ["cv_", "to_"].into_iter().filter_map(|prefix| rest.find(prefix)).min() {
        page += &rest[..at + 3];
        page += "...";
        rest = rest[at + 3..].trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
    }
    page + rest
}

#[test]
fn the_worked_example_of_the_docs_is_what_is_printed() {
    let world = story();
    for lang in ["en", "pt-BR"] {
        let page = page(&world, lang);
        let indented: String = page
            .lines()
            .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
            .collect();
        assert!(
            PAGE.contains(indented.trim_end()),
            "docs/why.md should show:\n{indented}"
        );
    }
}
