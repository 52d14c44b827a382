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
    let refused = act(&["stage", "--agent", "ana", "--lead", "l1"]).failed(1);
    assert!(refused.contains("unknown field"), "{refused}");
    world.run(&["act", "dance", "cv_0000000000000001"]).failed(2);
    world.run(&["act", "claim"]).failed(2);
}
