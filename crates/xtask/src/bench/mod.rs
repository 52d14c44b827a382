//! `cargo xtask bench`: the benches of `benches/`, one after the other, and the page that tells of them.
//!
//! ```text
//! run      cargo bench, each bench a process --lines of JSON--> target/bench/figures.ndjson
//! growth   the binary at sizes that grow     --lines of JSON--> target/bench/growth.ndjson
//! report   figures + machine + aims --tables, charts--> docs/performance.md between its marks, docs/performance/*.svg
//! ```
//! What a person wrote on the page, outside of the marks, stays as it is.

mod aims;
mod capacity;
mod charts;
mod growth;
mod machine;
mod page;
mod plot;
mod report;
mod run;
mod table;

use std::path::{Path, PathBuf};
use std::time::Instant;

pub use machine::Machine;

/// What to do with benches.
#[derive(Debug, PartialEq, Eq)]
pub enum Chore {
    /// Run benches.
    Run(run::Options),
    /// Make and open data directories of growing size.
    Growth(growth::Options),
    /// Write the figures of these files into the page, without measuring.
    Page(Vec<PathBuf>),
}

impl Chore {
    /// The chore that the words after `bench` ask for.
    pub fn read(words: &[&str]) -> Option<Self> {
        match words {
            ["growth", words @ ..] => growth::Options::read(words).map(Self::Growth),
            ["page", files @ ..] if !files.is_empty() => Some(Self::Page(files.iter().map(PathBuf::from).collect())),
            ["page"] => None,
            words => run::Options::read(words).map(Self::Run),
        }
    }
}

/// Carries it out; `false` if that failed, which has been told then.
pub fn run(root: &Path, chore: &Chore) -> bool {
    let began = Instant::now();
    let done = match chore {
        Chore::Run(options) => run::run(root, options),
        Chore::Growth(options) => growth::run(root, options),
        Chore::Page(files) => write(root, files),
    };
    match &done {
        Ok(()) => println!("\nbench took {:.0} s", began.elapsed().as_secs_f64()),
        Err(failure) => eprintln!("\nbench FAILED: {failure}"),
    }
    done.is_ok()
}

/// Writes what was measured before, where and when each file says that it was.
fn write(root: &Path, files: &[PathBuf]) -> Result<(), Failure> {
    for file in files {
        report::write(root, &Machine::of_file(file)?, &run::read(file)?, false)?;
    }
    Ok(())
}

/// Why a chore failed, for a person.
type Failure = String;

/// What went wrong with what, and why.
fn failed(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Failure {
    move |why| format!("{what}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read() {
        for (words, is_read) in [
            (&[][..], true),
            (&["--quick", "--report"][..], true),
            (&["fold", "rebuild"][..], true),
            (&["--fast"][..], false),
            (&["page", "target/bench/peers.ndjson"][..], true),
            (&["page"][..], false),
            (&["growth"][..], true),
            (&["growth", "--events", "1000,2000", "--report"][..], true),
            (&["growth", "--events"][..], false),
            (&["growth", "--events", "many"][..], false),
            (&["growth", "--events", "0"][..], false),
        ] {
            assert_eq!(Chore::read(words).is_some(), is_read, "{words:?}");
        }
    }
}
