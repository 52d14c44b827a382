//! Story: a disk returns other bytes than were written.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::process::{eventually, finish};
use crate::server::Server;
use crate::world::{World, simulated, text, whatsapp};

/// A log of several segments; its files, oldest first.
fn segmented() -> (World, String, Vec<PathBuf>) {
    let world = World::new();
    let config = world.file("origem.toml", "[log]\nsegment_bytes_max = 131072\n");
    let sim = simulated(1_000, 9);
    for part in sim.lines().collect::<Vec<_>>().chunks(300) {
        let file = world.file("part.ndjson", part.join("\n"));
        world.run(&["ingest", "--config", &config, &file]).done();
    }
    let entries = fs::read_dir(world.data().join("log")).unwrap();
    let mut segments: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    segments.sort();
    assert!(segments.len() > 2, "{segments:?}");
    (world, config, segments)
}

fn flip(path: &PathBuf, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

fn middle(path: &PathBuf) -> usize {
    usize::try_from(fs::metadata(path).unwrap().len()).unwrap() / 2
}

#[test]
fn one_wrong_byte_is_found_and_named() {
    let (world, _, segments) = segmented();
    world.run(&["log", "verify"]).done();
    for path in [&segments[0], &segments[1], segments.last().unwrap()] {
        let at = middle(path);
        flip(path, at);
        let ran = world.run(&["log", "verify"]);
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(ran.err.contains(name), "{}", ran.err);
        // The record that holds the byte begins at or before it.
        let numbers = ran
            .err
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|digits| digits.parse::<usize>().ok());
        let named = numbers.filter(|number| *number <= at && *number + 16_384 > at).count();
        assert!(named > 0, "no offset near {at} in: {}", ran.err);
        flip(path, at);
    }
    world.run(&["log", "verify"]).done();
}

#[test]
fn a_log_that_is_damaged_in_the_middle_is_not_folded_as_if_it_were_whole() {
    let (world, config, segments) = segmented();
    flip(&segments[0], middle(&segments[0]));
    fs::remove_dir_all(world.data().join("views")).unwrap();
    let ran = world.run(&["query", "conversations", "--config", &config]);
    assert_eq!(ran.code, Some(1), "{}", String::from_utf8_lossy(&ran.out));
    assert!(
        ran.err.contains(segments[0].file_name().unwrap().to_str().unwrap()) || ran.err.contains("0:"),
        "{}",
        ran.err
    );
    flip(&segments[0], middle(&segments[0]));
    world.run(&["query", "conversations", "--config", &config]).done();
}

#[test]
fn a_server_goes_on_beside_damage_and_stops_folding_at_it() {
    let (world, _, segments) = segmented();
    let damaged = &segments[1];
    flip(damaged, middle(damaged));
    let name = damaged.file_name().unwrap().to_str().unwrap();
    // The views are past it.
    let server = Server::serve(&world.data());
    let position = server.deliver(&whatsapp(&json!([text("5511955550101", "wamid.after", 1, "oi")])));
    let page = server.get_at("/v1/conversations?limit=1", &position);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(server.get("/readyz")["ready"], true);
    server.stop();
    // They have to be folded again, and cannot be.
    fs::remove_dir_all(world.data().join("views")).unwrap();
    let server = Server::serve(&world.data());
    let said = server.says("projector stops");
    assert!(
        said.contains(name) && said.contains("at byte") && said.contains("offset"),
        "{said}"
    );
    let readiness = || {
        let answer = server.ask("/readyz", &[]);
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        (answer.status, told["cause"].clone())
    };
    let mut last = (0, Value::Null);
    let told = eventually(|| {
        last = readiness();
        last == (503, json!("projector_failed"))
    });
    assert!(told, "{last:?}");
    // Nothing is told of views that are not whole; what comes in is kept.
    let refused = server.ask("/v1/conversations", &[]).refused();
    assert_eq!(refused, "503 partition_unavailable");
    server.deliver(&whatsapp(&json!([text("5511955550101", "wamid.later", 2, "oi")])));
    server.stop();
}

#[test]
fn what_a_crash_left_half_written_is_cut_off() {
    let (world, config, segments) = segmented();
    let before = world.run(&["log", "info"]).value();
    let last = segments.last().unwrap();
    let mut bytes = fs::read(last).unwrap();
    bytes.extend_from_slice(&[0xab; 100]);
    fs::write(last, bytes).unwrap();
    let verified = world.run(&["log", "verify"]).value();
    assert_eq!(verified["torn_bytes"], 100, "{verified}");
    let file = world.file("none.ndjson", "");
    let mut ingest = crate::process::command(&["ingest", "--config", &config, &file]);
    ingest.arg("--data").arg(world.data());
    let ran = finish(ingest, b"");
    assert!(ran.err.contains("torn"), "the operator is told: {}", ran.err);
    ran.done();
    assert_eq!(world.run(&["log", "info"]).value()["tail"], before["tail"]);
    assert_eq!(world.run(&["log", "verify"]).value()["torn_bytes"], 0);
}
