//! Story: an operator looks into the event log.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::process::{self, PATIENCE, command};
use crate::world::{World, text, whatsapp};

fn deliveries(range: std::ops::Range<u32>) -> String {
    range
        .map(|number| {
            whatsapp(&json!([text(
                "5511955550101",
                &format!("wamid.{number}"),
                number,
                "oi"
            )])) + "\n"
        })
        .collect()
}

fn positions(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["position"].as_str().unwrap()).collect()
}

#[test]
fn the_log_tells_its_size_and_range() {
    let world = World::new();
    world.ingest("meta", deliveries(0..5));
    let info = world.run(&["log", "info"]).value();
    assert_eq!(
        (&info["start"], &info["tail"], &info["records"]),
        (&json!("0:0"), &json!("0:5"), &json!(5))
    );
    let bytes: u64 = info["segments"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|segment| segment["bytes"].as_u64())
        .sum();
    assert_eq!(info["bytes"], bytes);
    let verified = world.run(&["log", "verify"]).value();
    assert_eq!((&verified["records"], &verified["damage"]), (&json!(5), &json!([])));
}

#[test]
fn an_export_holds_event_and_exact_bytes() {
    let world = World::new();
    let delivery = deliveries(0..1);
    world.ingest("meta", &delivery);
    let lines = world.run(&["log", "export"]).values();
    let mut members: Vec<&String> = lines[0].as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["event", "position", "raw", "received_at", "source"]);
    assert_eq!(
        (&lines[0]["position"], &lines[0]["source"]),
        (&json!("0:0"), &json!("meta"))
    );
    assert_eq!(lines[0]["event"]["message"]["id"], "wamid.0");
    let raw = lines[0]["raw"].as_str().unwrap();
    assert!(delivery.contains(raw) && raw.contains("wamid.0"), "{raw}");
    let received = lines[0]["received_at"].as_str().unwrap();
    assert!(received.ends_with('Z') && received > "2026", "{received}");
}

#[test]
fn what_was_exported_can_be_ingested_elsewhere() {
    let world = World::new();
    world.ingest("meta", crate::world::simulated(300, 5));
    let export = world.run(&["log", "export"]).values();
    let events: Vec<String> = export
        .iter()
        .filter(|line| line["event"]["kind"] != "unrecognised")
        .map(|line| line["event"].to_string())
        .collect();
    let other = World::new();
    let summary = other.ingest("event", events.join("\n"));
    assert_eq!(
        (&summary["events"], &summary["unrecognised"]),
        (&json!(events.len()), &json!(0))
    );
    let counts = |world: &World| world.run(&["query", "conversations", "--filter", "limit=1"]).value()["counts"].take();
    assert_eq!(counts(&other), counts(&world));
}

#[test]
fn a_tail_begins_where_it_is_told_and_ends_where_it_is_told() {
    let world = World::new();
    world.ingest("meta", deliveries(0..5));
    let tail = |more: &[&str]| world.run(&[&["log", "tail"], more].concat()).values();
    assert_eq!(positions(&tail(&["--no-follow", "--after", "0:2"])), ["0:3", "0:4"]);
    assert_eq!(tail(&["--no-follow", "--after", "0:4"]), [] as [Value; 0]);
    assert_eq!(tail(&["--no-follow"]).len(), 5);
    assert_eq!(tail(&["--no-follow"]), world.run(&["log", "export"]).values());
    for nowhere in ["nonsense", "1:2"] {
        world.run(&["log", "tail", "--no-follow", "--after", nowhere]).failed(1);
    }
}

#[test]
fn a_tail_follows_what_another_process_appends() {
    let world = World::new();
    world.ingest("meta", deliveries(0..2));
    let mut tail = command(&["log", "tail", "--after", "0:0"]);
    let mut child = tail
        .arg("--data")
        .arg(world.data())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = process::lines(child.stdout.take().unwrap());
    let next = || process::value(&lines.recv_timeout(PATIENCE).unwrap())["position"].clone();
    assert_eq!(next(), "0:1");
    world.ingest("meta", deliveries(2..4));
    assert_eq!((next(), next()), (json!("0:2"), json!("0:3")));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn no_log_is_said_clearly() {
    let world = World::new();
    for action in ["info", "verify", "export"] {
        let told = world.run(&["log", action]).failed(1);
        assert!(told.contains("no log in") && told.contains("--data"), "{told}");
    }
    assert!(!world.data().exists(), "looking makes no data directory");
}
