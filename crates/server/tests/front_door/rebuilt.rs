//! Story: the views are lost or spoilt; the log tells everything again.

use std::fs;
use std::path::Path;

use crate::process::on;
use crate::world::{World, fingerprint, simulated};

fn spoil(name: &str, views: &Path) {
    let store = views.join("1");
    let overwrite = |file: &str| fs::write(store.join(file), vec![0x5a; 4096]).unwrap();
    match name {
        "deleted" => fs::remove_dir_all(views).unwrap(),
        "a file instead of a directory" => {
            fs::remove_dir_all(views).unwrap();
            fs::write(views, "nothing").unwrap();
        }
        "as an earlier version kept them" => {
            fs::rename(&store, views.with_extension("flat")).unwrap();
            fs::remove_dir_all(views).unwrap();
            fs::rename(views.with_extension("flat"), views).unwrap();
        }
        "which one serves" => fs::write(views.join("serving"), "7").unwrap(),
        "another configuration" => overwrite("conf"),
        "other bytes from the start on" => {
            let mut bytes = fs::read(store.join("db")).unwrap();
            let end = bytes.len().min(65_536);
            bytes[..end].fill(0x5a);
            fs::write(store.join("db"), bytes).unwrap();
        }
        "half of it" => {
            let bytes = fs::read(store.join("db")).unwrap();
            fs::write(store.join("db"), &bytes[..bytes.len() / 2]).unwrap();
        }
        "empty" => fs::write(store.join("db"), b"").unwrap(),
        _ => unreachable!(),
    }
}

#[test]
fn views_that_are_lost_or_spoilt_are_folded_again() {
    let world = World::new();
    world.ingest("meta", simulated(600, 21));
    let (told, print) = (world.told(), fingerprint(&world.data()));
    assert!(!told.is_empty());
    for name in [
        "deleted",
        "a file instead of a directory",
        "as an earlier version kept them",
        "which one serves",
        "another configuration",
        "other bytes from the start on",
        "half of it",
        "empty",
    ] {
        spoil(name, &world.data().join("views"));
        world.run(&["query", "conversations", "--filter", "limit=1"]).done();
        assert_eq!(fingerprint(&world.data()), print, "{name}");
    }
    assert_eq!(world.told(), told);
}

#[test]
fn without_its_secret_a_log_is_not_opened() {
    let world = World::new();
    world.ingest("meta", simulated(50, 21));
    let key = world.data().join("secret.key");
    let secret = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    for command in [&["query", "conversations"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let told = world.run(command).failed(1);
        assert!(told.contains("secret.key") && told.contains("backup"), "{told}");
        assert!(!key.exists(), "no other secret may take its place");
    }
    fs::write(&key, "nonsense").unwrap();
    assert!(world.run(&["query", "conversations"]).failed(1).contains("secret.key"));
    fs::write(&key, secret).unwrap();
    world.run(&["query", "conversations"]).done();
}

#[test]
fn a_secret_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.ingest("meta", "");
    let mode = fs::metadata(world.data().join("secret.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn views_of_a_longer_log_are_dropped() {
    let (long, short) = (World::new(), World::new());
    long.ingest("meta", simulated(400, 21));
    short.ingest("meta", simulated(200, 21));
    fs::copy(long.data().join("secret.key"), short.data().join("secret.key")).unwrap();
    fs::remove_dir_all(short.data().join("views")).unwrap();
    fs::rename(long.data().join("views"), short.data().join("views")).unwrap();
    on(&short.data(), &["query", "conversations"]).done();
    assert_eq!(fingerprint(&short.data()).1, 200);
}
