//! Story: somebody tries the demo.

use std::collections::BTreeSet;

use crate::process::{command, eventually};
use crate::server::Server;
use crate::world::World;

fn demo(temporary: &std::path::Path, more: &[&str]) -> Server {
    let mut command = command(&[&["demo", "--listen", "127.0.0.1:0", "--rate", "6000"], more].concat());
    command.env("TMPDIR", temporary);
    Server::start(command)
}

/// Kinds of origin of the conversations shown first.
fn kinds(server: &Server) -> BTreeSet<String> {
    let page = server.get("/v1/conversations?limit=200");
    let kinds = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["origin"]["kind"].as_str());
    kinds.map(str::to_owned).collect()
}

#[test]
fn a_demo_shows_a_living_business_and_leaves_nothing_behind() {
    let world = World::new();
    let temporary = world.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let server = demo(&temporary, &[]);
    assert!(eventually(|| kinds(&server).len() >= 4), "{:?}", kinds(&server));
    // It is signed traffic through the real webhook.
    assert_eq!(server.post("/webhooks/meta", &[], b"{}").refused(), "401 unauthorised");
    // And it goes on.
    let tail = || server.get("/v1/conversations?limit=1")["items"][0]["position"].clone();
    let before = tail();
    assert!(eventually(|| tail() != before));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1);
    server.stop();
    assert_eq!(
        std::fs::read_dir(&temporary).unwrap().count(),
        0,
        "the temporary data directory is gone"
    );
}

#[test]
fn a_demo_with_a_data_directory_keeps_it() {
    let world = World::new();
    let temporary = world.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let server = demo(&temporary, &["--data", world.data().to_str().unwrap(), "--seed", "3"]);
    assert!(eventually(|| !kinds(&server).is_empty()));
    server.stop();
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    assert!(world.run(&["log", "verify"]).value()["records"].as_u64().unwrap() > 0);
    assert!(
        !world.run(&["query", "conversations"]).value()["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}
