//! A server in a folder of its own, on a socket there: nothing else on the machine hears of it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::super::command::{Failure, fresh, read, run, works, write};
use super::psql;

/// Who owns everything in it.
pub const USER: &str = "postgres";
/// As long as a slow machine may take.
const START_SECONDS_MAX: u64 = 120;
const POLL: Duration = Duration::from_millis(50);

/// A running server; it ends when it is dropped, and when this process ends.
pub struct Server {
    process: Child,
    folder: PathBuf,
    /// Where its socket lies. Paths of sockets are short, so it is none of the project.
    socket: PathBuf,
}

/// Where the programs of the newest PostgreSQL are; `None` if it is not installed.
pub fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .map(|entry| entry.path())
        .max_by_key(number)
        .map(|path| path.join("bin"));
    newest.filter(|programs| programs.join("initdb").exists())
}

impl Server {
    /// Makes a new server in `folder` and starts it.
    pub fn start(folder: &Path, settings: &Path) -> Result<Self, Failure> {
        let programs = programs().unwrap_or_default();
        let data = folder.join("data");
        let socket = std::env::temp_dir().join(format!("origem-peer-{}", std::process::id()));
        fresh(folder)?;
        fresh(&socket)?;
        own(folder)?;
        own(&socket)?;
        let mut initdb = unprivileged(&programs.join("initdb"));
        initdb
            .args(["-A", "trust", "-U", USER, "--no-locale", "-E", "UTF8", "-D"])
            .arg(&data);
        run(initdb.stdout(Stdio::null()), None)?;
        append(&data.join("postgresql.conf"), &read(settings)?)?;
        let log = folder.join("log");
        write(&log, "")?;
        let said = fs::OpenOptions::new().append(true).open(&log);
        let said = said.map_err(|source| Failure::io("write", &log, source))?;
        let mut postgres = unprivileged(&programs.join("postgres"));
        postgres.arg("-D").arg(&data).arg("-k").arg(&socket);
        let process = postgres.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn();
        let server = Self {
            process: process.map_err(|source| Failure::io("run", &programs.join("postgres"), source))?,
            folder: folder.to_owned(),
            socket,
        };
        server.await_answer(&log)?;
        Ok(server)
    }

    /// Makes an empty database.
    pub fn create(&self, database: &str) -> Result<(), Failure> {
        run(
            self.psql(USER).args(["-c", &format!("CREATE DATABASE {database}")]),
            None,
        )
    }

    /// A client of a database.
    pub fn psql(&self, database: &str) -> Command {
        psql(&self.socket, database)
    }

    fn await_answer(&self, log: &Path) -> Result<(), Failure> {
        let began = Instant::now();
        let ready = programs().unwrap_or_default().join("pg_isready");
        while !works(&ready.to_string_lossy(), &["-q", "-h", &self.socket.to_string_lossy()]) {
            if began.elapsed() > Duration::from_secs(START_SECONDS_MAX) {
                return Err(Failure::Silent {
                    server: "PostgreSQL",
                    seconds: START_SECONDS_MAX,
                    log: log.to_owned(),
                });
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Server {
    /// Ends it; what fails here has ended already, or goes with the process.
    fn drop(&mut self) {
        works("kill", &["-INT", &self.process.id().to_string()]);
        drop(self.process.wait());
        drop(fs::remove_dir_all(&self.folder));
        drop(fs::remove_dir_all(&self.socket));
    }
}

/// A program as a user who may run a server, which root may not; it ends with us.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid", USER, "--regid", USER, "--init-groups"]);
    }
    command.args(["--pdeathsig", "INT"]).arg(program);
    command
}

/// Gives a folder to that user.
fn own(folder: &Path) -> Result<(), Failure> {
    match is_root() {
        true => run(Command::new("chown").arg(USER).arg(folder), None),
        false => Ok(()),
    }
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = fs::OpenOptions::new().append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| Failure::io("write", path, source))
}
