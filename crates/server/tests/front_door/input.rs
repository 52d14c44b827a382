//! Story: files as people have them: compressed, damaged, from Windows, not JSON at all.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::process::{Ran, origem_with};
use crate::world::{World, text, whatsapp};

fn delivery(number: u32) -> String {
    whatsapp(&json!([text(
        "5511955550101",
        &format!("wamid.{number}"),
        number,
        "oi"
    )]))
}

fn deliveries(range: std::ops::Range<u32>) -> String {
    range.map(|number| delivery(number) + "\n").collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Deliveries, events and what was not understood.
#[track_caller]
fn counts(summary: &Value) -> (u64, u64, u64) {
    let of = |name: &str| summary[name].as_u64().unwrap();
    (of("deliveries"), of("events"), of("unrecognised"))
}

#[track_caller]
fn check(name: &str, content: impl AsRef<[u8]>, expected: (u64, u64, u64)) {
    let world = World::new();
    let file = world.file(name, content);
    assert_eq!(counts(&world.run(&["ingest", &file]).value()), expected, "{name}");
}

#[test]
fn files_are_read_as_they_come() {
    let three = deliveries(0..3);
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&delivery(0)).unwrap()).unwrap();
    check("plain.ndjson", &three, (3, 3, 0));
    check("packed.ndjson.gz", gzip(three.as_bytes()), (3, 3, 0));
    check(
        "packed.ndjson.zst",
        zstd::encode_all(three.as_bytes(), 1).unwrap(),
        (3, 3, 0),
    );
    check(
        "members.gz",
        [gzip(deliveries(0..1).as_bytes()), gzip(deliveries(1..3).as_bytes())].concat(),
        (3, 3, 0),
    );
    check("whole.json", &pretty, (1, 1, 0));
    check("whole.json.gz", gzip(pretty.as_bytes()), (1, 1, 0));
    check("one_line.json", delivery(0), (1, 1, 0));
    check(
        "blank.ndjson",
        format!("\n\n{}\n  \n{}\n\n", delivery(0), delivery(1)),
        (2, 2, 0),
    );
    check("windows.ndjson", deliveries(0..2).replace('\n', "\r\n"), (2, 2, 0));
    check("marked.ndjson", format!("\u{feff}{}", deliveries(0..2)), (2, 2, 0));
    check(
        "torn.ndjson",
        format!("{}\n{}\n{}\n", delivery(0), &delivery(1)[..200], delivery(2)),
        (3, 3, 1),
    );
    check("text.txt", "bom dia,\nalguém aí?\n", (1, 1, 1));
    check("packed.bin", gzip(b"{}"), (1, 1, 1));
    check("empty.ndjson", "", (0, 0, 0));
}

#[test]
fn an_empty_log_has_no_position() {
    let world = World::new();
    let file = world.file("empty.ndjson", "");
    let summary = world.run(&["ingest", &file]).value();
    assert_eq!(summary.get("position"), None, "{summary}");
    assert_eq!(summary["conversations"], 0);
}

#[test]
fn standard_input_is_a_file_among_others() {
    let world = World::new();
    let file = world.file("a.ndjson", deliveries(0..2));
    let data = world.data();
    let run = |files: &[&str], input: &str| -> Ran {
        origem_with(
            &[&["ingest", "--data", data.to_str().unwrap()], files].concat(),
            input.as_bytes(),
        )
    };
    assert_eq!(counts(&run(&[&file, "-"], &deliveries(2..5)).value()), (5, 5, 0));
}

#[test]
fn text_that_is_no_json_is_kept_as_it_came() {
    let world = World::new();
    let file = world.file("text.txt", "bom dia,\nalguém aí?\n");
    world.run(&["ingest", &file]).done();
    let kept = world.run(&["log", "export"]).values();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (&kept[0]["event"]["kind"], &kept[0]["raw"]),
        (&json!("unrecognised"), &json!("bom dia,\nalguém aí?"))
    );
    let anomalies = world.run(&["query", "anomalies"]).value();
    assert_eq!(anomalies["items"][0]["reason"], "unrecognised", "{anomalies}");
    assert_eq!(anomalies["items"][0]["position"], "0:0");
}

