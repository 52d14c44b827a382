//! The front door: the binary `origem` as its users run it, one file a story. One target, so that it is linked once.
//!
//! Nothing sleeps and hopes: tests wait for a position, for a line or for the end of a process, each with a deadline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a broken promise is to stop the test

mod changes;
mod damage;
mod decode;
mod demo;
mod ingest;
mod input;
mod kill;
mod log;
mod one_process;
mod process;
mod query;
mod rates;
mod rebuilt;
mod server;
mod usage;
mod webhooks;
mod windows;
mod world;
