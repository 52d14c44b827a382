//! Story: the process is killed in the middle of its work. What was acknowledged is there, once.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::process::{self, command, eventually};
use crate::server::Server;
use crate::world::{World, fingerprint, folded_afresh, simulated, text, whatsapp};

/// How often each message stands in the log, by id.
fn kept(world: &World) -> BTreeMap<String, usize> {
    let mut kept = BTreeMap::new();
    for line in world.run(&["log", "export"]).values() {
        *kept
            .entry(line["event"]["message"]["id"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    kept
}

/// The views are the fold of the log, as if nothing had happened.
#[track_caller]
fn views_are_the_fold(world: &World, round: &str) {
    world.run(&["log", "verify"]).done();
    world.run(&["query", "conversations", "--filter", "limit=1"]).done();
    assert_eq!(
        fingerprint(&world.data()),
        folded_afresh(&world.data(), &world.path(&format!("afresh-{round}"))),
        "{round}"
    );
}

#[test]
fn every_acknowledged_webhook_survives_kill_nine() {
    const CLIENTS: usize = 4;
    let world = World::new();
    let (next, acknowledged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    for (round, enough) in [1, 30, 75, 140, 220].into_iter().enumerate() {
        let mut server = Server::serve(&world.data());
        let before = acknowledged.lock().unwrap().len();
        thread::scope(|scope| {
            let client = || loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                // A few people, so that conversations are in the middle of something too.
                let (from, id) = (format!("55119555501{:02}", number % 17), format!("wamid.{number}"));
                let second = u32::try_from(number).unwrap();
                let body = whatsapp(&json!([text(&from, &id, second, "oi")]))
                    .replace("BR.1000000000000001", &format!("BR.{}", number % 17));
                match server.try_deliver(body.as_bytes()) {
                    Ok(answer) if answer.status == 200 => acknowledged.lock().unwrap().push(id),
                    Ok(answer) => panic!("{answer:?}"),
                    Err(_) => return,
                }
            };
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
            assert!(eventually(|| acknowledged.lock().unwrap().len() >= before + enough));
            server.crash();
            for client in clients {
                client.join().unwrap();
            }
        });
        server.kill();
        let kept = kept(&world);
        let acknowledged = acknowledged.lock().unwrap();
        let lost: Vec<&String> = acknowledged.iter().filter(|id| !kept.contains_key(*id)).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
        let repeated: Vec<_> = kept.iter().filter(|(_, count)| **count != 1).collect();
        assert!(repeated.is_empty(), "round {round}: {repeated:?}");
        // At most what the clients were just sending was kept without being acknowledged.
        assert!(
            kept.len() <= acknowledged.len() + CLIENTS * (round + 1),
            "round {round}"
        );
        views_are_the_fold(&world, &round.to_string());
    }
}

#[test]
fn a_bulk_ingest_through_a_server_that_is_killed_can_be_repeated() {
    let sim = simulated(3_000, 13);
    let (world, whole) = (World::new(), World::new());
    let file = world.file("sim.ndjson", &sim);
    for (round, enough) in [1_u64, 400, 900].into_iter().enumerate() {
        let mut server = Server::serve(&world.data());
        let tail = || {
            server
                .ask("/metrics", &[])
                .body
                .lines()
                .any(|line| appended(line).is_some_and(|tail| tail >= enough))
        };
        let mut ingest = command(&["ingest", "--url", &server.url, &file]);
        let mut child = ingest.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        assert!(eventually(tail));
        server.kill();
        process::end(&mut child);
        views_are_the_fold(&world, &round.to_string());
    }
    // Sent once more, everything is there, and the repeats changed nothing.
    let summary = world.ingest("meta", &sim);
    assert_eq!(summary["events"], 3_000);
    let told = |world: &World| world.run(&["query", "conversations", "--filter", "limit=1"]).value()["counts"].take();
    whole.ingest("meta", &sim);
    assert_eq!(told(&world), told(&whole));
    views_are_the_fold(&world, "last");
}

/// The tail of the log, if that is what a line of metrics tells.
fn appended(line: &str) -> Option<u64> {
    line.strip_prefix("origem_log_tail")?.rsplit(' ').next()?.parse().ok()
}

#[test]
fn an_ingest_of_files_that_is_killed_leaves_a_prefix() {
    let world = World::new();
    let sim = simulated(20_000, 17);
    let file = world.file("sim.ndjson", &sim);
    let records = || world.run(&["log", "info"]);
    let mut killed = 0;
    for enough in [1, 6_000] {
        let mut ingest = command(&["ingest", &file]);
        let mut child = ingest
            .arg("--data")
            .arg(world.data())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let here = || records().code == Some(0) && records().value()["records"].as_u64().unwrap() >= enough;
        assert!(eventually(|| here() || child.try_wait().unwrap().is_some()));
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        std::fs::remove_dir_all(world.path("afresh-files")).unwrap_or_default();
        views_are_the_fold(&world, "files");
    }
    assert!(killed > 0, "it was always faster than we");
    let summary = world.ingest("meta", &sim);
    assert_eq!(summary["events"], 20_000);
    // The first that was killed left a prefix of the file.
    let export = world.run(&["log", "export"]).values();
    let first: Vec<_> = export
        .iter()
        .take(100)
        .map(|line| &line["event"]["dedup_key"])
        .collect();
    let last: Vec<_> = export[export.len() - 20_000..]
        .iter()
        .take(100)
        .map(|line| &line["event"]["dedup_key"])
        .collect();
    assert_eq!(first, last);
}
