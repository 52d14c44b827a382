//! PostgreSQL: a server of its own, driven by psql with the scripts of benches/peers/postgres.

mod script;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use origem_measure::Figure;

use super::command::{Failure, fresh, read, run as run_program, write};
use super::{Place, equal};
use script::Scripts;
use server::Server;
pub use server::programs;

/// Records of one transaction while everything is projected anew, and while they come in.
const REBUILD_BATCH: u64 = 5_000;
const INGEST_BATCH: u64 = 1_000;

/// Runs all figures; leaves the rows of each way in a folder of `out`.
pub fn run(place: &Place, out: &Path) -> Result<Vec<Figure>, Failure> {
    let server = Server::start(
        &out.join("server"),
        &place.root.join("benches/peers/postgres/settings.conf"),
    )?;
    let peer = Postgres {
        server,
        scripts: Scripts::read(&place.root.join("benches/peers"))?,
        data: place.data.clone(),
        out: out.to_owned(),
        log: script::Log::read(&place.data)?,
    };
    let mut figures = peer.rebuild()?;
    figures.push(peer.ingest()?);
    Ok(figures)
}

struct Postgres {
    server: Server,
    scripts: Scripts,
    data: PathBuf,
    out: PathBuf,
    log: script::Log,
}

impl Postgres {
    /// Everything over a log that is there.
    fn rebuild(&self) -> Result<Vec<Figure>, Failure> {
        let database = "rebuild";
        self.server.create(database)?;
        let events = self.data.join("events.csv");
        let load = self.timed(database, "load", &self.scripts.load(&events))?;
        let incremental = self.timed(
            database,
            "incremental",
            &self.scripts.rebuild(self.log.records(), REBUILD_BATCH),
        )?;
        let set_based = self.timed(database, "set-based", &self.scripts.set_based())?;
        let mut figures = vec![
            self.rate("load", "", load),
            self.rate("rebuild", "incremental", incremental),
            self.rate("rebuild", "set-based", set_based),
        ];
        self.rows(database, "incremental", "public")?;
        self.rows(database, "set-based", "set_based")?;
        figures.extend(self.pages(database)?);
        Ok(figures)
    }

    /// The log and the views, batch by batch.
    fn ingest(&self) -> Result<Figure, Failure> {
        let database = "ingest";
        self.server.create(database)?;
        self.timed(database, "schema", &self.scripts.empty())?;
        let took = self.timed(database, "ingest", &self.scripts.ingest(&self.log, INGEST_BATCH))?;
        self.rows(database, "ingest", "public")?;
        Ok(self.rate("ingest", "incremental", took))
    }

    /// How long a script takes, in seconds.
    fn timed(&self, database: &str, name: &str, script: &str) -> Result<f64, Failure> {
        let path = self.out.join(format!("{name}.sql"));
        write(&path, script)?;
        let began = Instant::now();
        run_program(self.server.psql(database).arg("-f").arg(&path), None)?;
        let took = began.elapsed().as_secs_f64();
        fs::remove_file(&path).map_err(|source| Failure::io("remove", &path, source))?;
        Ok(took)
    }

    /// Writes the rows of the views that lie in `schema`.
    fn rows(&self, database: &str, way: &str, schema: &str) -> Result<(), Failure> {
        let folder = self.out.join(way);
        fresh(&folder)?;
        let mut psql = self.server.psql(database);
        psql.current_dir(&folder)
            .env("PGOPTIONS", format!("-c search_path={schema}"));
        run_program(psql.arg("-f").arg(self.scripts.rows()), None)
    }

    fn pages(&self, database: &str) -> Result<Vec<Figure>, Failure> {
        run_program(self.server.psql(database).args(["-c", "VACUUM ANALYZE"]), None)?;
        let told = self.out.join("pages.txt");
        let mut psql = self.server.psql(database);
        psql.current_dir(&self.out);
        for (name, value) in self.wanted()? {
            psql.args(["-v", &format!("{name}={value}")]);
        }
        run_program(psql.arg("-f").arg(self.scripts.pages()), Some(&told))?;
        equal::pages(&self.data.join("expected/pages.csv"), &self.out.join("pages.csv"))?;
        let figures = script::pages(&read(&told)?).into_iter().map(|page| {
            let more = [("filter", page.filter.as_str()), ("quantile", page.quantile)];
            self.figure("page", "incremental", &more, "ms", page.milliseconds)
        });
        Ok(figures.collect())
    }

    /// What pages are asked for: the first ad, hashtag and agent of the expected rows, as Origem takes them.
    fn wanted(&self) -> Result<[(&'static str, String); 3], Failure> {
        let first = |view: &str, column: usize, value: &str, wanted: usize| {
            let text = read(&self.data.join(format!("expected/{view}.csv")))?;
            Ok::<_, Failure>(script::first_of(&text, (column, value), wanted).unwrap_or_default())
        };
        Ok([
            ("ad", first("timeline", 2, "ad", 5)?),
            ("hashtag", first("timeline", 2, "hashtag", 5)?),
            ("agent", first("queue", 1, "unanswered", 2)?),
        ])
    }

    fn rate(&self, name: &str, way: &str, seconds: f64) -> Figure {
        self.figure(name, way, &[], "events/s", self.log.events() as f64 / seconds)
    }

    fn figure(&self, name: &str, way: &str, more: &[(&str, &str)], unit: &str, value: f64) -> Figure {
        let events = self.log.events().to_string();
        let all = [
            ("peer", "postgres"),
            ("way", way),
            ("events", &events),
            ("durability", "fsync"),
        ];
        let told: Vec<_> = all
            .iter()
            .chain(more)
            .filter(|(_, value)| !value.is_empty())
            .copied()
            .collect();
        Figure::of(&format!("peers/{name}"), &told, unit, &[value])
    }
}

/// psql without what a person's own settings would change.
fn psql(socket: &Path, database: &str) -> Command {
    let mut command = Command::new("psql");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command.args([
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        server::USER,
        "-d",
        database,
        "-h",
    ]);
    command.arg(socket);
    command
}
