//! Story: the disk of the log runs full. What comes is refused so that it is sent again, what is there is answered, and with room it
//! goes on by itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::process::{command, eventually};
use crate::server::{SECRET, Server, signature};
use crate::world::{World, simulated, text, whatsapp};

fn serve(data: &Path, reserve: u64) -> Server {
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.arg("--data").arg(data);
    serve.env("ORIGEM_META_APP_SECRETS", SECRET);
    serve.env("ORIGEM_DISK_RESERVE", reserve.to_string());
    Server::start(serve)
}

/// Numbers of messages that were accepted, and of those that were refused as they should be.
#[derive(Default)]
struct Sent {
    accepted: BTreeSet<String>,
    refused: BTreeSet<String>,
}

impl Sent {
    /// Whether it was accepted.
    #[track_caller]
    fn send(&mut self, server: &Server) -> bool {
        let number = self.accepted.len() + self.refused.len();
        let id = format!("wamid.full.{number}");
        let body = whatsapp(&json!([text("5511955550101", &id, number as u32, "oi")]));
        let signed = signature(SECRET, body.as_bytes());
        let answer = server.post("/webhooks/meta", &[("x-hub-signature-256", &signed)], body.as_bytes());
        if answer.status == 200 {
            self.accepted.insert(id);
            return true;
        }
        assert_eq!(answer.refused(), "503 log_unavailable");
        self.refused.insert(id);
        false
    }
}

fn reads_go_on(server: &Server) {
    let page = server.get("/v1/conversations?limit=3");
    let id = page["items"][0]["id"].as_str().unwrap();
    assert!(
        !server.get(&format!("/v1/conversations/{id}/timeline"))["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

fn log_of(server: &Server) -> Value {
    server.get("/readyz")["log"].clone()
}

#[test]
fn below_the_reserve_deliveries_are_refused_and_reads_go_on() {
    let world = World::new();
    world.ingest("meta", simulated(200, 4));
    let mut sent = Sent::default();
    let server = serve(&world.data(), 1 << 60);
    assert!(!sent.send(&server) && !sent.send(&server));
    reads_go_on(&server);
    assert_eq!(log_of(&server), "no_space");
    let said = server.says("refusing appends");
    assert!(said.contains("free"), "{said}");
    server.stop();
    let server = serve(&world.data(), 0);
    assert!(sent.send(&server));
    assert_eq!(log_of(&server), Value::Null);
    server.stop();
    let told = world.run(&["log", "export"]).done();
    assert!(
        sent.refused.iter().all(|id| !told.contains(&format!("\"{id}\""))),
        "what was refused is not there"
    );
}

/// A small file system in memory; `None`, said aloud, where this process may not make one.
struct Mounted(PathBuf);

impl Mounted {
    #[allow(clippy::print_stderr)]
    fn new(path: PathBuf, bytes: u64) -> Option<Self> {
        fs::create_dir_all(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]);
        match mount.arg(&path).output() {
            Ok(told) if told.status.success() => Some(Self(path)),
            told => {
                eprintln!("skipped: no small file system can be made here: {told:?}");
                None
            }
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.0).output());
    }
}

#[test]
fn a_disk_that_fills_while_serving_recovers_by_itself() {
    const MIB: usize = 1 << 20;
    let world = World::new();
    let Some(_mounted) = Mounted::new(world.data(), 64 * MIB as u64) else {
        return;
    };
    let config = world.file("origem.toml", "[disk]\nreserve = 8388608\n");
    let file = world.file("sim.ndjson", simulated(200, 4));
    world.run(&["ingest", "--config", &config, &file]).done();
    let mut sent = Sent::default();
    let server = serve(&world.data(), 8 * MIB as u64);
    assert!(sent.send(&server));
    for round in 0..2 {
        // Somebody else fills the disk, down into the reserve.
        let ballast = world.data().join("ballast");
        let mut megabytes = 0;
        let filled = eventually(|| {
            megabytes += 4;
            fs::write(&ballast, vec![0; megabytes * MIB]).unwrap_or_default();
            !sent.send(&server)
        });
        assert!(filled, "round {round}");
        assert_eq!(log_of(&server), "no_space");
        reads_go_on(&server);
        assert!(!sent.send(&server));
        fs::remove_file(&ballast).unwrap();
        assert!(eventually(|| log_of(&server) == Value::Null), "round {round}");
        assert!(sent.send(&server), "round {round}");
    }
    server.stop();
    let verified = world.run(&["log", "verify"]).value();
    assert_eq!((&verified["damage"], &verified["torn_bytes"]), (&json!([]), &json!(0)));
    let kept: BTreeSet<String> = world
        .run(&["log", "export"])
        .values()
        .iter()
        .filter_map(|line| line["event"]["message"]["id"].as_str().map(str::to_owned))
        .filter(|id| id.starts_with("wamid.full."))
        .collect();
    assert_eq!(
        kept, sent.accepted,
        "all that was accepted is there, and nothing that was refused"
    );
}
