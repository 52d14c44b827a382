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
    folders: Folders,
}

/// What a server keeps on the disk; removed when dropped.
struct Folders {
    cluster: PathBuf,
    /// Where its socket lies. Paths of sockets are short, so it is none of the project.
    socket: PathBuf,
}

/// Where the programs of the newest PostgreSQL are; `None` if it is not installed.
pub fn programs() -> Option<PathBuf> {
    newest(Path::new("/usr/lib/postgresql"))
}

/// The newest of the versions below a folder that can make a server: of others there may be the clients only, or what was left.
fn newest(folder: &Path) -> Option<PathBuf> {
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir(folder).into_iter().flatten().flatten();
    let servers = versions
        .map(|entry| entry.path())
        .filter(|version| version.join("bin/initdb").exists());
    servers.max_by_key(number).map(|version| version.join("bin"))
}

/// Where the cluster lies. Whom root runs the server as may not be let into the project (below `/root`, say), so it lies outside then,
/// where there is a disk too: `/tmp` may be in memory.
fn cluster(folder: &Path, is_root: bool) -> PathBuf {
    match is_root {
        true => Path::new("/var/tmp").join(format!("origem-peer-cluster-{}", std::process::id())),
        false => folder.join("cluster"),
    }
}

impl Server {
    /// Makes a new server in `folder` and starts it.
    pub fn start(folder: &Path, settings: &Path) -> Result<Self, Failure> {
        let programs = programs().unwrap_or_default();
        let folders = Folders {
            cluster: cluster(folder, is_root()),
            socket: std::env::temp_dir().join(format!("origem-peer-{}", std::process::id())),
        };
        let Folders { cluster, socket } = &folders;
        fresh(folder)?;
        for owned in [cluster, socket] {
            fresh(owned)?;
            own(owned)?;
        }
        let data = cluster.join("data");
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
        postgres.arg("-D").arg(&data).arg("-k").arg(socket);
        let process = postgres.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn();
        let server = Self {
            process: process.map_err(|source| Failure::io("run", &programs.join("postgres"), source))?,
            folders,
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
        psql(&self.folders.socket, database)
    }

    fn await_answer(&self, log: &Path) -> Result<(), Failure> {
        let began = Instant::now();
        let ready = programs().unwrap_or_default().join("pg_isready");
        let socket = self.folders.socket.to_string_lossy();
        while !works(&ready.to_string_lossy(), &["-q", "-h", &socket]) {
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
    }
}

impl Drop for Folders {
    /// What fails here was not made.
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.cluster));
        drop(fs::remove_dir_all(&self.socket));
    }
}

/// A program as a user who may run a server, which root may not; it ends with us.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid", USER, "--regid", USER, "--init-groups"]);
    }
    // Where we are that user may not be let in.
    command.args(["--pdeathsig", "INT"]).arg(program).current_dir("/");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_with_a_server_counts() {
        for (servers, clients, expected) in [
            (&["9", "15", "17"][..], &[][..], Some("17")),
            (&["9", "15"], &["17"], Some("15")),
            (&[], &["17"], None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            for version in servers.iter().chain(clients) {
                fs::create_dir_all(folder.path().join(version).join("bin")).unwrap();
            }
            for version in servers {
                fs::write(folder.path().join(version).join("bin/initdb"), "").unwrap();
            }
            let expected = expected.map(|version| folder.path().join(version).join("bin"));
            assert_eq!(newest(folder.path()), expected, "{servers:?} {clients:?}");
        }
        assert_eq!(newest(Path::new("/nothing/here")), None);
    }

    #[test]
    fn as_root_the_cluster_is_not_in_the_project() {
        let folder = Path::new("/root/origem/target/peers/out/postgres/server");
        assert!(cluster(folder, false).starts_with(folder));
        assert!(cluster(folder, true).starts_with("/var/tmp"));
    }

    #[test]
    fn what_a_server_keeps_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [cluster, socket] = ["cluster", "socket"].map(|name| folder.path().join(name));
        fresh(&cluster.join("data")).unwrap();
        drop(Folders {
            cluster: cluster.clone(),
            socket,
        });
        assert!(!cluster.exists());
    }
}
