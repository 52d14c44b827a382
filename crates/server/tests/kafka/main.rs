//! The binary `origem` on a real Kafka, as its users run it: one file a story. One target, so that it is linked once.
//!
//! Every story has topics and a group of its own on a broker that it shares, or a broker of its own where that is killed. Nothing
//! sleeps and hopes: what is waited for is looked for again and again, each time with a deadline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a broken promise is to stop the test

#[path = "../front_door/process.rs"]
#[allow(dead_code)] // the stories of the front door use the rest
mod process;
#[path = "../front_door/server.rs"]
#[allow(dead_code)]
mod server;
#[path = "../front_door/world.rs"]
#[allow(dead_code)]
mod world;

mod chaos;
mod commands;
mod directory;
mod everywhere;
mod grpc;
mod handover;
mod intake;
mod load;
mod lost;
mod outage;
mod place;
mod projected;
mod rebuilt;
mod refusals;
mod secrets;
mod standby;
mod topic;
mod topics;
