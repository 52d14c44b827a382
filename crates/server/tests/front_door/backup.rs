//! Story: an operator keeps a copy of the data, loses the data, and has everything back.

mod directory;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::process::{self, Ran, command, eventually, finish, on, origem};
use crate::server::Server;
use crate::world::{World, simulated, text, whatsapp};

/// A world whose log has segments of 128 KiB.
struct Small {
    world: World,
    config: String,
}

impl Small {
    fn new() -> Self {
        let world = World::new();
        let config = world.file("origem.toml", "[log]\nsegment_bytes_max = 131072\n");
        Self { world, config }
    }

    /// In parts, because what is appended at once is never split over segments.
    fn ingest(&self, deliveries: &[&str]) {
        for part in deliveries.chunks(150) {
            let file = self.world.file("part.ndjson", part.join("\n"));
            self.world.run(&["ingest", "--config", &self.config, &file]).done();
        }
    }

    fn backup(&self, more: &[&str]) -> Ran {
        self.world.run(&[&["backup", "--to", &self.to()], more].concat())
    }

    fn to(&self) -> String {
        self.world.path("backup").to_str().unwrap().to_owned()
    }

    fn verified(&self) -> Ran {
        origem(&["backup", "verify", &self.to()])
    }

    fn restored(&self, name: &str) -> (PathBuf, Ran) {
        let data = self.world.path(name);
        let ran = on(&data, &["restore", "--from", &self.to()]);
        (data, ran)
    }

