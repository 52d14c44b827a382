//! What those who take care of a log ask of it: in which pieces it lies, whether it takes appends, and to let go of the oldest.

use std::io;

use origem_domain::position::{Offset, Partition};

/// Records that are kept together and can only be dropped together, such as a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its first record.
    pub base: Offset,
    /// The offset after its last record.
    pub next: Offset,
    /// Bytes as stored.
    pub bytes: u64,
}

/// Why a log takes no appends at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is too little room where it is kept. It takes appends again by itself once there is.
    NoSpace,
    /// It does not know what became of an earlier write; it has to be opened again.
    Unconfirmed,
}

impl Refusal {
    /// The name for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSpace => "no_space",
            Self::Unconfirmed => "write_unconfirmed",
        }
    }
}

/// Why the oldest records were not dropped.
#[derive(Debug, thiserror::Error)]
pub enum TrimError {
    /// The log has fewer partitions.
    #[error("no partition {partition} in a log of {partitions}")]
    NoPartition {
        /// The partition asked for.
        partition: Partition,
        /// How many there are.
        partitions: u32,
    },
    /// Others decide what is kept, as brokers do.
    #[error("how long records are kept is not decided here; set it where the log is kept")]
    Elsewhere,
    /// The files could not be removed. What is left is whole.
    #[error("cannot drop the oldest records in {place}")]
    Io {
        /// The log's directory.
        place: String,
        /// The cause.
        source: io::Error,
    },
}
