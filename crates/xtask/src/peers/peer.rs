//! The peers: what each needs, and how it is run. A new one is a row in each `match`, and a folder in benches/peers.

use std::path::{Path, PathBuf};
use std::process::Command;

use origem_broker::{Cluster, Options};
use origem_measure::Figure;

use super::command::{Failure, run, said, works};
use super::{Place, postgres};
use crate::step;

/// The oldest Java that Kafka Streams is built with here.
const JAVA_MIN: u32 = 17;

/// Somebody who does the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Ours.
    Origem,
    /// PostgreSQL.
    Postgres,
    /// Kafka Streams.
    KafkaStreams,
    /// DuckDB.
    Duckdb,
    /// A plain loop on sled.
    Sled,
}

impl Peer {
    /// All, ours first.
    pub const ALL: [Self; 5] = [
        Self::Origem,
        Self::Postgres,
        Self::KafkaStreams,
        Self::Duckdb,
        Self::Sled,
    ];

    /// Its name, and that of its folder in benches/peers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Origem => "origem",
            Self::Postgres => "postgres",
            Self::KafkaStreams => "kafka-streams",
            Self::Duckdb => "duckdb",
            Self::Sled => "sled",
        }
    }

    /// The peer of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }

    /// How to install what is missing; `None` if everything is there, or could be brought below `target`.
    pub fn missing(self, place: &Place) -> Option<&'static str> {
        match self {
            Self::Origem | Self::Sled => None,
            Self::Postgres => {
                let is_here = postgres::programs().is_some()
                    && ["psql", "setpriv"].iter().all(|program| works(program, &["--version"]));
                (!is_here).then_some("install PostgreSQL and util-linux: apt-get install postgresql util-linux")
            }
            Self::KafkaStreams => {
                // What runs and what compiles may be of two installations.
                let is_new = |program: &&str| said(program, &["--version"]).is_some_and(|text| is_new_java(&text));
                let is_here = ["java", "javac"].iter().all(is_new)
                    && works("mvn", &["--version"])
                    && self.script(place, "run").exists();
                (!is_here)
                    .then_some("install a JDK from 17 on and Maven: apt-get install openjdk-17-jdk-headless maven")
            }
            Self::Duckdb => {
                let brought = bring(&environment(place), &self.script(place, "requirements.txt"));
                brought.err().map(|_| {
                    "install Python with venv (apt-get install python3-venv) and let pip fetch what benches/peers/duckdb/requirements.txt names"
                })
            }
        }
    }

    /// Does all its work on the data; its rows are in `out` afterwards.
    pub fn run(self, place: &Place, out: &Path) -> Result<Vec<Figure>, Failure> {
        let figures = out.join("figures.ndjson");
        match self {
            Self::Origem | Self::Sled => {
                let mut command = bench(place, self.name());
                run(with_data(&mut command, place, out), Some(&figures))?;
            }
            Self::Duckdb => {
                let mut command = Command::new(environment(place).join("bin/python"));
                command.arg(self.script(place, "run.py"));
                run(with_data(&mut command, place, out), Some(&figures))?;
            }
            Self::KafkaStreams => {
                let measured = true;
                let broker = Cluster::start(Options {
                    measured,
                    ..Options::default()
                })?;
                let mut command = Command::new(self.script(place, "run"));
                command.args(["--bootstrap", &broker.endpoints().bootstrap]);
                let done = run(with_data(&mut command, place, out), Some(&figures));
                broker.stop();
                done?;
            }
            Self::Postgres => return postgres::run(place, out),
        }
        Ok(origem_measure::read(&figures)?)
    }

    fn script(self, place: &Place, name: &str) -> PathBuf {
        place.root.join("benches/peers").join(self.name()).join(name)
    }
}

/// Where the packages of Python lie that DuckDB is used by: nothing of the machine is changed.
fn environment(place: &Place) -> PathBuf {
    place.root.join("target/peers/duckdb")
}

/// Makes an environment of Python with these packages, as far as it is not there; fetches nothing if it is.
fn bring(environment: &Path, requirements: &Path) -> Result<(), Failure> {
    if !works(&environment.join("bin/pip").to_string_lossy(), &["--version"]) {
        let mut venv = Command::new("python3");
        run(venv.args(["-m", "venv", "--clear"]).arg(environment), None)?;
    }
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(pip.arg(requirements), None)
}

/// Whether what `java --version` or `javac --version` prints is of a Java that is new enough; the very old do not know that word.
fn is_new_java(text: &str) -> bool {
    let version = text.split_whitespace().nth(1).unwrap_or_default();
    let major = version.split(|c: char| !c.is_ascii_digit()).next();
    major
        .and_then(|major| major.parse().ok())
        .is_some_and(|major: u32| major >= JAVA_MIN)
}

/// Writes the events and the rows that Origem folds of them.
pub fn export(place: &Place, events: u32, seed: u64) -> Result<(), Failure> {
    let mut command = bench(place, "export");
    command.args(["--events", &events.to_string(), "--seed", &seed.to_string()]);
    run(command.arg("--directory").arg(&place.data), None)
}

fn bench(place: &Place, word: &str) -> Command {
    let mut command = step::cargo(&place.root);
    command.args(["bench", "--quiet", "--bench", "peers", "--", word]);
    command
}

fn with_data<'a>(command: &'a mut Command, place: &Place, out: &Path) -> &'a mut Command {
    command.arg("--data").arg(&place.data).arg("--out").arg(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_javas_are_told_from_new_ones() {
        for (text, is_new) in [
            ("javac 17.0.9\n", true),
            ("javac 21\n", true),
            ("openjdk 22-ea 2024-03-19\nOpenJDK Runtime Environment\n", true),
            ("openjdk 17.0.9 2023-10-17\n", true),
            ("javac 11.0.2\n", false),
            ("javac 1.8.0_392\n", false),
            ("java\n", false),
            ("", false),
        ] {
            assert_eq!(is_new_java(text), is_new, "{text}");
        }
    }
}
