//! Running benches: one process each, the machine's limits first.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use origem_measure::{Figure, JSON, QUICK};
use toml::Table;

use super::machine::Machine;
use super::{Failure, failed, report};
use crate::step::{self, cargo};

/// Run only by name: a broker takes its part of the machine, peers have a chore of their own, and the time left of a rebuild is a matter of
/// millions of events.
const BY_NAME: &[&str] = &["kafka", "peers", "time_left"];
/// What the machine allows: always measured, and before everything else.
const LIMITS: &str = "limits";
/// A bench that takes longer hangs.
const MINUTES_MAX: u64 = 30;

/// Which benches, and what becomes of their figures.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Writes the page.
    report: bool,
    /// Small sizes and few repetitions.
    quick: bool,
    /// Names of benches; none: all.
    names: Vec<String>,
}

impl Options {
    /// As the words ask for.
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        for word in words {
            match *word {
                "--report" => options.report = true,
                "--quick" => options.quick = true,
                flag if flag.starts_with('-') => return None,
                name => options.names.push(name.to_owned()),
            }
        }
        Some(options)
    }
}

/// Runs them; figures are in `target/bench/figures.ndjson` afterwards.
pub fn run(root: &Path, options: &Options) -> Result<(), Failure> {
    let registered = registered(root)?;
    let names = chosen(&registered, &options.names)?;
    let machine = Machine::look(root);
    println!("{machine}");
    let figures = file(root, "figures.ndjson")?;
    if figures.exists() {
        fs::remove_file(&figures).map_err(failed(figures.display()))?;
    }
    machine.note_in(&figures)?;
    build(root, &names)?;
    let failed = each(&names, |name| {
        let mut command = cargo(root);
        command.args(["bench", "--quiet", "--bench", name]).env(JSON, &figures);
        if options.quick {
            command.env(QUICK, "1");
        }
        step::run_within(&mut command, Duration::from_secs(MINUTES_MAX * 60))
    });
    println!("\nfigures: {}", figures.display());
    if options.report {
        let measured = of_those_that_ended_well(read(&figures)?, &failed);
        let is_whole = registered
            .iter()
            .all(|name| BY_NAME.contains(&name.as_str()) || names.contains(name));
        report::write(
            root,
            &machine,
            &measured,
            is_whole && failed.is_empty() && !options.quick,
        )?;
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed
            .iter()
            .map(|(name, why)| format!("{name}: {why}"))
            .collect::<Vec<_>>()
            .join("; ")),
    }
}

/// Runs one after the other, whatever becomes of each: one that fails costs nobody else's figures. Those that failed, and why.
fn each(names: &[String], mut work: impl FnMut(&str) -> Result<(), step::Failure>) -> Vec<(String, step::Failure)> {
    let mut failed = Vec::new();
    for name in names {
        println!("\n==> {name}");
        let began = Instant::now();
        match work(name) {
            Ok(()) => println!("==> {name} took {:.0} s", began.elapsed().as_secs_f64()),
            Err(failure) => {
                eprintln!("==> {name} FAILED: {failure}");
                failed.push((name.clone(), failure));
            }
        }
    }
    failed
}

/// What belongs on the page: a bench that failed may have found out at its end that its figures are of something else. They stay in the
/// file.
fn of_those_that_ended_well(figures: Vec<Figure>, failed: &[(String, step::Failure)]) -> Vec<Figure> {
    let ended_well = |figure: &Figure| failed.iter().all(|(name, _)| report::bench(figure) != name);
    figures.into_iter().filter(ended_well).collect()
}

/// The figures of a file.
pub fn read(path: &Path) -> Result<Vec<Figure>, Failure> {
    origem_measure::read(path).map_err(|error| match std::error::Error::source(&error) {
        Some(why) => format!("{error}: {why}"),
        None => error.to_string(),
    })
}

/// A file of results below `target`.
pub fn file(root: &Path, name: &str) -> Result<PathBuf, Failure> {
    let folder = root.join("target/bench");
    fs::create_dir_all(&folder).map_err(failed(folder.display()))?;
    Ok(folder.join(name))
}

/// Builds before anything is measured; `end_to_end` runs the server, which is built for it too.
fn build(root: &Path, names: &[String]) -> Result<(), Failure> {
    println!("==> building");
    let mut benches = cargo(root);
    benches.args(["bench", "--no-run"]);
    for name in names {
        benches.args(["--bench", name]);
    }
    let mut server = cargo(root);
    server.args(["build", "--release", "--package", "origem-server", "--bin", "origem"]);
    for command in [&mut benches, &mut server] {
        step::run_within(command, Duration::from_secs(MINUTES_MAX * 60)).map_err(|failure| failure.to_string())?;
    }
    Ok(())
}

/// The benches of the workspace, in the order of its manifest.
fn registered(root: &Path) -> Result<Vec<String>, Failure> {
    let path = root.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(failed(path.display()))?;
    let manifest: Table = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
    let benches = manifest.get("bench").and_then(toml::Value::as_array);
    let names = benches
        .into_iter()
        .flatten()
        .filter_map(|bench| bench.get("name")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

/// Those that are asked for, the limits first.
fn chosen(registered: &[String], asked: &[String]) -> Result<Vec<String>, Failure> {
    let known: BTreeSet<&String> = registered.iter().collect();
    if let Some(unknown) = asked.iter().find(|name| !known.contains(name)) {
        return Err(format!(
            "there is no bench `{unknown}`; benches are {}",
            registered.join(", ")
        ));
    }
    let wanted = |name: &&String| match asked.is_empty() {
        true => !BY_NAME.contains(&name.as_str()),
        false => asked.contains(name),
    };
    let rest = registered.iter().filter(wanted).filter(|name| *name != LIMITS);
    Ok(std::iter::once(LIMITS.to_owned()).chain(rest.cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_always_measured_and_first() {
        let names = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let registered = names("append fold kafka limits query");
        for (asked, run) in [
            ("", "limits append fold query"),
            ("query fold", "limits fold query"),
            ("limits", "limits"),
            ("kafka", "limits kafka"),
        ] {
            assert_eq!(chosen(&registered, &names(asked)).unwrap(), names(run), "{asked}");
        }
        assert!(chosen(&registered, &names("folds")).unwrap_err().contains("`folds`"));
    }

    #[test]
    fn a_bench_that_fails_costs_only_its_own_figures() {
        let names = ["append", "fold", "query"].map(str::to_owned);
        let mut ran = Vec::new();
        let failed = each(&names, |name| {
            ran.push(name.to_owned());
            match name {
                "fold" => Err(step::Failure::Hung(30)),
                _ => Ok(()),
            }
        });
        assert_eq!(ran, names);
        assert_eq!(failed.len(), 1);
        let figures = ["append/floor", "fold/rows", "query/page"].map(|name| Figure::of(name, &[], "ms", &[1.0]));
        let left = of_those_that_ended_well(figures.to_vec(), &failed);
        let left: Vec<_> = left.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(left, ["append/floor", "query/page"]);
    }
}
