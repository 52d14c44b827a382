//! Chores of the project, run as `cargo xtask <chore>`.
//!
//! ```text
//! check   what CI runs: fmt, clippy, tests, docs, tidy; stops at the first failure
//! tidy    the house rules that no compiler knows, in seconds
//! bench   the benches, one after the other, and the page of figures; what a log costs as it grows
//! peers   the same work by other engines, with ratios
//! kafka   a real Apache Kafka on this machine, for trying things and for tests
//! screenshots   pictures of the console for the documentation
//! crash, sim, soak, overload   long runs that prove endurance
//! ```
//! Adding a chore: a module here, one arm in `main`. Chores talk to a person on the terminal, so printing is their job.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod check;
mod endurance;
mod kafka;
mod peers;
mod screenshots;
mod step;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <chore>

chores:
  check   what CI runs: fmt, clippy, tests, docs, tidy; stops at the first failure
  tidy    the house rules that no compiler knows: module docs, links, dependency direction, ...
  bench [--report] [--quick] [NAME...]
          runs benches (all, without names) after what the machine allows; figures go to target/bench/figures.ndjson,
          with --report also into docs/performance.md and its charts; --quick: small sizes, a few minutes
  bench growth [--events N,N,...] [--report]
          ingests, serves, kills and rebuilds at each size [default: 1000000,10000000]; needs 2.5 kB of disk an event
  peers [--events N] [--only NAME,NAME,...] [--repetitions N] [--seed S]
          the same work on N events (20000) by origem, postgres, kafka-streams, duckdb and sled, as far as they are installed:
          asserts that all have equal rows, prints a table with ratios; ORIGEM_BENCH_JSON names a file for the figures
  kafka start [--brokers 1|3] [--measured] | stop | status | libs
          a real Apache Kafka in the background, on free ports of loopback; libs prints its class path
  screenshots
          makes the pictures in docs/console anew, of a demo in Chromium
  crash [--kills N] [--seed S] [--report]
          kills a server under load N times (300) and looks whether anything acknowledged is lost or doubled
  sim [--seeds N] [--from S] [--seed S] [--steps N]
          runs N seeds (1000) of the simulation; --seed runs one and tells what happens in it
  soak [--minutes N] [--rate N] [--every SECONDS]
          loads a server steadily for N minutes (60) and looks whether memory, files and latency stay as they are
  overload [--seconds N] [--clients N]
          offers a server more than it can take for N seconds (10), then looks how it recovers";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let passed = match words.as_slice() {
        ["check"] => check::run(&root),
        ["tidy"] => tidy::run(&root),
        ["screenshots"] => screenshots::run(&root),
        ["crash" | "sim" | "soak" | "overload", ..] => match endurance::Chore::read(&words) {
            Some(chore) => endurance::run(&root, &chore),
            None => return usage(),
        },
        ["bench", words @ ..] => match bench::Chore::read(words) {
            Some(chore) => bench::run(&root, &chore),
            None => return usage(),
        },
        ["peers", words @ ..] => match peers::Options::read(words) {
            Some(options) => peers::run(&root, &options),
            None => return usage(),
        },
        ["kafka", words @ ..] => match kafka::Chore::read(words) {
            Some(chore) => kafka::run(chore),
            None => return usage(),
        },
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            true
        }
        _ => return usage(),
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// The root of the workspace: two folders above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}
