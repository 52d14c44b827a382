//! Who is let in: nobody from outside without a key, and keys are made, used and kept out of every log.

use std::fs;

use crate::process::{command, eventually, finish};
use crate::server::Server;
use crate::world::World;

/// Long enough to sign with.
const JWT_SECRET: &str = "a-secret-of-tokens-0123456789abcdef";

#[test]
fn without_a_key_only_this_machine_is_let_in() {
    let world = World::new();
    let mut serve = command(&["serve", "--listen", "0.0.0.0:0"]);
    serve.arg("--data").arg(world.data());
    let said = finish(serve, b"").failed(1);
    for words in ["no key is configured", "origem keys create", "127.0.0.1", "access.open"] {
        assert!(said.contains(words), "{said}");
    }
    let server = Server::serve(&world.data());
    assert_eq!(server.get("/v1/me")["open"], true);
    server.says("no key is configured");
    server.stop();
}

#[test]
fn keys_are_made_used_and_in_no_log() {
    let world = World::new();
    let made = world.run(&[
        "keys", "create", "--role", "operator", "--name", "first", "--format", "json",
    ]);
    let made = made.value();
    let operator = made["key"].as_str().unwrap().to_owned();
    let file = world.file("operator.key", format!("{operator}\n"));

    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.arg("--data").arg(world.data());
    serve.env("ORIGEM_ACCESS_JWT_SECRET", JWT_SECRET);
    serve.env("ORIGEM_PRODUCERS_TOKEN", "token-of-producers");
    serve.env("ORIGEM_TELEMETRY_LEVEL", "trace");
    let server = Server::start(serve);
    assert_eq!(server.ask("/v1/conversations", &[]).refused(), "401 unauthorised");

    // The command line shows its key in three ways.
    let remote = |arguments: &[&str]| {
        let mut asked = command(arguments);
        asked.args(["--url", &server.url, "--format", "json"]);
        asked
    };
    let agent = [
        "keys",
        "create",
        "--role",
        "agent",
        "--agent",
        "ana",
        "--expires",
        "90d",
    ];
    assert!(finish(remote(&agent), b"").failed(1).contains("a key is required"));
    let mut asked = remote(&agent);
    asked.args(["--key", &operator]);
    let made = finish(asked, b"");
    assert!(
        made.err.contains("the directory has no agent `ana` yet"),
        "{}",
        made.err
    );
    let made = made.value();
    let ana = made["key"].as_str().unwrap().to_owned();
    let mut asked = remote(&["keys", "list"]);
    asked.args(["--key-file", &file]);
    let listed = finish(asked, b"").value();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
    let mut asked = remote(&["query", "conversations"]);
    asked.env("ORIGEM_KEY", &ana);
    assert_eq!(finish(asked, b"").value()["items"], serde_json::json!([]));
    let mut asked = command(&["keys", "revoke", made["id"].as_str().unwrap(), "--url", &server.url]);
    asked.env("ORIGEM_KEY", &operator);
    finish(asked, b"").done();
    let bearer = format!("Bearer {ana}");
    assert_eq!(
        server.ask("/v1/me", &[("authorization", &bearer)]).refused(),
        "401 unauthorised"
    );
    let wrong = [("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.wrong")];
    assert_eq!(server.ask("/v1/me", &wrong).refused(), "401 unauthorised");
    let bearer = format!("Bearer {operator}");
    assert_eq!(
        server.ask("/v1/me", &[("authorization", &bearer)]).ok()["name"],
        "first"
    );

    server.terminate();
    let mut log = String::new();
    let ended = eventually(|| {
        log.extend(server.said().iter().flat_map(|line| [line.as_str(), "\n"]));
        log.contains("stopped\n")
    });
    assert!(ended, "{log}");
    assert!(log.contains("request failed"), "{log}");
    let half = |key: &str| key[key.len() - 20..].to_owned();
    let secrets = [
        half(&operator),
        half(&ana),
        JWT_SECRET.to_owned(),
        "token-of-producers".to_owned(),
    ];
    for secret in secrets.iter().map(String::as_str).chain(["eyJhbGciOiJub25lIn0"]) {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
    // Nor is a key in what is kept.
    for kept in fs::read_dir(world.data().join("directory")).unwrap() {
        let bytes = fs::read(kept.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&half(&operator)) && !text.contains(&half(&ana)));
    }
}

#[test]
fn a_secret_that_protects_nothing_is_refused() {
    let world = World::new();
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.arg("--data").arg(world.data());
    serve.env("ORIGEM_ACCESS_JWT_SECRET", "hunter2");
    let said = finish(serve, b"").failed(1);
    assert!(said.contains("it needs 32") && !said.contains("hunter2"), "{said}");
}
