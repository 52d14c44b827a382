//! The console in a real browser, on the binary as its users run it: one file a story. One target, so that it is linked once.
//!
//! Where there is no Chromium the stories are skipped, and say so; with `ORIGEM_CHROMIUM=required` they fail instead. Nothing sleeps
//! and hopes: what is waited for is looked for in the page again and again, with a deadline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)] // a broken promise is to stop the test

#[path = "../front_door/process.rs"]
#[allow(dead_code)] // the stories of the front door use the rest
mod process;
#[path = "../front_door/server.rs"]
#[allow(dead_code)]
mod server;

mod browser;
mod page;
mod shop;

mod accessible;
mod day;
mod dialogs;
mod hostile;
mod keyboard;
mod languages;
mod late;
mod many;
mod pages;
mod pictures;
mod roles;
mod signed_in;
mod switching;
