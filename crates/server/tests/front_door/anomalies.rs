//! Story: what could not be understood is counted, found, shown with its bytes, and taken along to be read again.

use serde_json::{Value, json};

use crate::process::{Ran, origem};
use crate::server::Server;
use crate::world::{World, text, whatsapp};

/// What Meta might send one day, in the envelope of today.
const UNKNOWN: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"100000000000001","changes":[{"field":"moon_phase","value":{"metadata":{"phone_number_id":"200000000000002"},"full":true}}]}]}"#;

/// A message, and three deliveries that nobody understands, the last of which is no JSON.
fn story() -> World {
    let world = World::new();
    let message = whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")]));
    let summary = world.ingest(
        "meta",
        [&message, UNKNOWN, r#"{"object":"weird"}"#, "bom dia"].join("\n"),
    );
    assert_eq!((&summary["events"], &summary["unrecognised"]), (&json!(4), &json!(3)));
    world
}

#[track_caller]
fn positions(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["position"].as_str().unwrap()).collect()
}

/// Runs `origem anomalies` on the data of a world.
#[track_caller]
fn anomalies(world: &World, arguments: &[&str]) -> Ran {
    world.run(&[&["anomalies"], arguments].concat())
}

#[test]
fn anomalies_are_counted_listed_and_shown() {
    let world = story();
    let count = anomalies(&world, &["count"]).value();
    assert_eq!(
        (&count["total"], &count["reasons"]["unrecognised"]),
        (&json!(3), &json!(3))
    );
    let table = anomalies(&world, &["count", "--format", "table"]).done();
    assert!(
        table.contains("unrecognised") && table.contains("in all") && !table.contains("voided"),
        "{table}"
    );

    let list = anomalies(&world, &["list"]).value();
    assert_eq!(positions(&list), ["0:3", "0:2", "0:1"]);
    let some = anomalies(&world, &["list", "--reason", "unrecognised", "--limit", "2"]).value();
    assert_eq!((positions(&some), some["next"].is_string()), (vec!["0:3", "0:2"], true));
    for none in [
        &["--reason", "voided"][..],
        &["--kind", "message_received"],
        &["--account", "nobody"],
        &["--channel", "whatsapp:1"],
        &["--until", "2020-01-01T00:00:00Z"],
    ] {
        assert_eq!(
            positions(&anomalies(&world, &[&["list"], none].concat()).value()),
            [] as [&str; 0],
            "{none:?}"
        );
    }
    let table = anomalies(&world, &["list", "--format", "table"]).done();
    assert!(
        table.contains("0:2") && table.contains("unrecognised") && !table.contains('{'),
        "{table}"
    );

    let case = anomalies(&world, &["show", "0:1"]).value();
    assert!(case["raw"].as_str().unwrap().contains("moon_phase"), "{case}");
    assert_eq!(case["delivery"], UNKNOWN);
    let shown = anomalies(&world, &["show", "0:1", "--format", "table"]).done();
    assert!(shown.contains("source: meta") && shown.contains(UNKNOWN), "{shown}");

    let told = anomalies(&world, &["show", "0:0"]).failed(1);
    assert!(told.contains("not_found"), "{told}");
    let told = anomalies(&world, &["list", "--reason", "odd"]).failed(1);
    assert!(told.contains("unknown variant `odd`"), "{told}");
    anomalies(&world, &["export", "--source", "meta"]).failed(2);
}

#[test]
fn what_is_exported_can_be_taken_in_again() {
    let world = story();
    let cases = anomalies(&world, &["export"]).values();
    let raws: Vec<&str> = cases.iter().map(|case| case["raw"].as_str().unwrap()).collect();
    assert_eq!((raws.len(), raws[0], raws[1]), (3, "bom dia", r#"{"object":"weird"}"#));

    let raw = anomalies(&world, &["export", "--raw"]);
    assert!(
        raw.err.contains("0:3 (no JSON)"),
        "what does not fit on a line is named: {}",
        raw.err
    );
    let deliveries = raw.done();
    assert_eq!(
        deliveries.lines().collect::<Vec<_>>(),
        [UNKNOWN, r#"{"object":"weird"}"#]
    );
    let others = anomalies(&world, &["export", "--raw", "--source", "twilio"]);
    assert!(others.err.contains("0:1 (written by meta)"), "{}", others.err);
    assert_eq!(others.done(), "");

    let elsewhere = World::new();
    let summary = elsewhere.ingest("meta", &deliveries);
    assert_eq!((&summary["events"], &summary["unrecognised"]), (&json!(2), &json!(2)));
    // Where they came from, they are known.
    let again = world.ingest("meta", &deliveries);
    assert_eq!((&again["events"], &again["duplicates"]), (&json!(2), &json!(2)));
    assert_eq!(anomalies(&world, &["count"]).value()["total"], 3);
}

#[test]
fn a_server_is_asked_for_the_same() {
    let world = story();
    let here: Vec<String> = [
        &["list"][..],
        &["show", "0:1"],
        &["count"],
        &["export"],
        &["export", "--raw"],
    ]
    .map(|arguments| anomalies(&world, arguments).done())
    .into();
    let server = Server::serve(&world.data());
    for (arguments, told) in [
        &["list"][..],
        &["show", "0:1"],
        &["count"],
        &["export"],
        &["export", "--raw"],
    ]
    .into_iter()
    .zip(here)
    {
        let asked = origem(&[&["anomalies"], arguments, &["--url", &server.url]].concat()).done();
        assert_eq!(asked, told, "{arguments:?}");
    }
    let status = server.get("/v1/status");
    assert_eq!((&status["ready"], &status["anomalies"]), (&json!(true), &json!(3)));
    server.stop();
}
