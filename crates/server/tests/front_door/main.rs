//! The front door: the binary `origem` as its users run it, one file a story. One target, so that it is linked once.
//!
//! Nothing sleeps and hopes: tests wait for a position, for a line or for the end of a process, each with a deadline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a broken promise is to stop the test

mod access;
mod act;
mod anomalies;
mod backup;
mod changes;
mod collector;
mod conversions;
mod damage;
mod decode;
mod demo;
mod disk;
mod dispatches;
mod ingest;
mod input;
mod kill;
mod links;
mod log;
mod one_process;
mod pages;
mod past;
mod process;
mod query;
mod rates;
mod rebuild;
mod rebuilt;
mod renormalised;
mod report;
mod retention;
mod server;
mod tour;
mod traces;
mod usage;
mod webhooks;
mod why;
mod windows;
mod world;
