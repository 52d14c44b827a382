//! Story: somebody works in the queue from the command line.

use serde_json::json;

use crate::world::World;

#[test]
fn a_ticket_is_claimed_once_and_finished() {
    let world = World::new();
    let event = json!({"kind": "message_received", "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "occurred_at": "2026-10-10T12:00:00Z", "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}]},
        "message": {"id": "wamid.1", "type": "text", "text": "oi"}});
    world.ingest("event", event.to_string());
    let contact = ["--contact", "+55 11 95555-0101"];
    let act = |what: &[&str]| world.run(&[&["act"], what, &contact].concat());
    let card = act(&["claim", "--agent", "ana"]).value();
    assert_eq!(card["ticket"]["assignee"], "ana", "{card}");
    let refused = act(&["claim", "--agent", "bia"]).failed(1);
    assert!(refused.contains("already_claimed"), "{refused}");
    // The key that was made is told, and may be given.
    let (_, key) = refused.split_once("--idempotency-key ").unwrap();
    let (key, _) = key.split_once(')').unwrap();
    assert_eq!(key.len(), "6f1c6c1e-0f0e-4a53-8f0e-7a3f6a2b9c11".len(), "{refused}");
    let refused = act(&["claim", "--agent", "bia", "--idempotency-key", key]).failed(1);
    assert!(
        refused.contains("already_claimed") && refused.contains(key),
        "{refused}"
    );
    let sale = [
        "finish",
        "--agent",
        "ana",
        "--classification",
        "sale",
        "--value",
        "199.90",
        "--currency",
        "BRL",
    ];
    let card = act(&sale).value();
    let ticket = &card["ticket"];
    assert_eq!(
        (&ticket["status"], &ticket["value"], &ticket["revision"]),
        (&json!("finished"), &json!(199.9), &json!(3))
    );
    // Twice with one key is once; another command with it is refused.
    let note = |text: &str| act(&["notes", "--agent", "ana", "--note", text, "--idempotency-key", "k1"]);
    let notes = || {
        let id = card["id"].as_str().unwrap();
        let thread = world.run(&["query", "thread", id, "--format", "json"]).value();
        let rows = thread["items"].as_array().unwrap().clone();
        rows.iter().filter(|row| row["type"] == "note_added").count()
    };
    note("calls back").value();
    note("calls back").value();
    assert_eq!(notes(), 1);
    let refused = note("does not call back").failed(1);
    assert!(refused.contains("idempotency_key_reused"), "{refused}");
    assert_eq!(notes(), 1);
    let refused = act(&["stage", "--agent", "ana", "--lead", "l1"]).failed(1);
    assert!(refused.contains("unknown field"), "{refused}");
    world.run(&["act", "dance", "cv_0000000000000001"]).failed(2);
    world.run(&["act", "claim"]).failed(2);
}
