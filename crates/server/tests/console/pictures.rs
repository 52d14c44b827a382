//! Pictures of every page, for the documentation: `cargo xtask screenshots` makes them anew.

use std::fs;
use std::path::Path;

use crate::browser::{Browser, DESK, Viewer};
use crate::page::Page;
use crate::process::command;
use crate::server::Server;

/// A picture: of what, seen by whom, and what is done before it is taken.
struct Picture {
    file: &'static str,
    viewer: Viewer,
    /// An address in the page; `conversation` is one of those that an ad brought.
    place: &'static str,
    /// An agent of the demo; nobody in particular: everything is seen.
    person: &'static str,
    /// Steps: JavaScript, and what has to be seen after it.
    steps: &'static [(&'static str, &'static str)],
}

const fn picture(file: &'static str, viewer: Viewer, place: &'static str, steps: &'static [(&str, &str)]) -> Picture {
    Picture {
        file,
        viewer,
        place,
        person: "",
        steps,
    }
}

/// Presses a key, as a step.
macro_rules! key {
    ($key:literal) => {
        concat!(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '",
            $key,
            "', bubbles: true }))"
        )
    };
}

const OFFERS: (&str, &str) = (
    "(() => { const form = document.querySelector('#page form'); form.contact.value = '+55 11 95555-0199'; form.requestSubmit(); })()",
    ".offer",
);

const PICTURES: [Picture; 13] = [
    picture("inbox", DESK, "#/inbox", &[("", "#side-session")]),
    picture("inbox-dark", DARK, "#/inbox", &[("", "#side-session")]),
    picture("inbox-phone", PHONE, "#/inbox", &[("", "#list li")]),
    picture("conversation-phone", PHONE, "conversation", &[("", "#thread li")]),
    picture(
        "origin",
        DESK,
        "#/inbox?origin=ad",
        &[("", "#side-session"), (key!("o"), "dialog .considered li")],
    ),
    picture(
        "shortcuts",
        DESK,
        "#/inbox",
        &[("", "#side-session"), (key!("?"), "dialog kbd")],
    ),
    picture("new", DESK, "#/new", &[("", "#page option"), OFFERS]),
    Picture {
        person: "ana.conceicao",
        ..picture(
            "outreach",
            PHONE,
            "#/new",
            &[
                ("", "#page option"),
                OFFERS,
                (
                    "document.querySelector('.offer .actions button:last-child').click()",
                    "dialog form",
                ),
            ],
        )
    },
    picture("links", DESK, "#/links", &[("", "#page .table, #page .empty")]),
    picture("reports", DESK, "#/reports", &[("", "#page .paths li")]),
    picture(
        "paths",
        DESK,
        "#/reports",
        &[
            ("", "#page .paths li"),
            (
                "document.querySelector('.paths').closest('.card').scrollIntoView()",
                ".paths",
            ),
        ],
    ),
    picture("operations", DESK, "#/operations", &[("", "#page .figures")]),
    Picture {
        person: "ana.conceicao",
        ..picture(
            "sign-in",
            DESK,
            "#/inbox",
            &[
                ("", "#side-session"),
                ("document.querySelector('#me').click()", "dialog .choices"),
            ],
        )
    },
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
    for Picture {
        file,
        viewer,
        place,
        person,
        steps,
    } in PICTURES
    {
        let page = browser.open(viewer);
        let place = if place == "conversation" { &some } else { place };
        page.go(&format!("{}/?person={person}{place}", server.url));
        page.wait("document.querySelector('#live')?.dataset.state === 'live'");
        if place.starts_with("#/inbox") && viewer.width > 800 {
            page.wait("!document.querySelector('#detail').hidden");
        }
        for (step, seen) in steps {
            page.run(step);
            page.wait(&format!("document.querySelector({seen:?})"));
        }
        take(&page, file);
        assert_eq!(page.complaints(), Vec::<String>::new(), "{file}");
    }
}
