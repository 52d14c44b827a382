//! `cargo xtask bench growth`: what a log costs as it grows. At each size: a simulated business is ingested into a new data directory,
//! served, killed, and rebuilt, by the binary as users run it. Slow, and needs disk: about 2.5 kB an event while it runs.

mod binary;
mod server;
mod size;

use std::fs;
use std::path::Path;

use origem_measure::Figure;

use super::machine::Machine;
use super::run::file;
use super::{Failure, failed, report};

/// At which sizes, and what becomes of the figures.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// Events, from few to many.
    sizes: Vec<u64>,
    /// Writes the page.
    report: bool,
}

impl Options {
    /// As the words after `growth` ask for.
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut options = Self {
            sizes: vec![1_000_000, 10_000_000],
            report: false,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--report" => options.report = true,
                "--events" => {
                    let told = words
                        .next()?
                        .split(',')
                        .map(|size| size.parse().ok().filter(|size| *size > 0));
                    options.sizes = told.collect::<Option<Vec<u64>>>()?;
                    options.sizes.sort_unstable();
                }
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Measures; figures are in `target/bench/growth.ndjson` afterwards.
pub fn run(root: &Path, options: &Options) -> Result<(), Failure> {
    let machine = Machine::look(root);
    println!("{machine}");
    let origem = binary::build(root)?;
    let folder = file(root, "growth")?;
    let path = file(root, "growth.ndjson")?;
    if path.exists() {
        fs::remove_file(&path).map_err(failed(path.display()))?;
    }
    machine.note_in(&path)?;
    let mut all: Vec<Figure> = Vec::new();
    let mut failures = Vec::new();
    for events in &options.sizes {
        clear(&folder)?;
        let measured = size::measure(&origem, &folder, *events);
        // What is left of a size that failed is as large as the size.
        clear(&folder)?;
        let measured = measured.unwrap_or_else(|failure| {
            eprintln!("==> {events} events FAILED");
            failures.push(format!("{events} events: {failure}"));
            Vec::new()
        });
        for figure in measured {
            let figure = beside_first(figure, &all);
            figure.append(&path).map_err(failed(path.display()))?;
            all.push(figure);
        }
    }
    println!("\nfigures: {}", path.display());
    if options.report && !all.is_empty() {
        report::write(root, &machine, &all, false)?;
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures.join("; ")),
    }
}

fn clear(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed(folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(failed(folder.display()))
}

/// A cost beside the same at the smallest size: flat is 1.
fn beside_first(figure: Figure, before: &[Figure]) -> Figure {
    let same = |other: &&Figure| {
        let mut parameters = other.parameters.clone();
        parameters.insert(
            "events".to_owned(),
            figure.parameters.get("events").cloned().unwrap_or_default(),
        );
        other.name == figure.name && parameters == figure.parameters
    };
    let first = before.iter().find(same).cloned();
    match first {
        Some(first) => {
            let size = first.parameters.get("events").cloned().unwrap_or_default();
            let name = format!("{} at {size} events", first.name);
            figure.beside(&Figure { name, ..first })
        }
        None => figure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_the_same_at_the_smallest_size() {
        let cost = |events: &'static str, work: &'static str, value: f64| {
            Figure::of("growth/cost", &[("events", events), ("work", work)], "µs", &[value])
        };
        let before = [
            cost("10", "ingest", 1.0),
            cost("10", "rebuild", 2.0),
            cost("20", "rebuild", 3.0),
        ];
        let figure = beside_first(cost("30", "rebuild", 5.0), &before);
        assert_eq!(figure.ratio(), Some(2.5));
        assert_eq!(figure.beside.unwrap().name, "growth/cost at 10 events");
        assert_eq!(beside_first(cost("30", "open", 5.0), &before).beside, None);
    }
}
