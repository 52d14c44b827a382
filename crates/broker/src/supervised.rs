//! A process that does not outlive us, however we end.
//!
//! ```text
//! we --stdin: names of signals--> sh --signals--> the process
//!    <--stdout: the process id, then a line for each signal sent--
//! ```
//! The shell in between holds the reading end of a pipe from us. When the pipe closes, because we asked for it or because we are gone (also
//! by SIGKILL), it ends the process: SIGTERM, then SIGKILL. It runs in a process group of its own, so what kills our group leaves it to do that.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::error::Error;

/// `$1` is the log, `$2` how many tenths of a second SIGTERM may take, the rest is the command.
///
/// Two shells: one waits for the process, one (in the background, hence descriptor 3: a background job has no stdin) reads the pipe. Each alone
/// is enough to end the process. HUP is ignored by all, because the system sends it to a group that has lost its owner and has a paused
/// member. PIPE is ignored where answers are written, because nobody may be there to read them. CONT lets a paused process hear TERM.
/// Descriptor 4 is the lock: held by the shells, not by the process, which they outlive.
const SCRIPT: &str = r#"
trap '' HUP
exec 3<&0 4>&2 2>/dev/null
log=$1; grace=$2; shift 2
"$@" </dev/null >>"$log" 2>&1 3<&- 4>&- &
process=$!
(
    trap '' PIPE
    echo "$process"
    while read -r signal; do
        kill -"$signal" "$process"
        echo "$signal"
    done <&3
    kill -TERM "$process"
    kill -CONT "$process"
    while [ "$grace" -gt 0 ] && kill -0 "$process"; do
        sleep 0.1
        grace=$((grace - 1))
    done
    kill -KILL "$process"
) &
reader=$!
wait "$process"
kill "$reader"
"#;

/// How many tenths of a second a process may take to end by itself. Data of these brokers is thrown away: there is not much to wait for.
const GRACE: &str = "30";

/// A process that runs, or has ended and is not yet forgotten.
pub(crate) struct Supervised {
    shell: Child,
    /// None once the pipe is closed.
    signals: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    id: u32,
}

impl Supervised {
    /// Starts `command`; what it prints is appended to `log`. `lock` is held open as long as anything of it lives.
    pub(crate) fn start<S: AsRef<OsStr>>(command: &[S], log: &Path, lock: &File) -> Result<Self, Error> {
        let lock = lock.try_clone().map_err(Error::io("share the lock beside", log))?;
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(log)
            .arg(GRACE)
            .args(command)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(lock)
            .spawn()
            .map_err(Error::io("run /bin/sh for", log))?;
        let (Some(signals), Some(answers)) = (shell.stdin.take(), shell.stdout.take()) else {
            return Err(Error::io("open the pipes beside", log)(
                std::io::ErrorKind::BrokenPipe.into(),
            ));
        };
        let mut this = Self {
            shell,
            signals: Some(signals),
            answers: BufReader::new(answers),
            id: 0,
        };
        this.id = this.answer().trim().parse().unwrap_or(0);
        Ok(this)
    }

    /// The process id of the process itself.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Whether it runs still (or is paused).
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.shell.try_wait(), Ok(None))
    }

    /// Sends a signal (`KILL`, `STOP`, `CONT`); it has been sent on return.
    pub(crate) fn signal(&mut self, name: &str) {
        // A broken pipe means that the process has ended, and the shell with it: nothing is left to be signalled.
        let sent = self.signals.as_mut().map(|pipe| writeln!(pipe, "{name}"));
        if matches!(sent, Some(Ok(()))) {
            self.answer();
        }
    }

    /// Asks it to end and does not wait.
    pub(crate) fn end(&mut self) {
        self.signals = None;
    }

    /// Waits until it has ended. Bounded once it was asked to end or was killed.
    pub(crate) fn wait(&mut self) {
        // An error means that it was waited for already.
        drop(self.shell.wait());
    }

    /// The next line from the shell; empty if it has ended.
    fn answer(&mut self) -> String {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(_) => line,
            Err(_) => String::new(),
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.end();
        self.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::home;

    fn is_alive(id: u32) -> bool {
        let output = Command::new("ps").args(["-o", "stat=", "-p", &id.to_string()]).output();
        let state = String::from_utf8(output.unwrap().stdout).unwrap();
        // A zombie has ended; whoever inherited it has not looked yet.
        !state.trim().is_empty() && !state.starts_with('Z')
    }

    fn wait_until(what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "waited too long until {what}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Runs `script` supervised, lets `happen` happen to it, drops it; nothing may be left.
    fn check(case: &str, script: &str, happen: impl FnOnce(&mut Supervised)) {
        let (folder, lock) = home::new_cluster(&home::home()).unwrap();
        let log = folder.join("log");
        let mut process = Supervised::start(&["sh", "-c", script], &log, &lock).unwrap();
        drop(lock);
        let id = process.id();
        wait_until("it has printed", || {
            std::fs::read_to_string(&log).is_ok_and(|text| text.contains("ready"))
        });
        assert!(is_alive(id) && home::is_held(&folder), "{case}");
        happen(&mut process);
        drop(process);
        wait_until("it has ended", || !is_alive(id));
        wait_until("its lock is free", || !home::is_held(&folder));
        home::remove(&folder).unwrap();
    }

    #[test]
    fn nothing_is_left_of_a_process() {
        const POLITE: &str = "echo ready; exec sleep 600";
        const STUBBORN: &str = "trap '' TERM; echo ready; while :; do sleep 1; done";
        check("dropped", POLITE, |_| {});
        check("deaf to TERM", STUBBORN, |_| {});
        check("paused", POLITE, |process| process.signal("STOP"));
        check("deaf and paused", STUBBORN, |process| process.signal("STOP"));
        check("its shell was killed", POLITE, |process| process.shell.kill().unwrap());
        check("killed", POLITE, |process| {
            process.signal("KILL");
            process.wait();
            assert!(!process.is_running());
        });
        check("signalled after its end", POLITE, |process| {
            process.signal("KILL");
            process.wait();
            process.signal("STOP");
        });
    }
}
