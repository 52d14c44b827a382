//! A bit flips, or the end of a file is gone, in any kind of file that a data directory has: what is told is right, or nothing is told
//! and the reason is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use origem_testkit::chance::Chance;
use serde_json::{Value, json};

use crate::process::{Ran, on};
use crate::server::Server;
use crate::world::{World, folded_afresh, simulated};

/// Damaged copies for each kind of file and each kind of damage.
const TRIES: u64 = 2;

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    /// One bit is another.
    Flipped,
    /// Its end is gone.
    Cut,
    /// It is empty.
    Emptied,
}

impl Damage {
    fn happens_to(self, path: &Path, chance: &mut Chance) {
        let mut bytes = fs::read(path).unwrap();
        if bytes.is_empty() {
            return;
        }
        let at = chance.below(bytes.len() as u64) as usize;
        match self {
            Self::Flipped => bytes[at] ^= 1 << chance.below(8),
            Self::Cut => bytes.truncate(at),
            Self::Emptied => bytes.clear(),
        }
        fs::write(path, bytes).unwrap();
    }
}

/// All files below a directory, by paths from there.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                all.push(path.strip_prefix(directory).unwrap().to_owned());
            }
        }
    }
    all.sort();
    all
}

/// Files that hold the same kind of thing: by their directory, and by their name without numbers.
fn kinds(data: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut kinds: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in files(data) {
        let kind = path.to_str().unwrap().replace(|c: char| c.is_ascii_digit(), "");
        kinds.entry(kind).or_default().push(path);
    }
    kinds
}

fn copy(from: &Path, to: &Path) {
    drop(fs::remove_dir_all(to));
    for path in files(from) {
        let into = to.join(&path);
        fs::create_dir_all(into.parent().unwrap()).unwrap();
        fs::copy(from.join(&path), into).unwrap();
    }
}

/// A data directory in which every kind of file has something in it.
fn full() -> World {
    let world = World::new();
    let config = world.file("origem.toml", "[log]\nsegment_bytes_max = 65536\n");
    for part in simulated(600, 3).lines().collect::<Vec<_>>().chunks(200) {
        let file = world.file("part.ndjson", part.join("\n"));
        world.run(&["ingest", "--config", &config, &file]).done();
    }
    let server = Server::serve(&world.data());
    for number in 0..20 {
        let body = json!({"name": format!("Agent {number}")}).to_string();
        ureq::put(format!("{}/v1/agents/agent{number}", server.url))
            .send(body)
            .unwrap();
    }
    server.stop();
    // Views that were kept from before, and a rebuild that made new ones.
    world.run(&["rebuild", "--format", "json"]).done();
    world
}

fn fingerprint(data: &Path) -> Ran {
    on(data, &["query", "fingerprint", "--format", "json"])
}

/// The agents of the directory, as a server that starts tells them, and what was said when it was first opened; `None` if it does not
/// start, which it has said why then.
fn agents(data: &Path) -> Option<(Value, String)> {
    let probe = on(data, &["query", "conversations", "--filter", "limit=1"]);
    if probe.code == Some(1) {
        is_readable(&probe.err, "agents");
        return None;
    }
    let server = Server::serve(data);
    let agents = server.get("/v1/agents");
    server.stop();
    Some((agents, probe.err))
}

/// What a damaged log may have lost of its end, of so many records: what is cut off, be it all of a file, was written last. A bit that is
/// another makes the last record unreadable, and is found in all others.
fn lost_most(damage: Damage, records: u64) -> u64 {
    match damage {
        Damage::Cut | Damage::Emptied => records,
        Damage::Flipped => 1,
    }
}

/// The operator is told that the end of a log is gone.
#[track_caller]
fn is_loss_told(err: &str, what: &str) {
    assert!(
        err.contains("torn end of the log cut off"),
        "{what}: nobody says so: {err}"
    );
}

/// A refusal in words, and no panic.
#[track_caller]
fn is_readable(told: &str, what: &str) {
    assert!(told.contains("error: ") && !told.contains("panicked"), "{what}: {told}");
}

#[test]
fn no_damaged_file_makes_anybody_tell_what_is_not_so() {
    let world = full();
    let truth = fingerprint(&world.data()).value();
    let mut chance = Chance::new(11, 0);
    let (mut right, mut refused) = (0, 0);
    for (kind, paths) in kinds(&world.data()) {
        // What the directory says is another story, below; locks hold nothing.
        if kind.starts_with("directory/") || kind.ends_with("lock") {
            continue;
        }
        for damage in [Damage::Flipped, Damage::Cut, Damage::Emptied] {
            for _ in 0..TRIES {
                let damaged = world.path("damaged");
                copy(&world.data(), &damaged);
                let path = chance.pick(&paths);
                damage.happens_to(&damaged.join(path), &mut chance);
                let ran = fingerprint(&damaged);
                let what = format!("{damage:?} {}", path.display());
                match ran.code {
                    Some(0) => {
                        right += 1;
                        let err = ran.err.clone();
                        let told = ran.value();
                        if told != truth {
                            is_loss_told(&err, &what);
                            let (all, left) = (records(&world.data()), records(&damaged));
                            assert!(
                                left < all && all - left <= lost_most(damage, all),
                                "{what}: {left} of {all}"
                            );
                            let afresh = world.path("afresh");
                            drop(fs::remove_dir_all(&afresh));
                            folded_afresh(&damaged, &afresh);
                            let expected = fingerprint(&afresh).value();
                            assert_eq!(told, expected, "{what}: the views are not those of what is left");
                        }
                    }
                    Some(1) => {
                        refused += 1;
                        is_readable(&ran.err, &what);
                    }
                    other => panic!("{what}: {other:?}, {}", ran.err),
                }
            }
        }
    }
    assert!(right > 0 && refused > 0, "{right} right, {refused} refused");
}

/// How many records a log has.
fn records(data: &Path) -> u64 {
    on(data, &["log", "info"]).value()["records"].as_u64().unwrap()
}

#[test]
fn a_damaged_directory_is_refused_or_tells_what_was_written() {
    let world = full();
    let (truth, _) = agents(&world.data()).unwrap();
    let all = truth["items"].as_array().unwrap();
    let mut chance = Chance::new(12, 0);
    let mut refused = 0;
    for (kind, paths) in kinds(&world.data()) {
        if !kind.starts_with("directory/") || kind.ends_with("lock") {
            continue;
        }
        for damage in [Damage::Flipped, Damage::Cut] {
            for _ in 0..TRIES {
                let damaged = world.path("damaged");
                copy(&world.data(), &damaged);
                let path = chance.pick(&paths);
                damage.happens_to(&damaged.join(path), &mut chance);
                match agents(&damaged) {
                    Some((told, err)) => {
                        let what = format!("{damage:?} {}", path.display());
                        let told = told["items"].as_array().unwrap();
                        let lost = all.len() as u64 - told.len() as u64;
                        assert!(lost <= lost_most(damage, all.len() as u64), "{what}: {told:?}");
                        if lost > 0 {
                            is_loss_told(&err, &what);
                        }
                        // What is gone was written last; what is there is as it was.
                        for number in 0..told.len() {
                            let name = format!("Agent {number}");
                            let named = |agent: &&Value| agent["name"] == name.as_str();
                            let (was, is) = (all.iter().find(named), told.iter().find(named));
                            assert!(is.is_some() && is == was, "{what}: {was:?} is {is:?}");
                        }
                    }
                    None => refused += 1,
                }
            }
        }
    }
    assert!(refused > 0, "damage is found");
}
