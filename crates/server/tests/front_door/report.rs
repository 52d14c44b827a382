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

/// An event of the one contact.
fn of(at: &str, kind: &str, more: serde_json::Value) -> String {
    let mut event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": "200000000000002"}, "occurred_at": at,
        "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}]}});
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.to_string()
}

#[test]
fn what_an_ad_brought_is_told_to_people_and_to_spreadsheets() {
    let world = World::new();
    for event in [
        of(
            "2026-10-01T10:00:00Z",
            "message_received",
            json!({"message": {"id": "m1", "type": "text", "text": "oi"},
                "referral": {"source_type": "ad", "source_id": "1202", "source_url": "https://fb.me/A"}}),
        ),
        of(
            "2026-10-03T10:00:00Z",
            "message_received",
            json!({"message": {"id": "m2", "type": "text", "text": "#promo"}}),
        ),
        of(
            "2026-10-03T12:00:00Z",
            "ticket_finished",
            json!({"agent": "ana", "ticket": {"classification": "=sold", "value": 99.99, "currency": "BRL"}}),
        ),
    ] {
        world.ingest("event", event);
    }
    let october = ["--from", "2026-10-01", "--to", "2026-11-01"];
    let report = |more: &[&str]| world.run(&[&["report"], more, &october[..]].concat());
    let told = report(&["origins", "--group-by", "kind", "--model", "linear", "--format", "json"]).value();
    assert_eq!(
        told["items"][0]["models"]["linear"]["revenue"],
        json!({"BRL": 50}),
        "{told}"
    );
    assert_eq!(
        told["items"][1]["models"]["linear"]["revenue"],
        json!({"BRL": 49.99}),
        "{told}"
    );
    let table = report(&["origins", "--group-by", "ad", "--model", "all", "--format", "table"]).done();
    for told in ["1202", "total", "linear revenue", "BRL 99.99", "markov won", "2d 2h"] {
        assert!(table.contains(told), "{told}: {table}");
    }
    let csv = report(&["tickets"]).done();
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains(",'=sold,") && csv.contains(",m1,"), "{csv}");
    let line: serde_json::Value = serde_json::from_str(&report(&["tickets", "--format", "ndjson"]).done()).unwrap();
    assert_eq!(line["origins"][1]["entry"]["value"], "promo", "{line}");
    report(&["funnel", "--by", "campaign"]).done();
    report(&["origins", "--model", "best"]).failed(1);
}
