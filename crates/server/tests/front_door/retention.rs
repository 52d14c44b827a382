//! Story: an operator keeps events for a while only. What is dropped is dropped for good, and said.

use std::fs;

use serde_json::{Value, json};

use crate::process::{Ran, command, eventually, finish};
use crate::server::Server;
use crate::world::{World, simulated};

/// A log of several small segments.
fn segmented() -> (World, String) {
    let world = World::new();
    let config = world.file("origem.toml", "[log]\nsegment_bytes_max = 131072\n");
    let sim = simulated(1_500, 9);
    for part in sim.lines().collect::<Vec<_>>().chunks(150) {
        let file = world.file("part.ndjson", part.join("\n"));
        world.run(&["ingest", "--config", &config, &file]).done();
    }
    assert!(segments(&info(&world)).len() > 4);
    (world, config)
}

fn info(world: &World) -> Value {
    world.run(&["log", "info"]).value()
}

fn segments(info: &Value) -> Vec<Value> {
    info["segments"].as_array().unwrap().clone()
}

fn serve(world: &World, config: &str, settings: &[(&str, &str)]) -> Server {
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--config", config]);
    serve.arg("--data").arg(world.data()).envs(settings.iter().copied());
    Server::start(serve)
}

fn query(world: &World, settings: &[(&str, &str)]) -> Ran {
    let mut query = command(&["query", "fingerprint", "--format", "json"]);
    query.arg("--data").arg(world.data()).envs(settings.iter().copied());
    finish(query, b"")
}

#[test]
fn the_oldest_segments_go_beside_a_server_and_the_views_stay() {
    let (world, config) = segmented();
    let before = info(&world);
    let print = query(&world, &[]).value();
    let newest = segments(&before).pop().unwrap();
    for (setting, value) in [
        ("ORIGEM_LOG_RETENTION_BYTES", "300000"),
        ("ORIGEM_LOG_RETENTION_AGE", "1s"),
    ] {
        let server = serve(&world, &config, &[(setting, value)]);
        server.says("retention");
        let kept = |info: &Value| match setting {
            "ORIGEM_LOG_RETENTION_BYTES" => info["bytes"].as_u64().unwrap() <= 300_000,
            _ => segments(info).len() == 1,
        };
        assert!(eventually(|| kept(&info(&world))), "{setting}: {}", info(&world));
        assert_eq!(
            server.get("/v1/conversations?limit=1")["items"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        server.stop();
        let now = info(&world);
        assert_eq!(
            (&now["tail"], segments(&now).last()),
            (&before["tail"], Some(&newest)),
            "{setting}"
        );
        assert_ne!(now["start"], "0:0");
        assert_eq!(query(&world, &[]).value(), print, "the views keep what they hold");
        world.run(&["log", "verify"]).done();
    }
    let told = world.run(&["log", "info"]);
    assert!(
        told.err.contains("the log begins at 0:") && told.err.contains("rebuild"),
        "{}",
        told.err
    );
    let server = serve(&world, &config, &[]);
    assert!(server.says("the log begins at 0:").contains("older conversations"));
    server.stop();
}

#[test]
fn views_are_folded_from_what_is_left() {
    let (world, config) = segmented();
    let whole = query(&world, &[]).value();
    let start = segments(&info(&world))[2]["base"].as_u64().unwrap();
    world
        .run(&[
            "log",
            "trim",
            "--apply",
            "--before",
            &format!("0:{start}"),
            "--config",
            &config,
        ])
        .done();
    fs::remove_dir_all(world.data().join("views")).unwrap();
    let left = query(&world, &[]).value();
    assert_ne!(left, whole);
    // The same as if nothing else had ever been there.
    fs::remove_dir_all(world.data().join("views")).unwrap();
    assert_eq!(query(&world, &[]).value(), left);
}

#[test]
fn a_rebuild_that_would_lose_conversations_wants_to_be_told_so() {
    let (world, config) = segmented();
    let whole = query(&world, &[]).value();
    let start = segments(&info(&world))[2]["base"].as_u64().unwrap();
    let before = format!("0:{start}");
    world
        .run(&["log", "trim", "--apply", "--before", &before, "--config", &config])
        .done();
    let refused = world.run(&["rebuild"]).failed(1);
    for words in [
        format!("begins at 0:{start}, received 20"),
        format!("from before it: {start} events"),
        "--accept-loss".to_owned(),
    ] {
        assert!(refused.contains(&words), "{words}: {refused}");
    }
    let lost = |rebuild: &Value| rebuild["diff"]["conversations"]["only_old"].as_u64().unwrap();
    let shown = world.run(&["rebuild", "--dry-run", "--format", "json"]).value();
    assert!(lost(&shown) > 0, "{shown}");
    assert_eq!(query(&world, &[]).value(), whole, "nothing is lost yet");
    let done = world.run(&["rebuild", "--accept-loss", "--format", "json"]).value();
    assert_eq!((&done["phase"], lost(&done)), (&json!("switched"), lost(&shown)));
    world.run(&["rebuild"]).done();
}

#[test]
fn trimming_by_hand_says_what_it_would_do_first() {
    let (world, _) = segmented();
    let before = info(&world);
    let (first, second) = (&segments(&before)[0], &segments(&before)[1]);
    let place = |segment: &Value| format!("0:{}", segment["base"].as_u64().unwrap() + 1);
    let trim = |arguments: &[&str]| world.run(&[&["log", "trim"], arguments].concat());
    let told = trim(&["--before", &place(second)]);
    assert!(told.err.contains("--apply"), "{}", told.err);
    let told = told.value();
    assert_eq!(
        (&told["applied"], &told["dropped_segments"], &told["dropped_bytes"]),
        (&json!(false), &json!(1), &first["bytes"])
    );
    assert_eq!(info(&world), before, "nothing happened yet");
    assert_eq!(
        trim(&["--apply", "--before", &place(first)]).value()["dropped_segments"],
        0
    );
    assert_eq!(
        trim(&["--apply", "--before", "2020-01-01T00:00:00Z"]).value()["dropped_segments"],
        0
    );
    assert_eq!(trim(&["--apply", "--before", &place(second)]).value()["applied"], true);
    assert_eq!(info(&world)["start"], format!("0:{}", second["base"]));
    trim(&["--apply", "--before", "2100-01-01T00:00:00Z"]).done();
    assert_eq!(segments(&info(&world)).len(), 1);
    for nonsense in ["yesterday", "1:5"] {
        assert!(trim(&["--before", nonsense]).failed(2).contains("neither a position"));
    }
}
