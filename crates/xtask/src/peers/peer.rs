//! The peers: what each needs, and how it is run. A new one is a row in each `match`, and a folder in benches/peers.

use std::path::Path;
use std::process::Command;

use origem_broker::{Cluster, Options};
use origem_measure::Figure;

use super::command::{Failure, run, works};
use super::{Place, postgres};

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

    /// How to install what is missing; `None` if everything is there.
    pub fn missing(self, place: &Place) -> Option<&'static str> {
        match self {
            Self::Origem | Self::Sled => None,
            Self::Postgres => {
                let is_here = postgres::programs().is_some()
                    && ["psql", "setpriv"].iter().all(|program| works(program, &["--version"]));
                (!is_here).then_some("install PostgreSQL and util-linux: apt-get install postgresql util-linux")
            }
            Self::KafkaStreams => {
                let is_here =
                    works("java", &["-version"]) && works("mvn", &["--version"]) && self.script(place, "run").exists();
                (!is_here)
                    .then_some("install a JDK from 17 on and Maven: apt-get install openjdk-17-jdk-headless maven")
            }
            Self::Duckdb => {
                let is_here = works("python3", &["-c", "import duckdb"]);
                (!is_here).then_some("install it: pip install -r benches/peers/duckdb/requirements.txt")
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
                let mut command = Command::new("python3");
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

    fn script(self, place: &Place, name: &str) -> std::path::PathBuf {
        place.root.join("benches/peers").join(self.name()).join(name)
    }
}

/// Writes the events and the rows that Origem folds of them.
pub fn export(place: &Place, events: u32, seed: u64) -> Result<(), Failure> {
    let mut command = bench(place, "export");
    command.args(["--events", &events.to_string(), "--seed", &seed.to_string()]);
    run(command.arg("--directory").arg(&place.data), None)
}

fn bench(place: &Place, word: &str) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&place.root)
        .args(["bench", "--quiet", "--bench", "peers", "--", word]);
    command
}

fn with_data<'a>(command: &'a mut Command, place: &Place, out: &Path) -> &'a mut Command {
    command.arg("--data").arg(&place.data).arg("--out").arg(out)
}
