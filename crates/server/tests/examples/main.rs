//! The examples of `docs/howto/kafka/`, run by the command lines that the pages show, against a real broker and the binary.
//!
//! ```text
//! page --command line--> example --> topic --> origem serve --> HTTP: the conversation with its origin
//!                                                           --> projected topic --> example of a reader
//! ```
//! One file a tool, and two for what operators are told. A tool that is missing skips its story by name; kcat and Java are required where a broker is.
#![cfg(feature = "kafka")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a broken promise is to stop the test

mod installation;
mod java;
mod kcat;
mod moving;
mod node;
mod operators;
mod pages;
#[path = "../front_door/process.rs"]
#[allow(dead_code, reason = "shared with the front door, which uses all of it")]
mod process;
mod python;
#[path = "../front_door/server.rs"]
#[allow(dead_code, reason = "shared with the front door, which uses all of it")]
mod server;
mod tool;
