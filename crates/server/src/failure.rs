//! How a command fails: one readable chain on standard error; exit code 1, or 2 if it was used wrongly.

use std::error::Error;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// A message with a cause.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Context {
    message: String,
    source: Box<dyn Error + Send + Sync>,
}

/// The command was told something that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}; see --help")]
struct Usage(String);

/// The exit code of wrong usage, as clap has it.
const WRONG_USAGE: u8 = 2;

impl Failure {
    /// Wrong usage that clap cannot know of.
    pub fn usage(message: impl Into<String>) -> Self {
        Self(Box::new(Usage(message.into())))
    }

    /// Whether `E` is the failure itself.
    pub fn is<E: Error + 'static>(&self, which: impl FnOnce(&E) -> bool) -> bool {
        self.0.downcast_ref::<E>().is_some_and(which)
    }

    /// The failure with `message` in front of its chain.
    pub fn context(self, message: impl Into<String>) -> Self {
        Self(Box::new(Context {
            message: message.into(),
            source: self.0,
        }))
    }

    /// The error and its causes.
    fn chain(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let first: &(dyn Error + 'static) = &*self.0;
        std::iter::successors(Some(first), |&error| error.source())
    }

    /// Prints the chain; whoever closed our standard output (`| head`) has seen enough and is not told.
    pub fn report(&self) -> ExitCode {
        let broken_pipe = |error: &std::io::Error| error.kind() == ErrorKind::BrokenPipe;
        if self.chain().any(|error| error.downcast_ref().is_some_and(broken_pipe)) {
            return ExitCode::SUCCESS;
        }
        // Nobody is left to tell if standard error is closed.
        drop(writeln!(std::io::stderr(), "error: {self}"));
        if self.0.is::<Usage>() {
            ExitCode::from(WRONG_USAGE)
        } else {
            ExitCode::FAILURE
        }
    }
}

/// The whole chain, in one line.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut chain: Vec<String> = self.chain().map(ToString::to_string).collect();
        chain.dedup();
        f.write_str(&chain.join(": "))
    }
}