    fn segments(&self) -> Vec<PathBuf> {
        files(&self.world.data().join("log"), "log")
    }
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[track_caller]
fn fingerprint(data: &Path) -> Value {
    on(data, &["query", "fingerprint", "--format", "json"]).value()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_restored_backup_tells_the_same() {
    let small = Small::new();
    small.ingest(&simulated(1_000, 9).lines().collect::<Vec<_>>());
    let before = fingerprint(&small.world.data());
    let taken = small.backup(&[]).value();
    assert_eq!((&taken["start"], &taken["secret"]), (&json!("0:0"), &json!(true)));
    assert_eq!(taken["copied_segments"], taken["segments"]);
    assert_eq!(small.verified().value()["damage"], json!([]));
    assert_eq!(mode(&small.world.path("backup/secret.key")), 0o600);
    // The views that lie about in the new directory are of something else.
    let data = small.world.path("restored");
    let other = World::new();
    other.ingest("meta", simulated(50, 1));
    fs::create_dir_all(&data).unwrap();
    fs::rename(other.data().join("views"), data.join("views")).unwrap();
    let (data, ran) = small.restored("restored");
    let told = ran.value();
    assert_eq!((&told["tail"], &told["secret"]), (&taken["tail"], &json!(true)));
    assert!(told["next"].as_str().unwrap().contains("folded again"), "{told}");
    let aside = data.join("views.before-restore");
    assert!(aside.is_dir() && !data.join("views").exists(), "{told}");
    assert_eq!(mode(&data.join("secret.key")), 0o600);
    assert_eq!(fingerprint(&data), before);
    on(&data, &["log", "verify"]).done();
    // Views that nobody has looked at yet are not put out of the way of others, and a refusal moves nothing.
    fs::rename(data.join("log"), data.join("log.damaged")).unwrap();
    let refused = small.restored("restored").1.failed(1);
    assert!(refused.contains("views.before-restore"), "{refused}");
    assert!(data.join("views").is_dir() && !data.join("log").exists());
    fs::remove_dir_all(&aside).unwrap();
    small.restored("restored").1.done();
    assert!(aside.is_dir());
    assert_eq!(fingerprint(&data), before);
    // Where there is a log, nothing is touched.
    fs::remove_dir_all(&aside).unwrap();
    small.restored("restored").1.failed(1);
    assert!(data.join("views").is_dir() && !aside.exists());
}

#[test]
fn a_second_backup_copies_only_what_is_new() {
    let small = Small::new();
    let sim = simulated(2_000, 9);
    let sim: Vec<&str> = sim.lines().collect();
    let (first, rest) = sim.split_at(sim.len() / 2);
    small.ingest(first);
    let sealed = small.segments().len() as u64 - 1;
    assert!(sealed >= 2);
    small.backup(&[]).done();
    let again = small.backup(&[]).value();
    assert_eq!(
        (&again["copied_segments"], &again["removed_files"]),
        (&json!(0), &json!(0))
    );
    small.ingest(rest);
    for (more, copied) in [(&["--quick"][..], small.segments().len() as u64 - sealed), (&[], 0)] {
        let taken = small.backup(more).value();
        assert_eq!(taken["copied_segments"], copied, "{taken}");
        // The shorter copy of what was the last segment then is of no use any more.
        assert_eq!(taken["removed_files"], u64::from(copied > 0), "{taken}");
        small.verified().done();
    }
    let (data, ran) = small.restored("restored");
    ran.done();
    assert_eq!(fingerprint(&data), fingerprint(&small.world.data()));
}

#[test]
fn a_backup_that_is_killed_under_load_leaves_the_one_before() {
    let small = Small::new();
    small.ingest(&simulated(1_500, 9).lines().collect::<Vec<_>>());
    small.backup(&[]).done();
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--config", &small.config]);
    serve.arg("--data").arg(small.world.data());
    serve.env("ORIGEM_META_APP_SECRETS", crate::server::SECRET);
    let server = Server::start(serve);
    let (stop, number) = (AtomicBool::new(false), AtomicU32::new(0));
    let deliver = || {
        while !stop.load(Ordering::Relaxed) {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let body = json!([text(
                "5511955550101",
                &format!("wamid.{number}"),
                number,
                &"oi ".repeat(500)
            )]);
            server.deliver(&whatsapp(&body));
        }
    };
    let manifest = small.world.path("backup/manifest.json");
    let mut killed = 0;
    thread::scope(|scope| {
        let clients = [scope.spawn(deliver), scope.spawn(deliver)];
        for round in 1..6 {
            // So that there is something new to copy.
            assert!(eventually(|| number.load(Ordering::Relaxed) > round * 40));
            let known = names(&small);
            let whole = fs::read(&manifest).unwrap();
            let mut backup = command(&["backup", "--to", &small.to()]);
            let mut child = backup
                .arg("--data")
                .arg(small.world.data())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            assert!(eventually(
                || names(&small) != known || child.try_wait().unwrap().is_some()
            ));
            child.kill().unwrap();
            child.wait().unwrap();
            killed += usize::from(fs::read(&manifest).unwrap() == whole);
            small.verified().done();
        }
        small.backup(&[]).done();
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().unwrap();
        }
    });
    assert!(killed > 0, "it was always faster than we");
    server.stop();
    small.verified().done();
    let (data, ran) = small.restored("restored");
    ran.done();
    let (source, copy) = (exported(&small.world.data()), exported(&data));
    assert!(
        copy.len() > 1_500 && source.starts_with(&copy),
        "{} of {}",
        copy.len(),
        source.len()
    );
    let taken = on(&data, &["log", "verify"]).value();
    assert_eq!((&taken["damage"], &taken["torn_bytes"]), (&json!([]), &json!(0)));
    // And once everything is in it, both tell the same.
    small.backup(&[]).done();
    let (data, ran) = small.restored("restored-later");
    ran.done();
    assert_eq!(fingerprint(&data), fingerprint(&small.world.data()));
}

fn names(small: &Small) -> BTreeSet<PathBuf> {
    files(&small.world.path("backup/segments"), "log").into_iter().collect()
}

fn exported(data: &Path) -> Vec<Value> {
    on(data, &["log", "export"]).values()
}

#[test]
fn damage_never_takes_the_place_of_a_good_copy() {
    let small = Small::new();
    small.ingest(&simulated(1_000, 9).lines().collect::<Vec<_>>());
    let before = fingerprint(&small.world.data());
    small.backup(&[]).done();
    let damaged = &small.segments()[0];
    flip(damaged);
    let name = damaged.file_name().unwrap().to_str().unwrap();
    let told = small.backup(&[]).failed(1);
    assert!(
        told.contains(name) && told.contains("offset") && told.contains("log verify"),
        "{told}"
    );
    small.verified().done();
    let (data, ran) = small.restored("restored");
    ran.done();
    assert_eq!(fingerprint(&data), before);
}

#[test]
fn a_damaged_backup_is_found_and_not_restored() {
    let small = Small::new();
    small.ingest(&simulated(600, 9).lines().collect::<Vec<_>>());
    small.backup(&[]).done();
    let copy = files(&small.world.path("backup/segments"), "log").remove(0);
    flip(&copy);
    let ran = small.verified();
    assert_eq!(ran.code, Some(1));
    let name = copy.file_name().unwrap().to_str().unwrap();
    assert!(ran.err.contains(name), "{}", ran.err);
    let (data, ran) = small.restored("restored");
    assert!(ran.failed(1).contains(name));
    assert!(!data.join("log").exists(), "nothing that could be taken for a log");
    flip(&copy);
    // What was interrupted is done again from the start.
    fs::write(data.join("log.restoring/00000000000000000000.log"), "half").unwrap();
    let (_, ran) = small.restored("restored");
    ran.done();
}

#[test]
fn what_makes_no_sense_is_refused_with_advice() {
    let small = Small::new();
    let told = |ran: Ran, code, words: &[&str]| {
        let told = ran.failed(code);
        assert!(words.iter().all(|word| told.contains(word)), "{words:?}: {told}");
    };
    told(small.backup(&[]), 1, &["no log in", "--data"]);
    told(small.verified(), 1, &["no backup in", "--to"]);
    small.ingest(&simulated(200, 9).lines().collect::<Vec<_>>());
    told(origem(&["backup"]), 2, &["--to"]);
    let inside = small.world.data().join("backup");
    told(
        small.world.run(&["backup", "--to", inside.to_str().unwrap()]),
        1,
        &["inside the data directory"],
    );
    assert!(!inside.exists());
    let kafka = ["--log", "kafka", "--kafka", "127.0.0.1:1"];
    told(small.backup(&kafka), 2, &["on Kafka", "secret.key"]);
    small.backup(&[]).done();
    let (_, onto) = small.restored("data");
    told(onto, 1, &["there is a log in", "--data"]);
    // Another installation, and one that begins anew, do not take the place of what may be all that is left.
    let other = World::new();
    other.ingest("meta", simulated(300, 1));
    told(
        other.run(&["backup", "--to", &small.to()]),
        1,
        &["of another installation", "--to"],
    );
    let fresh = World::new();
    fs::create_dir_all(fresh.data()).unwrap();
    fs::copy(small.world.data().join("secret.key"), fresh.data().join("secret.key")).unwrap();
    fresh.ingest("meta", simulated(20, 9));
    told(
        fresh.run(&["backup", "--to", &small.to()]),
        1,
        &["reaches to 0:200", "--to"],
    );
    fresh.ingest("meta", simulated(300, 5));
    told(
        fresh.run(&["backup", "--to", &small.to()]),
        1,
        &["not what the backup has"],
    );
    small.verified().done();
    let data = small.world.path("foreign");
    fs::create_dir_all(&data).unwrap();
    fs::copy(other.data().join("secret.key"), data.join("secret.key")).unwrap();
    told(small.restored("foreign").1, 1, &["another secret"]);
}

#[test]
fn a_backup_without_its_secret_says_so() {
    let small = Small::new();
    small.ingest(&simulated(200, 9).lines().collect::<Vec<_>>());
    small.backup(&[]).done();
    // One that ends before its manifest counts leaves the backup before whole, with its secret.
    let in_the_way = small.world.path("backup/manifest.new");
    fs::create_dir(&in_the_way).unwrap();
    small.backup(&["--without-secret"]).failed(1);
    fs::remove_dir(in_the_way).unwrap();
    assert_eq!(small.verified().value()["secret"], true);
    let taken = small.backup(&["--without-secret"]).value();
    assert_eq!(taken["secret"], false);
    assert!(!small.world.path("backup/secret.key").exists());
    // Left out, it tells all the same whose log it is.
    let other = World::new();
    other.ingest("meta", simulated(300, 1));
    let refused = other
        .run(&["backup", "--to", &small.to(), "--without-secret"])
        .failed(1);
    assert!(refused.contains("of another installation"), "{refused}");
    let (data, ran) = small.restored("restored");
    let told = ran.value();
    assert!(told["next"].as_str().unwrap().contains("secret.key"), "{told}");
    let refused = on(&data, &["query", "conversations"]).failed(1);
    assert!(refused.contains("secret.key"), "{refused}");
    fs::copy(small.world.data().join("secret.key"), data.join("secret.key")).unwrap();
    assert_eq!(fingerprint(&data), fingerprint(&small.world.data()));
    // A secret that is a setting is kept in the backup as a file.
    let text = fs::read_to_string(data.join("secret.key")).unwrap();
    fs::remove_file(data.join("secret.key")).unwrap();
    let mut backup = command(&["backup", "--to", &small.to()]);
    backup.arg("--data").arg(&data).env("ORIGEM_SECRET", text.trim());
    assert_eq!(finish(backup, b"").value()["secret"], true);
    assert_eq!(fs::read_to_string(small.world.path("backup/secret.key")).unwrap(), text);
    // The same secret written otherwise is the same: what the backup names stays as it is.
    fs::write(data.join("secret.key"), text.trim()).unwrap();
    let in_the_way = small.world.path("backup/manifest.new");
    fs::create_dir(&in_the_way).unwrap();
    on(&data, &["backup", "--to", &small.to()]).failed(1);
    fs::remove_dir(in_the_way).unwrap();
    small.verified().done();
    on(&data, &["backup", "--to", &small.to()]).done();
    small.verified().done();
}

#[test]
fn every_damaged_record_is_told_on_demand() {
    let small = Small::new();
    small.ingest(&simulated(1_000, 9).lines().collect::<Vec<_>>());
    let first = &small.segments()[0];
    let mut bytes = fs::read(first).unwrap();
    let (near, far) = (bytes.len() / 4, bytes.len() / 2);
    bytes[near] ^= 1;
    bytes[far] ^= 1;
    fs::write(first, bytes).unwrap();
    let name = first.file_name().unwrap().to_str().unwrap();
    let damage = |more: &[&str]| {
        let ran = small.world.run(&[&["log", "verify"], more].concat());
        assert_eq!(ran.code, Some(1));
        let told = process::value(&String::from_utf8(ran.out).unwrap());
        told["damage"].as_array().unwrap().clone()
    };
    assert_eq!(damage(&[]).len(), 1);
    let all = damage(&["--all"]);
    assert_eq!(all.len(), 2, "{all:?}");
    for (told, at) in all.iter().zip([near, far]) {
        assert_eq!(told["file"], name);
        let byte = told["byte"].as_u64().unwrap() as usize;
        assert!(byte <= at && at < byte + 16_384, "{told}");
        assert!(told["offset"].is_u64() && told["what"].is_string(), "{told}");
    }
    // Told to be careful, no command opens it.
    let mut query = command(&["query", "conversations"]);
    query
        .arg("--data")
        .arg(small.world.data())
        .env("ORIGEM_LOG_VERIFY_ON_OPEN", "true");
    let refused = finish(query, b"").failed(1);
    assert!(refused.contains(name) && refused.contains("at byte"), "{refused}");
}
