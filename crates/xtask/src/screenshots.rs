//! `cargo xtask screenshots`: the pictures in `docs/console`, made anew.

use std::path::Path;

use crate::step::{self, Step};

/// The pictures are taken by a test that is ignored otherwise: it knows how to drive a browser.
const STEP: Step = Step {
    name: "screenshots",
    arguments: &[
        "test",
        "-p",
        "origem-server",
        "--test",
        "console",
        "--",
        "--ignored",
        "--exact",
        "pictures::screenshots",
    ],
    environment: &[("ORIGEM_CHROMIUM", "required")],
    minutes_max: 45,
    kafka: false,
};

/// Makes them; `false` if that failed, which has been told then.
pub fn run(root: &Path) -> bool {
    let made = step::run(root, &STEP, &[]);
    if let Err(failure) = &made {
        eprintln!("screenshots FAILED: {failure}");
    }
    made.is_ok()
}
