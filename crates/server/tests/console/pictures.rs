//! Pictures of every page, for the documentation: `cargo xtask screenshots` makes them anew.

use std::fs;
use std::path::Path;

use crate::browser::{Browser, DESK, Viewer};
use crate::page::Page;
use crate::process::command;
use crate::server::Server;

/// File, viewer, place, keys to press there, and what has to be seen before the picture is taken.
const PICTURES: [(&str, Viewer, &str, &str, &str); 10] = [
    ("inbox", DESK, "#/inbox", "", "#side-session"),
    ("inbox-dark", DARK, "#/inbox", "", "#side-session"),
    ("inbox-phone", PHONE, "#/inbox", "", "#list li"),
    ("conversation-phone", PHONE, "conversation", "", "#thread li"),
    ("origin", DESK, "#/inbox?origin=ad", "o", "dialog .considered li"),
    ("shortcuts", DESK, "#/inbox", "?", "dialog kbd"),
    ("new", DESK, "#/new", "", "#page .form"),
    ("links", DESK, "#/links", "", "#page .table, #page .empty"),
    ("reports", DESK, "#/reports", "", "#page .card"),
    ("operations", DESK, "#/operations", "", "#page .figures"),
];

const DARK: Viewer = Viewer {
    language: "en-US",
    scheme: "dark",
    ..DESK
};
const PHONE: Viewer = Viewer {
    width: 360,
    height: 740,
    ..DESK
};

/// Fixed, so that only what changed in the page changes the pictures, apart from times.
const SEED: &str = "7";
/// Conversations there have to be before the first picture.
const BUSY: usize = 300;

fn take(page: &Page<'_>, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/console");
    fs::create_dir_all(&folder).unwrap();
    // What moves has come to rest, and letters are drawn.
    page.run("Promise.all([document.fonts.ready, ...document.getAnimations().filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime)).map((one) => one.finished)]).then(() => true)");
    fs::write(folder.join(format!("{name}.png")), page.picture()).unwrap();
}

#[test]
#[ignore = "writes the pictures of the documentation; `cargo xtask screenshots` runs it"]
fn screenshots() {
    let browser = Browser::start().expect("screenshots need Chromium");
    let data = tempfile::tempdir().unwrap();
    let mut demo = command(&["demo", "--listen", "127.0.0.1:0", "--seed", SEED]);
    demo.arg("--data").arg(data.path());
    let server = Server::start(demo);
    let busy = || {
        server.get("/v1/status")["conversations"]
            .as_u64()
            .is_some_and(|count| count >= BUSY as u64)
    };
    assert!(crate::process::eventually(busy), "the demo stays empty");
    let some = server.get("/v1/conversations?origin=ad&limit=1");
    let some = format!("#/inbox/{}", some["items"][0]["id"].as_str().unwrap());
    for (name, viewer, place, keys, seen) in PICTURES {
        let page = browser.open(viewer);
        let place = if place == "conversation" { &some } else { place };
        page.go(&format!("{}/{place}", server.url));
        page.wait("document.querySelector('#live')?.dataset.state === 'live'");
        if place.starts_with("#/inbox") && viewer.width > 800 {
            page.wait("!document.querySelector('#detail').hidden");
        }
        for key in keys.chars() {
            page.press(&key.to_string());
        }
        page.wait(&format!("document.querySelector({seen:?})"));
        take(&page, name);
        assert_eq!(page.complaints(), Vec::<String>::new(), "{name}");
    }
}
