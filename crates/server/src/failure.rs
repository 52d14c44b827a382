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

    /// Prints the chain; whoever closed our standard output (`| head`) has seen enough and is not told.
    pub fn report(&self) -> ExitCode {
        let mut chain = Vec::new();
        let mut next: Option<&(dyn Error + 'static)> = Some(&*self.0);
        while let Some(error) = next {
            if error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
            {
                return ExitCode::SUCCESS;
            }
            chain.push(error.to_string());
            next = error.source();
        }
        chain.dedup();
        // Nobody is left to tell if standard error is closed.
        drop(writeln!(std::io::stderr(), "error: {}", chain.join(": ")));
        if self.0.is::<Usage>() {
            ExitCode::from(WRONG_USAGE)
        } else {
            ExitCode::FAILURE
        }
    }
}
