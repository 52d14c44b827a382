//! Story: two processes want the same data.

use serde_json::json;

use crate::process::origem;
use crate::server::Server;
use crate::world::{World, text, whatsapp};

#[test]
fn a_second_process_is_told_who_has_the_data() {
    let world = World::new();
    let file = world.file(
        "a.ndjson",
        whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")])),
    );
    let server = Server::serve(&world.data());
    for refused in [
        &["ingest", &file][..],
        &["query", "conversations"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let told = world.run(refused).failed(1);
        assert!(told.contains("another process") || told.contains("in use"), "{told}");
        assert!(told.contains(world.data().to_str().unwrap()), "{told}");
        assert!(
            told.contains("--url") || refused[0] == "serve",
            "what to do instead: {told}"
        );
    }
    // The server takes them, and lets the log be looked at.
    let summary = origem(&["ingest", "--url", &server.url, &file]).value();
    assert_eq!((&summary["events"], &summary["position"]), (&json!(1), &json!("0:0")));
    assert_eq!(world.run(&["log", "info"]).value()["records"], 1);
    world.run(&["log", "verify"]).done();
    let ask = |view: &str| origem(&["query", view, "--url", &server.url, "--contact", "5511955550101"]).value();
    let asked = (ask("timeline"), ask("tickets"), ask("thread"));
    server.stop();
    let ask = |view: &str| world.run(&["query", view, "--contact", "5511955550101"]).value();
    assert_eq!(
        (ask("timeline"), ask("tickets"), ask("thread")),
        asked,
        "a server and the files tell the same"
    );
}

#[test]
fn ingesting_through_a_server_counts_as_ingesting_files_does() {
    let (remote, local) = (World::new(), World::new());
    let sim = crate::world::simulated(1_000, 11);
    let file = remote.file("sim.ndjson", &sim);
    let server = Server::serve(&remote.data());
    let through = |server: &Server| origem(&["ingest", "--url", &server.url, &file]).value();
    let (first, again) = (through(&server), through(&server));
    for (remote, local) in [(first, local.ingest("meta", &sim)), (again, local.ingest("meta", &sim))] {
        for name in ["deliveries", "events", "duplicates", "unrecognised", "position"] {
            assert_eq!(remote[name], local[name], "{name}");
        }
    }
    server.stop();
    let nobody = origem(&["ingest", "--url", "http://127.0.0.1:1", &file]).failed(1);
    assert!(nobody.contains("onnection refused"), "{nobody}");
}
