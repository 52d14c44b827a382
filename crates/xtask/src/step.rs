//! One step of a check: a cargo command that has to end, and to end well, within its time.

use std::fmt;
use std::io::IsTerminal as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// A cargo command with a limit of time.
pub struct Step {
    /// What it is called in the output.
    pub name: &'static str,
    /// The arguments of cargo.
    pub arguments: &'static [&'static str],
    /// Environment variables it needs.
    pub environment: &'static [(&'static str, &'static str)],
    /// After this long it counts as hanging.
    pub minutes_max: u64,
    /// Whether it runs with a broker beside it.
    pub kafka: bool,
}

/// Why a step failed.
pub enum Failure {
    /// It ended badly.
    Ended(ExitStatus),
    /// It did not end in time and was killed.
    Hung(u64),
    /// It could not be run.
    Io(std::io::Error),
    /// Its broker did not start.
    Broker(origem_broker::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(status) => write!(f, "it ended with {status}"),
            Self::Hung(minutes) => write!(f, "it had not ended after {minutes} minutes and was killed"),
            Self::Io(error) => write!(f, "it could not be run: {error}"),
            Self::Broker(error) => write!(f, "its broker did not start: {}", error.chain()),
        }
    }
}

impl Step {
    /// The command as one would type it.
    pub fn line(&self) -> String {
        let mut words: Vec<String> = self.environment.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
        words.push("cargo".to_owned());
        words.extend(self.arguments.iter().map(|word| (*word).to_owned()));
        words.join(" ")
    }
}

/// Cargo in `root`, as if it was called by hand: what the cargo that runs us says of our package, build scripts would take for a change
/// of theirs, and be built again each time (ring is).
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if of_package
            .iter()
            .any(|prefix| name.as_encoded_bytes().starts_with(prefix.as_bytes()))
        {
            command.env_remove(name);
        }
    }
    command.current_dir(root);
    command
}

/// Runs a step in `root` with `more` environment variables; its output goes where ours goes.
pub fn run(root: &Path, step: &Step, more: &[(&'static str, String)]) -> Result<(), Failure> {
    let mut command = cargo(root);
    command
        .args(step.arguments)
        .envs(step.environment.iter().copied())
        .envs(more.iter().map(|(name, value)| (name, value)));
    run_within(&mut command, Duration::from_secs(step.minutes_max * 60)).map_err(|failure| match failure {
        Failure::Hung(_) => Failure::Hung(step.minutes_max),
        other => other,
    })
}

/// Runs a command to its end, or kills it after `limit`.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<(), Failure> {
    const POLL: Duration = Duration::from_millis(50);
    // A group of its own, so that a test that hangs is killed with its cargo. On a terminal it stays in ours: Ctrl-C works.
    let own_group = !std::io::stdin().is_terminal();
    if own_group {
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(Failure::Io)?;
    let began = Instant::now();
    loop {
        match child.try_wait().map_err(Failure::Io)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(Failure::Ended(status)),
            None if began.elapsed() > limit => {
                kill(&mut child, own_group);
                return Err(Failure::Hung(limit.as_secs() / 60));
            }
            None => std::thread::sleep(POLL),
        }
    }
}

/// Kills a child, and its group if it has one of its own. What fails here has ended already.
fn kill(child: &mut Child, own_group: bool) {
    if own_group {
        let script = format!("kill -KILL -{}", child.id());
        drop(Command::new("sh").args(["-c", &script]).status());
    }
    drop(child.kill());
    drop(child.wait());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Result<(), Failure> {
        run_within(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn a_step_passes_fails_or_is_killed() {
        let long = Duration::from_secs(60);
        assert!(sh("exit 0", long).is_ok());
        assert!(matches!(sh("exit 3", long), Err(Failure::Ended(status)) if status.code() == Some(3)));
        // The grandchild keeps the group alive: it has to go too, or the call would wait for it.
        let began = Instant::now();
        assert!(matches!(
            sh("sleep 60 & wait", Duration::from_millis(100)),
            Err(Failure::Hung(_))
        ));
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
