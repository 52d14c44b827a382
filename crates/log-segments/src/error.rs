//! Why a log does not open, and where it is damaged.

use std::fmt;
use std::io;
use std::path::PathBuf;

use origem_domain::position::Offset;

use crate::frame::Fault;
use crate::header::{HeaderFault, segment_name};

/// Why the log was not opened. Nothing was changed in its files.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "the log in {} is in use by {}; stop it or use another directory",
        directory.display(), owner.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Locked {
        /// The log's directory.
        directory: PathBuf,
        /// The process, if it could be read from the lock file.
        owner: Option<u32>,
    },
    /// Records that were durable are not what was written. Restore the named file from a copy; nothing was changed.
    #[error("the log in {place} is damaged")]
    Damaged {
        /// The log's directory.
        place: String,
        /// Which file, and where in it.
        source: Damage,
    },
    /// A limit makes no sense.
    #[error("{name} of {value} bytes is outside {min} to {max}")]
    Limit {
        /// The field of the options.
        name: &'static str,
        /// What it was set to.
        value: u64,
        /// Smallest value.
        min: u64,
        /// Largest value.
        max: u64,
    },
    /// The files cannot be read or written.
    #[error("cannot open the log in {place}")]
    Io {
        /// The log's directory.
        place: String,
        /// The cause.
        source: io::Error,
    },
}

/// Where the log is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// First offset of the segment, which names its file.
    pub base: Offset,
    /// Byte position in the file.
    pub position: u64,
    /// The record there, as far as the records before it tell.
    pub offset: Offset,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DamageKind {
    /// A frame.
    Frame(Fault),
    /// The header; the text says how.
    Header(String),
    /// The sealed file has another length than its index says.
    Length {
        /// Bytes when it was sealed.
        sealed: u64,
    },
    /// The segment ends here, but the next file starts at another offset: records are missing, or there twice.
    Gap {
        /// First offset of the next file.
        next: Offset,
    },
    /// The file is not there, though the mark says it was.
    Missing,
    /// The last segment ends here, though more of it had been synced: acknowledged records are gone.
    Lost {
        /// Bytes that had been synced and are not whole records any more.
        bytes: u64,
    },
}

impl Damage {
    pub(crate) fn header(base: Offset, fault: HeaderFault) -> Self {
        Self {
            base,
            position: 0,
            offset: base,
            kind: DamageKind::Header(fault.to_string()),
        }
    }

    /// Name of the damaged file.
    #[must_use]
    pub fn segment(&self) -> String {
        segment_name(self.base)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "segment {} at byte {} (offset {}): ",
            self.segment(),
            self.position,
            self.offset
        )?;
        match &self.kind {
            DamageKind::Frame(fault) => fault.fmt(f),
            DamageKind::Header(what) => f.write_str(what),
            DamageKind::Length { sealed } => write!(f, "the file ends here, it had {sealed} bytes when it was sealed"),
            DamageKind::Gap { next } => write!(f, "the segment ends here, but the next one starts at offset {next}"),
            DamageKind::Missing => f.write_str("the file is missing"),
            DamageKind::Lost { bytes } => write!(f, "the last {bytes} bytes that had been synced are gone or damaged"),
        }
    }
}

impl std::error::Error for Damage {}
