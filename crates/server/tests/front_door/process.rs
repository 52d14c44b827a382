//! Helpers: running the binary, with a deadline for everything it does.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything takes on a busy machine; what takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something that tells nobody when it changes.
const LOOK: Duration = Duration::from_millis(10);

/// What a command that ended left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
}

/// The binary with `arguments`, in an environment that sets nothing of ours.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_origem"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ORIGEM_") || name.starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// Runs `origem` to its end.
#[track_caller]
pub fn origem(arguments: &[&str]) -> Ran {
    finish(command(arguments), b"")
}

/// Runs `origem` to its end with something on standard input.
#[track_caller]
pub fn origem_with(arguments: &[&str], input: &[u8]) -> Ran {
    finish(command(arguments), input)
}

/// Runs `origem` on a data directory.
#[track_caller]
pub fn on(data: &Path, arguments: &[&str]) -> Ran {
    let mut command = command(arguments);
    command.arg("--data").arg(data);
    finish(command, b"")
}

#[track_caller]
pub fn finish(mut command: Command, input: &[u8]) -> Ran {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // Whoever stops reading early has seen enough.
    thread::spawn(move || drop(stdin.write_all(&input)));
    let out = collect(child.stdout.take().unwrap());
    let err = collect(child.stderr.take().unwrap());
    let status = end(&mut child);
    let read = |from: Receiver<Vec<u8>>| from.recv_timeout(PATIENCE).unwrap();
    Ran {
        code: status.code(),
        out: read(out),
        err: String::from_utf8(read(err)).unwrap(),
    }
}

/// Everything a pipe gives, once it ends.
fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (whole, end) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        drop(whole.send(bytes));
    });
    end
}

/// Lines of a pipe as they come.
pub fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (lines, heard) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            drop(lines.send(line));
        }
    });
    heard
}

/// Waits for the end of a process; one that does not end is killed, and the test fails.
#[track_caller]
pub fn end(child: &mut Child) -> ExitStatus {
    let mut status = None;
    let ended = eventually(|| {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    if !ended {
        drop(child.kill());
        panic!("the process does not end");
    }
    status.unwrap()
}

/// Whether `is_so` comes true before patience ends.
pub fn eventually(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if is_so() {
            return true;
        }
        thread::sleep(LOOK);
    }
    false
}

impl Ran {
    /// It did what it was told; what it printed.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.err);
        String::from_utf8(self.out).unwrap()
    }

    /// The JSON it printed, one value a line.
    #[track_caller]
    pub fn values(self) -> Vec<Value> {
        self.done().lines().map(value).collect()
    }

    /// The one JSON it printed.
    #[track_caller]
    pub fn value(self) -> Value {
        value(&self.done())
    }

    /// It failed with `code`, printed no result, and says why in one chain.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}", self.err);
        assert_eq!(String::from_utf8_lossy(&self.out), "", "results of a failure");
        let said = self.err.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(said, 1, "{}", self.err);
        self.err
    }
}

#[track_caller]
pub fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