#[test]
fn what_came_before_unreadable_input_stays() {
    let packed = gzip(deliveries(0..20_000).as_bytes());
    let archive = zstd::encode_all(deliveries(0..20_000).as_bytes(), 1).unwrap();
    for (name, broken) in [
        ("cut.ndjson.gz", &packed[..packed.len() / 2]),
        ("cut.ndjson.zst", &archive[..archive.len() / 2]),
    ] {
        let world = World::new();
        let first = world.file("first.ndjson", deliveries(20_000..20_003));
        let cut = world.file(name, broken);
        let told = world.run(&["ingest", &first, &cut]).failed(1);
        assert!(told.contains(name), "{told}");
        let (_, line) = told.split_once("line ").unwrap_or_else(|| panic!("no line: {told}"));
        let line: u64 = line
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .unwrap();
        assert!(line > 1, "{told}");
        let info = world.run(&["log", "info"]).value();
        assert_eq!(info["records"].as_u64().unwrap(), 3 + line - 1, "{told}");
        let thread = world
            .run(&["query", "thread", "--contact", "5511955550101", "--filter", "limit=1"])
            .value();
        assert_eq!(thread["items"].as_array().unwrap().len(), 1, "and is projected");
    }
}

#[test]
fn a_missing_file_is_named_and_the_files_before_it_stay() {
    let world = World::new();
    let file = world.file("a.ndjson", deliveries(0..2));
    let missing = world.path("missing.ndjson");
    let told = world.run(&["ingest", &file, missing.to_str().unwrap()]).failed(1);
    assert!(
        told.contains("missing.ndjson") && told.contains("No such file"),
        "{told}"
    );
    assert_eq!(world.run(&["log", "info"]).value()["records"], 2);
    let directory = world.run(&["ingest", world.path(".").to_str().unwrap()]).failed(1);
    assert!(
        directory.contains("is a directory") || directory.contains("Is a directory"),
        "{directory}"
    );
    let told = crate::process::origem(&["decode", missing.to_str().unwrap()]).failed(1);
    assert!(told.contains("missing.ndjson"), "{told}");
}

#[test]
fn a_delivery_that_is_too_large_is_named_and_those_before_it_stay() {
    let world = World::new();
    let content = format!(
        "{}{{\"x\":\"{}\"}}\n{}",
        deliveries(0..5),
        "y".repeat(17 << 20),
        deliveries(5..9)
    );
    let file = world.file("large.ndjson", content);
    let told = world.run(&["ingest", &file]).failed(1);
    assert!(
        told.contains("large.ndjson, line 6") && told.contains("exceeds the limit"),
        "{told}"
    );
    assert_eq!(world.run(&["log", "info"]).value()["records"], 5);

    let other = World::new();
    let server = crate::server::Server::serve(&other.data());
    let told = crate::process::origem(&["ingest", "--url", &server.url, &file]).failed(1);
    assert!(
        told.contains("large.ndjson, line 6") && told.contains("too_large"),
        "{told}"
    );
    // Large ones that fit are not added up to one that does not.
    let pieces: String = (0..3)
        .map(|_| format!("{{\"x\":\"{}\"}}\n", "y".repeat(3 << 20)))
        .collect();
    let file = other.file("pieces.ndjson", pieces);
    let summary = crate::process::origem(&["ingest", "--url", &server.url, &file]).value();
    assert_eq!(counts(&summary), (3, 3, 3));
    server.stop();
    assert_eq!(other.run(&["log", "info"]).value()["records"], 8);
    // A server counts conversations as the command itself does.
    let local = other.run(&["ingest", &file]).value();
    assert_eq!(summary["conversations"], local["conversations"]);
    assert!(summary["conversations"].as_u64() > Some(0), "{summary}");
}
