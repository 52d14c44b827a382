//! Properties of the whole fold, over scripts: see `origem_testkit::script` for their language.

mod again;
mod arrival;
mod commands;
mod crashes;
mod identity;
mod world;
mod written;

use proptest::test_runner::Config;

/// A configuration that keeps all properties together below a minute in a debug build.
fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..Config::default()
    }
}
