//! Story: a shop's own system sends templates and asks to be told `camp-7|ana` back with their reports. Until a rule says what that is, all
//! of it is taken for the campaign.

use serde_json::{Value, json};

use crate::world::World;

const RULE: &str = "shop: callback_data=camp-{campaign}|*";

fn event(kind: &str, at: &str, more: &Value) -> String {
    let mut event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": "200000000000002"}, "occurred_at": at,
        "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}]}});
    let members = event.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    event.to_string()
}

/// A template that only its report tells of, and the answer.
fn story() -> World {
    let world = World::new();
    let status = json!({"status": {"message_id": "wamid.T1", "state": "sent", "callback_data": "camp-7|ana",
        "pricing": {"model": "pmp", "type": "regular", "category": "marketing", "billable": true}}});
    let answer = json!({"message": {"id": "wamid.A1", "type": "text", "text": "Quero!", "reply_to": "wamid.T1"}});
    let lines = [
        event("message_status", "2026-09-26T10:00:00Z", &status),
        event("message_received", "2026-09-26T10:05:00Z", &answer),
    ];
    world.ingest("event", lines.join("\n"));
    world
}

fn touch(world: &World, more: &[&str]) -> Value {
    let ask = ["query", "timeline", "--contact", "5511955550101", "--format", "json"];
    let timeline = world.run(&[&ask[..], more].concat()).value();
    assert_eq!(timeline["items"].as_array().map(Vec::len), Some(1), "{timeline}");
    timeline["items"][0].clone()
}

#[test]
fn a_rule_tells_the_campaign_of_what_was_sent_and_says_so() {
    let world = story();
    let before = touch(&world, &[]);
    assert_eq!(before["campaign"]["id"], "camp-7|ana", "{before}");
    assert_eq!(
        (&before["rule"], &before["recognised_by"]),
        (&json!("campaign.status@1"), &Value::Null)
    );

    let rule = format!("dispatches={RULE}");
    let found = world
        .run(&["rebuild", "--dry-run", "--rule", &rule, "--format", "json"])
        .value();
    assert_eq!(
        found["diff"]["rules"],
        json!([{"name": "dispatches", "old": "", "new": RULE}])
    );
    assert_eq!(found["diff"]["views"]["origin"]["changed"], 1, "{found}");
    assert_eq!(
        touch(&world, &[])["campaign"]["id"],
        "camp-7|ana",
        "a dry run changes nothing"
    );

    let config = world.file("origem.toml", format!("[rules]\ndispatches = [\"{RULE}\"]\n"));
    world.run(&["rebuild", "--config", &config]).done();
    let after = touch(&world, &["--config", &config]);
    assert_eq!(after["campaign"]["id"], "7", "{after}");
    assert_eq!(
        (&after["rule"], &after["confidence"], &after["recognised_by"]),
        (&json!("campaign.quote@1"), &json!("certain"), &json!("shop"))
    );
    let why = world
        .run(&[
            "why",
            "--contact",
            "5511955550101",
            "--config",
            &config,
            "--format",
            "json",
        ])
        .value();
    assert_eq!(why["rules"]["dispatches"], json!([RULE]));
    let told = why["touches"][0]["considered"].to_string();
    assert!(told.contains("the rule `shop` recognises the campaign"), "{told}");
}

#[test]
fn strict_rules_say_why_an_answer_is_organic() {
    let world = story();
    let rules = [
        "rebuild",
        "--dry-run",
        "--format",
        "json",
        "--rule",
        "dispatches_strict=true",
    ];
    let found = world.run(&rules).value();
    let change = json!([{"name": "dispatches_strict", "old": "false", "new": "true"}]);
    assert_eq!(found["diff"]["rules"], change, "{found}");
    let config = world.file("origem.toml", "[rules]\ndispatches_strict = true\n");
    world.run(&["rebuild", "--config", &config]).done();
    assert_eq!(touch(&world, &["--config", &config])["kind"], "organic");
    let why = world
        .run(&[
            "why",
            "--contact",
            "5511955550101",
            "--config",
            &config,
            "--format",
            "json",
        ])
        .value();
    let told = why["touches"][0]["considered"].to_string();
    assert!(told.contains(r#""reason":"not_recognised""#), "{told}");

    for (rule, advice) in [
        ("dispatches=shop", "begin it with a name and a colon"),
        ("dispatches_strict=perhaps", "from when on"),
    ] {
        let failed = world.run(&["rebuild", "--dry-run", "--rule", rule]).failed(1);
        assert!(failed.contains(advice), "{failed}");
    }
}
