//! Story: an operator loads the rates that the provider published, and agents see what a message costs before they write it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::on;
use crate::server::Server;
use crate::world::World;

/// As Meta publishes it, with a line break in the header.
pub const CARD: &str = "\"Cost per message in BRL\",,,,,,\r\nMarket,Currency,Marketing,Utility,Authentication,\"Authentication-\n\
                    International\",Service\r\nBrazil,BRL,0.3217,0.0350,0.0350,n/a,0.0350\r\nOther,BRL,0.5,0.2,0.2,n/a,0.2\r\n";
const CHANNEL: &str = "whatsapp:200000000000002";
const CONTACT: &str = "5511987654321";

pub fn begun() -> World {
    let world = World::new();
    world.ingest("event", message());
    world
}

fn message() -> String {
    let message = json!({"kind": "message_received", "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "occurred_at": "2026-10-20T10:00:00Z", "contact": {"aliases": [{"kind": "phone", "value": CONTACT}]},
        "message": {"id": "wamid.A1", "type": "text", "text": "oi"}});
    message.to_string()
}

/// Utility as the windows at an instant tell it, of a data directory.
pub fn utility(data: &Path, at: &str) -> Value {
    let windows = on(
        data,
        &["query", "windows", "--contact", CONTACT, "--at", at, "--format", "json"],
    )
    .value();
    windows["send"]["utility"].clone()
}

#[test]
fn rates_are_loaded_once_and_stay() {
    let world = begun();
    assert_eq!(
        utility(&world.data(), "2026-10-22T12:00:00Z")["no_price"],
        "no_rate_card"
    );
    let file = world.file("rates.csv", CARD);
    let failed = world.run(&["rates", "load", &file]).failed(1);
    assert!(
        failed.contains("nothing was taken from") && failed.contains("line 4: it does not say from which day on"),
        "{failed}"
    );
    let load = |more: &[&str]| world.run(&[&["rates", "load", &file], more].concat());
    load(&["--effective-from", "October"]).failed(2);
    let loaded = load(&["--effective-from", "2026-10-01", "--format", "json"]).value();
    assert_eq!(loaded["items"][0]["id"], "BRL-2026-10-01");
    assert_eq!(loaded["items"][0]["rates"].as_array().map(Vec::len), Some(8));
    let price = utility(&world.data(), "2026-10-22T12:00:00Z")["price"].clone();
    assert_eq!((&price["amount"], &price["market"]), (&json!(0.035), &json!("Brazil")));

    let shown = world.run(&["rates", "show", "--format", "table"]).done();
    for told in ["BRL-2026-10-01", "Brazil", "BRL 0.035", "BRL 0.3217", "Other"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let only = world
        .run(&["rates", "show", "--market", "Other", "--format", "table"])
        .done();
    assert!(only.contains("BRL 0.5") && !only.contains("Brazil"), "{only}");
    let none = on(
        &world.data(),
        &["rates", "show", "--account", "acme", "--format", "json"],
    )
    .value();
    assert_eq!(none["items"], json!([]));
}

#[test]
fn rates_may_be_there_before_the_first_event() {
    let world = World::new();
    let refused = world.run(&["rates", "show"]).failed(1);
    assert!(
        refused.contains("no data in") && refused.contains("--data"),
        "{refused}"
    );
    assert!(!world.data().exists(), "who only reads begins nothing");
    let file = world.file("rates.csv", CARD);
    let load = ["rates", "load", &file, "--effective-from", "2026-10-01"];
    let ran = world.run(&load);
    assert!(ran.err.contains("began a data directory in"), "{}", ran.err);
    assert_eq!(ran.value()["items"][0]["currency"], "BRL");
    let again = world.run(&load);
    assert_eq!(again.err, "");
    again.done();
    world.ingest("event", message());
    assert_eq!(
        utility(&world.data(), "2026-10-22T12:00:00Z")["price"]["amount"],
        json!(0.035)
    );
    // A log that was lost is not begun anew in its place.
    fs::remove_dir_all(world.data().join("log")).unwrap();
    assert!(world.run(&load).failed(1).contains("no data in"));
}

#[test]
fn a_server_is_told_while_it_runs_and_remembers() {
    let world = begun();
    let file = world.file("rates.csv", CARD);
    let server = Server::serve(&world.data());
    let url = ["--url", server.url.as_str(), "--format", "json"];
    // The data belongs to the server.
    let failed = world.run(&["rates", "show"]).failed(1);
    assert!(failed.contains("ask the server that has it with --url"), "{failed}");
    let load = [&["rates", "load", &file, "--effective-from", "2026-10-01"], &url[..]].concat();
    assert_eq!(crate::process::origem(&load).value()["items"][0]["currency"], "BRL");
    let options = |contact: &str, when: &str| {
        let filter = format!("when={when}");
        let asked = [
            "query",
            "send-options",
            "--contact",
            contact,
            "--channel",
            CHANNEL,
            "--filter",
            &filter,
        ];
        crate::process::origem(&[&asked[..], &url].concat()).value()
    };
    let template = json!([{"name": "bill", "language": "pt_BR", "category": "utility", "body": "Sua fatura"}]);
    let put = ureq::put(format!("{}/v1/templates", server.url))
        .send(template.to_string())
        .unwrap();
    assert_eq!(put.status(), 200);
    let when = "2026-10-20T11:00:00Z";
    let ways = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap().iter();
        items
            .map(|item| format!("{} {}", item["way"], item["price"]["amount"]).replace('"', ""))
            .collect()
    };
    assert_eq!(ways(&options(CONTACT, when)), ["free_form null", "utility 0.035"]);
    // Somebody in Kenya, who never wrote.
    assert_eq!(ways(&options("254712345678", when)), ["utility 0.2"]);

    drop(server);
    let table = [
        "query",
        "send-options",
        "--contact",
        CONTACT,
        "--filter",
        "when=2026-10-22T11:00:00Z",
        "--format",
        "table",
    ];
    let told = world.run(&table).done();
    for word in [
        "bill",
        "0.035",
        "BRL",
        "Sua fatura",
        "the cheapest is utility, at BRL 0.035",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    world.run(&["query", "send-options"]).failed(2);
}
