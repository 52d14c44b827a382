//! What can go wrong at a log. Causes go in `source`; the adapters word them.

use std::error::Error;
use std::io;
use std::sync::Arc;

use origem_domain::position::{Offset, Partition};

/// Why a batch was not acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The log has fewer partitions.
    #[error("no partition {partition} in a log of {partitions}")]
    NoPartition {
        /// The partition asked for.
        partition: Partition,
        /// How many there are.
        partitions: u32,
    },
    /// One record is larger than the log takes.
    #[error("record of {bytes} bytes exceeds the limit of {limit} bytes")]
    RecordTooLarge {
        /// Size of the record.
        bytes: u64,
        /// The log's `record_bytes_max`.
        limit: u64,
    },
    /// The batch is larger than the log commits at once; split it.
    #[error("batch of {bytes} bytes exceeds the limit of {limit} bytes")]
    BatchTooLarge {
        /// Size of the batch as stored.
        bytes: u64,
        /// The log's `batch_bytes_max`.
        limit: u64,
    },
    /// The write failed and was taken back, as on a full disk. The log goes on.
    #[error("cannot write to the log, nothing was appended")]
    NotWritten {
        /// The cause, shared by every batch of the commit.
        source: Arc<io::Error>,
    },
    /// A remote log did not confirm the write in time: the batch may or may not be there. The log goes on by itself once it
    /// can be reached; appending the same again is safe, for duplicates fold to nothing.
    #[error("the log did not confirm the write")]
    NotConfirmed {
        /// The cause.
        source: Arc<io::Error>,
    },
    /// The write or its flush failed and cannot be taken back: the batch may or may not be there after the log is reopened.
    #[error("cannot confirm the write, the log refuses appends until it is reopened")]
    Unconfirmed {
        /// The cause, shared by every batch of the commit.
        source: Arc<io::Error>,
    },
    /// An earlier write could not be confirmed. Nothing of this batch was written.
    #[error("the log refuses appends until it is reopened, an earlier write failed")]
    Poisoned {
        /// The cause of the earlier failure.
        source: Arc<io::Error>,
    },
}

impl AppendError {
    /// Whether the same call may succeed later without anybody's help but more room or a broker that is back.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::NotWritten { .. } | Self::NotConfirmed { .. } => true,
            Self::NoPartition { .. }
            | Self::RecordTooLarge { .. }
            | Self::BatchTooLarge { .. }
            | Self::Unconfirmed { .. }
            | Self::Poisoned { .. } => false,
        }
    }

    /// Whether it is certain that nothing of the batch is in the log, now or after it is reopened.
    #[must_use]
    pub const fn has_no_side_effects(&self) -> bool {
        match self {
            Self::NotConfirmed { .. } | Self::Unconfirmed { .. } => false,
            Self::NoPartition { .. }
            | Self::RecordTooLarge { .. }
            | Self::BatchTooLarge { .. }
            | Self::NotWritten { .. }
            | Self::Poisoned { .. } => true,
        }
    }
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The log has fewer partitions.
    #[error("no partition {partition} in a log of {partitions}")]
    NoPartition {
        /// The partition asked for.
        partition: Partition,
        /// How many there are.
        partitions: u32,
    },
    /// The offset is not kept any more, or not written yet.
    #[error("offset {from} is outside the log, which holds {start} to {tail}")]
    OutOfRange {
        /// The offset asked for.
        from: Offset,
        /// The first offset that can be read.
        start: Offset,
        /// The next offset to be written.
        tail: Offset,
    },
    /// A record is not what was written.
    #[error("the log is damaged at offset {offset}")]
    Damaged {
        /// The first record that cannot be read.
        offset: Offset,
        /// Where, in the adapter's words.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The medium failed. Reading again may work.
    #[error("cannot read {place}")]
    Io {
        /// File or broker.
        place: String,
        /// The cause.
        source: io::Error,
    },
}
