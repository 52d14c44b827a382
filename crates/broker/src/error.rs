//! Why there is no broker, in words that say what to do next.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why a broker could not be started or spoken to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that the broker needs is not there.
    #[error("cannot run {tool}: install it ({package} on Debian and Ubuntu) or put it on the PATH")]
    NoTool {
        /// Its name or path.
        tool: String,
        /// The package that brings it.
        package: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The Java found is too old for Kafka.
    #[error("found Java {found}, but Apache Kafka needs Java {needed} or newer: install one or set JAVA_HOME")]
    OldJava {
        /// What `java -version` said, if a number could be read from it.
        found: String,
        /// The oldest major version that will do.
        needed: u32,
    },
    /// Maven could not get the jars.
    #[error("cannot get Apache Kafka {version} from Maven Central: is there a network? mvn said:\n{output}")]
    Download {
        /// The version of Kafka.
        version: &'static str,
        /// The end of what Maven printed.
        output: String,
    },
    /// A tool ended badly.
    #[error("{tool} ended with {status}:\n{output}")]
    Tool {
        /// Which one, and for what.
        tool: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed.
        output: String,
    },
    /// A node ended although nobody asked it to.
    #[error("node {node} of the broker ended by itself; the end of its log:\n{log}")]
    Ended {
        /// The node, from 1.
        node: usize,
        /// The end of its log.
        log: String,
    },
    /// A node did not become ready in time.
    #[error("node {node} of the broker was not ready after {seconds} s; the end of its log:\n{log}")]
    NotReady {
        /// The node, from 1.
        node: usize,
        /// How long it was waited for.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// There is no such node in the cluster.
    #[error("the cluster has nodes 1 to {nodes}, no node {node}")]
    NoSuchNode {
        /// The node asked for.
        node: usize,
        /// How many there are.
        nodes: usize,
    },
    /// The node does not run, or runs already.
    #[error("node {node} is {state}: {advice}")]
    WrongState {
        /// The node, from 1.
        node: usize,
        /// What it is.
        state: &'static str,
        /// What to do first.
        advice: &'static str,
    },
    /// A cluster cannot have this many brokers.
    #[error("a cluster of {brokers} brokers is not offered: take 1 or 3")]
    Brokers {
        /// How many were asked for.
        brokers: usize,
    },
    /// No free port was found.
    #[error("no free port on 127.0.0.1 from {first} to {last}: stop what listens there")]
    NoPort {
        /// The first port tried.
        first: u16,
        /// The last port tried.
        last: u16,
    },
    /// A file or a pipe failed.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was to be done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// Whether this machine lacks what a broker needs (Java, Maven, the network), rather than that something is broken.
    #[must_use]
    pub fn is_missing_prerequisite(&self) -> bool {
        matches!(self, Self::NoTool { .. } | Self::OldJava { .. } | Self::Download { .. })
    }

    /// The error and its causes, in one text.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    /// For `map_err`: an [`Error::Io`] of doing something with `path`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

/// The last lines of what a program printed: enough to see why, not a page of stack traces.
pub(crate) fn end_of(text: &str) -> String {
    const LINES: usize = 15;
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
