//! Running other programs and keeping folders, with errors that name them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use super::equal::Difference;

/// Why a comparison ended.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A program ended badly.
    #[error("{program} ended with {status}; what it said stands above")]
    Ended {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// A file, a folder or a program cannot be used.
    #[error("cannot {doing} {path}")]
    Io {
        /// What was to be done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The figures of a peer cannot be read.
    #[error("the figures of a peer cannot be read")]
    Figures(#[from] origem_measure::ReadError),
    /// The machine cannot be noted beside the figures.
    #[error("the machine cannot be noted beside the figures: {0}")]
    Note(String),
    /// A peer has other rows.
    #[error(transparent)]
    Differs(#[from] Difference),
    /// A server did not begin to answer.
    #[error("{server} did not answer within {seconds} s; its log is {log}")]
    Silent {
        /// The server.
        server: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The broker did not start.
    #[error("no broker for Kafka Streams")]
    Broker(#[from] origem_broker::Error),
}

impl Failure {
    /// An error of the system.
    pub fn io(doing: &'static str, path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { doing, path, source }
    }

    /// It and its causes.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}

/// Runs a program whose output goes where ours goes, or into a file.
pub fn run(command: &mut Command, output: Option<&Path>) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    if let Some(path) = output {
        command.stdout(File::create(path).map_err(|source| Failure::io("write", path, source))?);
    }
    let status = command.status();
    let status = status.map_err(|source| Failure::io("run", Path::new(&program), source))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::Ended { program, status }),
    }
}

/// Whether a program runs and ends well; what it says is of no interest.
pub fn works(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// What a program prints that ends well.
pub fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = || String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(text)
}

/// Makes an empty folder, whatever was there.
pub fn fresh(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        fs::remove_dir_all(path).map_err(|source| Failure::io("remove", path, source))?;
    }
    fs::create_dir_all(path).map_err(|source| Failure::io("make", path, source))
}

/// Reads a file.
pub fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::io("read", path, source))
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|source| Failure::io("write", path, source))
}
