//! Story: the directory goes with the log into a backup, and comes back with it.

use super::*;
use crate::rates::{CARD, begun, utility};

/// A world with events and a rate card, and its backup.
fn with_rates() -> Small {
    let small = Small {
        world: begun(),
        config: String::new(),
    };
    let file = small.world.file("rates.csv", CARD);
    let load = ["rates", "load", &file, "--effective-from", "2026-10-01"];
    small.world.run(&load).done();
    small
}

#[test]
fn a_restored_server_knows_the_prices() {
    const AT: &str = "2026-10-22T12:00:00Z";
    let small = with_rates();
    let before = utility(&small.world.data(), AT);
    assert_eq!(before["price"]["amount"], json!(0.035));
    let taken = small.backup(&[]).value();
    assert_eq!(taken["directory"]["copied_segments"], 1, "{taken}");
    assert_eq!(small.backup(&[]).value()["directory"]["copied_segments"], 0);
    assert_eq!(small.verified().value()["directory"]["changes"], 1);
    let (data, ran) = small.restored("restored");
    assert_eq!(ran.value()["directory"], "restored");
    let verified = on(&data, &["log", "verify"]).value();
    assert_eq!(
        (&verified["directory"]["records"], &verified["directory"]["damage"]),
        (&json!(1), &json!([]))
    );
    assert_eq!(utility(&data, AT), before);
    let server = Server::serve(&data);
    assert_eq!(server.get("/v1/rate-cards")["items"][0]["id"], "BRL-2026-10-01");
    server.stop();
    // The log was lost, the directory was not: it may be newer.
    let file = small.world.file("later.csv", CARD);
    let load = ["rates", "load", &file, "--effective-from", "2026-11-01"];
    on(&data, &load).done();
    fs::rename(data.join("log"), data.join("log.damaged")).unwrap();
    let (data, ran) = small.restored("restored");
    assert_eq!(ran.value()["directory"], "kept");
    let cards = on(&data, &["rates", "show", "--format", "json"]).value();
    assert_eq!(cards["items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_backup_from_before_the_directory_is_restored() {
    let small = with_rates();
    fs::remove_dir_all(small.world.data().join("directory")).unwrap();
    let taken = small.backup(&[]).value();
    assert_eq!(taken.get("directory"), None);
    let manifest = small.world.path("backup/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"format\": 2", "\"format\": 1")).unwrap();
    small.verified().done();
    let (data, ran) = small.restored("restored");
    assert_eq!(ran.value()["directory"], "none");
    assert_eq!(fingerprint(&data), fingerprint(&small.world.data()));
    // And it goes on, with the directory that there is now.
    let file = small.world.path("rates.csv");
    let load = [
        "rates",
        "load",
        file.to_str().unwrap(),
        "--effective-from",
        "2026-10-01",
    ];
    small.world.run(&load).done();
    assert_eq!(small.backup(&[]).value()["directory"]["changes"], 1);
    // One that has lost its entries does not take the place of what may be all that is left of them.
    fs::remove_dir_all(small.world.data().join("directory")).unwrap();
    let refused = small.backup(&[]).failed(1);
    assert!(
        refused.contains("1 changes of the directory") && refused.contains("--to"),
        "{refused}"
    );
}

#[test]
fn damage_of_the_directory_is_told_as_its_own() {
    let small = with_rates();
    let file = small.world.path("rates.csv");
    let load = [
        "rates",
        "load",
        file.to_str().unwrap(),
        "--effective-from",
        "2026-11-01",
    ];
    small.world.run(&load).done();
    small.backup(&[]).done();
    let copy = files(&small.world.path("backup/directory"), "log").remove(0);
    flip(&copy);
    let verified = small.verified();
    assert_eq!(verified.code, Some(1));
    assert!(verified.err.contains("directory/"), "{}", verified.err);
    let (data, ran) = small.restored("restored");
    assert!(ran.failed(1).contains("directory/"));
    assert!(!data.join("log").exists() && !data.join("directory").exists());
    flip(&copy);
    let entries = &files(&small.world.data().join("directory"), "log")[0];
    let mut bytes = fs::read(entries).unwrap();
    let in_the_first = bytes.len() / 4;
    bytes[in_the_first] ^= 0x10;
    fs::write(entries, bytes).unwrap();
    let told = small.world.run(&["log", "verify"]);
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("the directory is damaged"), "{}", told.err);
    let refused = small.backup(&[]).failed(1);
    assert!(
        refused.contains("nothing was backed up") && refused.contains("data/directory"),
        "{refused}"
    );
    small.verified().done();
}
