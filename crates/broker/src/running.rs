//! The cluster of `cargo xtask kafka start`, which outlives the command: who holds it, how it is found, how it is stopped.
//!
//! ```text
//! start: spawns hold in the background, waits for its state file
//! hold:  starts the cluster, writes the state file, sleeps until it is killed; its processes then end with it
//! stop:  kills hold, waits until the lock of the cluster is free
//! ```
//! A state file counts only while the lock of its cluster is held, so one left behind by a crash misleads nobody.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::{Cluster, Endpoints, Error, Options, answers, home};

/// What the state file tells of a running cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Where it listens.
    pub endpoints: Endpoints,
    /// Its nodes, in order.
    pub nodes: Vec<RunningNode>,
    /// Its folder; `<node>/log` is what a node printed.
    pub folder: PathBuf,
    /// The process that holds it.
    holder: u32,
}

/// A node of a running cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningNode {
    /// Its number, from 1.
    pub node: usize,
    /// The port of its listener without TLS or login.
    pub port: u16,
    /// Its process id.
    pub process: u32,
}

impl Running {
    /// Whether all its nodes answer.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.nodes.iter().all(|node| answers(node.port))
    }
}

/// The cluster that runs in the background, if one does.
#[must_use]
pub fn find() -> Option<Running> {
    let text = fs::read_to_string(state_path()).ok()?;
    // A state that cannot be read is of another version of this code. Its cluster ends with `kafka stop` of that version.
    let running: Running = serde_json::from_str(&text).ok()?;
    home::is_held(&running.folder).then_some(running)
}

/// Held by whoever starts or stops the cluster in the background: one at a time, also over processes.
/// # Errors
/// `Io`.
pub fn turn() -> Result<File, Error> {
    let path = home::home().join("state.lock");
    let lock = home::lock_file(&path)?;
    lock.lock().map_err(Error::io("take the lock", &path))?;
    Ok(lock)
}

/// Starts a cluster, tells of it in the state file, and holds it until this process is killed.
/// # Errors
/// As [`Cluster::start`]; `Io` if the state cannot be written. Otherwise it does not return.
pub fn hold(options: Options) -> Result<std::convert::Infallible, Error> {
    let mut cluster = Cluster::start(options)?;
    let running = Running {
        endpoints: cluster.endpoints().clone(),
        nodes: cluster
            .nodes()
            .into_iter()
            .map(|info| RunningNode {
                node: info.node,
                port: info.port,
                process: info.process.unwrap_or(0),
            })
            .collect(),
        folder: cluster.folder().to_owned(),
        holder: std::process::id(),
    };
    write(&state_path(), &running)?;
    loop {
        std::thread::park();
    }
}

/// Stops the cluster; nothing of it is left on return.
/// # Errors
/// `Io` if it cannot be killed or does not end.
pub fn stop(running: &Running) -> Result<(), Error> {
    const SECONDS_MAX: u64 = 30;
    const POLL: Duration = Duration::from_millis(50);
    // Its lock was held a moment ago. If it has ended since, there is nothing to kill, and that is what the status says.
    drop(Command::new("kill").arg(running.holder.to_string()).status());
    let began = Instant::now();
    while home::is_held(&running.folder) {
        if began.elapsed().as_secs() >= SECONDS_MAX {
            let late = std::io::ErrorKind::TimedOut.into();
            return Err(Error::io("see the end of the cluster in", &running.folder)(late));
        }
        std::thread::sleep(POLL);
    }
    home::remove(&running.folder)?;
    let state = state_path();
    fs::remove_file(&state).map_err(Error::io("remove", &state))
}

fn state_path() -> PathBuf {
    home::home().join("state.json")
}

/// Writes the state in one step: nobody reads half of it.
fn write(path: &Path, running: &Running) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(running).map_err(|error| Error::io("write", path)(error.into()))?;
    let partial = path.with_added_extension("partial");
    fs::write(&partial, text).map_err(Error::io("write", &partial))?;
    fs::rename(&partial, path).map_err(Error::io("rename into place", path))
}
