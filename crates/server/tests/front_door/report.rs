//! Story: at the end of the month somebody asks what the messages cost, and whether what the agents were told was right.

use serde_json::json;

use crate::world::World;

const CARD: &str = "Market,Currency,Marketing,Utility,Service\nBrazil,BRL,0.3217,0.0350,0.0350\n";

#[test]
fn what_was_spent_is_told_by_campaign() {
    let world = World::new();
    for (message, at, campaign) in [
        ("wamid.1", "2026-10-10T12:00:00Z", "c7"),
        ("wamid.2", "2026-10-11T12:00:00Z", "c7"),
        ("wamid.2", "2026-10-11T12:00:00Z", "c7"),
        ("wamid.3", "2026-11-11T12:00:00Z", "c8"),
    ] {
        let status = json!({"kind": "message_status", "channel": {"kind": "whatsapp", "id": "200000000000002"},
            "occurred_at": at, "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}]},
            "status": {"message_id": message, "state": "delivered", "callback_data": campaign,
                "pricing": {"model": "pmp", "category": "marketing", "type": "regular"}}});
        world.ingest("event", status.to_string());
    }
    let file = world.file("rates.csv", CARD);
    world
        .run(&["rates", "load", &file, "--effective-from", "2026-10-01"])
        .done();
    let spend = [
        "report",
        "spend",
        "--from",
        "2026-10-01",
        "--to",
        "2026-11-01",
        "--group-by",
        "campaign",
    ];
    let told = world.run(&[&spend[..], &["--format", "json"]].concat()).value();
    assert_eq!(told["items"][0]["campaign"], "c7", "{told}");
    assert_eq!(told["items"][1], json!(null), "{told}");
    assert_eq!(told["totals"]["amounts"], json!({"BRL": 0.6434}));
    assert_eq!(
        told["totals"]["estimate"],
        json!({"right": 2, "wrong": 0, "unknown": 0})
    );
    let table = world.run(&[&spend[..], &["--format", "table"]].concat()).done();
    for told in ["c7", "BRL 0.6434", "total"] {
        assert!(table.contains(told), "{told}: {table}");
    }
    world.run(&["report", "spend", "--from", "October"]).failed(1);
}
