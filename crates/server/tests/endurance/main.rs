//! Endurance: the binary as its users run it, killed at any moment, loaded for an hour, and offered more than it can take.
//!
//! What is quick runs with all other tests. The long ones are ignored there and run by `cargo xtask crash`, `soak` and `overload`,
//! which set how long in the environment: see docs/endurance.md.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)] // a broken promise is to stop the test, and the long ones talk to a person

#[path = "../front_door/process.rs"]
#[allow(dead_code, reason = "shared with the front door, which uses all of it")]
mod process;
#[path = "../front_door/server.rs"]
#[allow(dead_code, reason = "shared with the front door, which uses all of it")]
mod server;
#[path = "../front_door/world.rs"]
#[allow(dead_code, reason = "shared with the front door, which uses all of it")]
mod world;

mod check;
mod client;
mod crash;
mod files;
mod keeper;
mod knobs;
mod over;
mod overload;
mod sample;
mod soak;
