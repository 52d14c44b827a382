//! Origem and a plain loop on sled beside other engines, on the same events: README.md says what is compared. `cargo xtask peers` runs all of them.
//!
//! ```text
//! cargo bench --bench peers -- export --events N [--seed S] --directory DIR    the events, and the views as Origem folds them
//! cargo bench --bench peers -- origem --data DIR --out DIR
//! cargo bench --bench peers -- sled --data DIR --out DIR
//! ```
//! Figures go to stdout as lines of JSON. Without a command (`cargo test --benches`) all of it is done with few events, and must agree.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // fixed data; figures are what it is for

mod arguments;
mod exchange;
mod listed;
mod origem;
mod rules;
mod sled;

use std::path::Path;
use std::process::ExitCode;

use arguments::Arguments;
use exchange::{VIEWS, conversations_of, count, read_events, write_events, write_views};
use origem_measure::Figure;
use origem_testkit::traffic::Traffic;

const USAGE: &str = "usage: cargo bench --bench peers -- COMMAND

  export --events N [--seed S] --directory DIR
  origem --data DIR --out DIR
  sled --data DIR --out DIR";

/// Events of a trial.
const FEW: u32 = 3_000;
const SEED: u64 = 7;

fn main() -> ExitCode {
    let arguments = Arguments::of_process();
    let figures = match arguments.command() {
        None => Some(trial()),
        Some("export") => arguments
            .path("directory")
            .zip(arguments.number("events"))
            .map(|(directory, events)| {
                let seed = arguments.number("seed").unwrap_or(SEED);
                export(&directory, u32::try_from(events).unwrap(), seed);
                Vec::new()
            }),
        Some("origem") => data_and_out(&arguments).map(|(data, out)| origem::run(&data, &out)),
        Some("sled") => data_and_out(&arguments).map(|(data, out)| sled::run(&data, &out)),
        Some(_) => None,
    };
    let Some(figures) = figures else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    for figure in figures {
        println!("{}", serde_json::to_string(&figure).unwrap());
    }
    ExitCode::SUCCESS
}

fn data_and_out(arguments: &Arguments) -> Option<(std::path::PathBuf, std::path::PathBuf)> {
    arguments.path("data").zip(arguments.path("out"))
}

/// Writes the events, and the views of them as a projector that follows the log has them.
fn export(directory: &Path, events: u32, seed: u64) {
    let traffic = Traffic::new(seed, events);
    let records = write_events(directory, traffic.lines());
    let lines = read_events(directory);
    let expected = directory.join("expected");
    let rows = origem::followed(&lines, &directory.join("origem"));
    write_views(&expected, &rows);
    listed::write(directory);
    let summary = serde_json::json!({
        "seed": seed, "events": count(&lines), "records": records, "conversations": traffic.conversations(),
    });
    std::fs::write(directory.join("summary.json"), format!("{summary}\n")).unwrap();
    eprintln!("{records} lines of {events} events in {}", directory.display());
}

/// With few events: all have the same rows, and tell all their figures. None of these is worth telling.
fn trial() -> Vec<Figure> {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    export(&data, FEW, SEED);
    assert_eq!(conversations_of(&read_events(&data)).len(), FEW as usize / 10);
    let agrees = |name: &str, run: fn(&Path, &Path) -> Vec<Figure>| {
        let out = directory.path().join(name);
        let figures = run(&data, &out);
        for view in VIEWS {
            let rows = |at: &Path| std::fs::read_to_string(at.join(format!("{view}.csv"))).unwrap();
            let (expected, found) = (rows(&data.join("expected")), rows(&out));
            let differs = expected
                .lines()
                .zip(found.lines())
                .find(|(expected, found)| expected != found);
            assert_eq!(differs, None, "{view} of {name}");
            assert_eq!(expected.lines().count(), found.lines().count(), "{view} of {name}");
            assert!(expected.lines().count() > FEW as usize / 20, "{view}");
        }
        assert!(figures.iter().all(|figure| figure.median > 0.0), "{figures:?}");
        figures.len()
    };
    assert_eq!(agrees("origem", origem::run), 13);
    assert_eq!(agrees("sled", sled::run), 1);
    Vec::new()
}
