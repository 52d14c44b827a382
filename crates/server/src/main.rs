//! `origem`: the one binary. Commands in `command/`, one file each; this file maps their results to exit codes.

mod api;
mod args;
mod client;
mod command;
mod config;
mod data;
mod failure;
mod input;
#[cfg_attr(not(feature = "kafka"), path = "no_kafka.rs")]
mod kafka;
mod outbox;
mod retention;
mod seed;
mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};
use failure::Failure;

/// Folding, and reading pages of the store, is much small memory for a short time: this allocator takes half the time of the system's
/// for that, and gives back what it has no use for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Wrong usage ends in clap with exit code 2.
    let args = Args::parse();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(args: Args) -> Result<(), Failure> {
    client::identify(&args.identity)?;
    match args.command {
        Command::Serve(serve) => command::serve::run(&serve),
        Command::Demo(demo) => command::demo::run(&demo),
        Command::Ingest(ingest) => command::ingest::run(&ingest),
        Command::Decode(decode) => command::decode::run(&decode),
        Command::Simulate(simulate) => command::simulate::run(&simulate),
        Command::Query(query) => command::query::run(&query),
        Command::Act(act) => command::act::run(&act),
        Command::Rates(rates) => command::rates::run(&rates),
        Command::Links(links) => command::links::run(&links),
        Command::Catalogue(catalogue) => command::catalogue::run(&catalogue),
        Command::Report(report) => command::report::run(&report),
        Command::Why(why) => command::why::run(&why),
        Command::Anomalies(anomalies) => command::anomalies::run(&anomalies),
        Command::Conversions(conversions) => command::conversions::run(&conversions),
        Command::Rebuild(rebuild) => command::rebuild::run(&rebuild),
        Command::Log(log) => command::log::run(&log),
        Command::Backup(backup) => command::backup::run(&backup),
        Command::Restore(restore) => command::restore::run(&restore),
        Command::Kafka(kafka) => command::kafka::run(&kafka),
        Command::Keys(keys) => command::keys::run(&keys),
        Command::Config(config) => command::config::run(&config),
        Command::Completions { shell } => command::completions::run(shell),
    }
}
