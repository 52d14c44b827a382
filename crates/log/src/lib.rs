//! The event log port: ordered, durable records by partition. A record is bytes; no log looks inside one.
//!
//! The port is blocking, because segment files and rdkafka's polling consumer are; async lives in the edges. Here live the
//! trait, its errors, the batch a reader gets, a log in memory and (feature `test-support`) the suite that every log passes.
//! What a record means is the codec's business.
//!
//! ```text
//!   offsets   0   1   2   3   4   5
//!             |---|---|---|---|---|
//!           start               tail = 5: the next offset to be written
//!
//!   read(from = 2) gives 2, 3, 4        read(from = 5) gives an empty batch        read(from = 6) is out of range
//! ```

mod batch;
mod care;
#[cfg(any(test, feature = "test-support"))]
pub mod conformance;
mod error;
#[cfg(feature = "test-support")]
pub mod guarded;
mod memory;
mod outlet;

use std::ops::Range;
use std::time::Duration;

use origem_domain::position::{Offset, Partition};

pub use batch::{Batch, ReadLimit};
pub use care::{Piece, Refusal, TrimError};
pub use error::{AppendError, ReadError};
pub use memory::MemoryLog;
pub use outlet::{Held, MemoryOutlet, MemoryTopics, Outlet, OutletError, Projected, Publication};

/// A log of opaque records, ordered within each partition. Shared as `Arc<dyn EventLog>`; every method may block on IO.
pub trait EventLog: Send + Sync {
    /// What tells this log from others, so that views are not taken for those of another log. Empty where the place of the
    /// log says it already, as beside segment files.
    fn identity(&self) -> String {
        String::new()
    }

    /// How many partitions there are; they are numbered from 0. The embedded log has one.
    fn partitions(&self) -> u32;

    /// Appends `records` in order and returns the offsets they took: `first..next`. They stand next to each other, unless the
    /// log is shared with other processes, whose records may come between.
    ///
    /// Durable on return, as far as the log is configured to be. Callers may append at the same time: the log commits them
    /// together, and batches never interleave. An acknowledged batch is there as a whole; one that failed may be there as a
    /// whole, in part (its first records) or not at all, unless the error
    /// [has no side effects](AppendError::has_no_side_effects). An empty batch takes no offsets and returns `tail..tail`.
    ///
    /// # Errors
    /// `RecordTooLarge` and `BatchTooLarge` (bytes) leave the log as it was; so does `NotWritten` (disk full), which may be
    /// tried again. `NotConfirmed` (a remote log) leaves the outcome open and may be tried again. `Unconfirmed` leaves the outcome open, and every later append is `Poisoned` until the log is reopened.
    fn append(&self, partition: Partition, records: &[&[u8]]) -> Result<Range<Offset>, AppendError>;

    /// The first offset that can still be read; equals the tail in an empty log.
    ///
    /// # Errors
    /// `NoPartition`; `Io` where the log is remote.
    fn start(&self, partition: Partition) -> Result<Offset, ReadError>;

    /// The next offset to be written. Only durable records count: what is below the tail stays there.
    ///
    /// # Errors
    /// `NoPartition`; `Io` where the log is remote.
    fn tail(&self, partition: Partition) -> Result<Offset, ReadError>;

    /// Records from `from` on, in order. Without records only if there are none from `from` to [`Batch::next`]: at the tail,
    /// or where a broker keeps marks of its own instead of records. Otherwise at least one record, even one above
    /// `limit.bytes_max`. May stop short of the limit (a segment ended), so a reader goes on from [`Batch::next`] until that is
    /// the tail. Checksums are verified.
    ///
    /// # Errors
    /// `OutOfRange` below the start or beyond the tail; `Damaged` where a record is not what was written; `Io`.
    fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError>;

    /// Blocks until the record at `offset` can be read (the tail is beyond `offset`) or `timeout` has passed; returns the
    /// tail either way. Returns at once if the record is already there.
    ///
    /// # Errors
    /// As [`EventLog::tail`].
    fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError>;

    /// The pieces that a partition lies in, oldest first, without gaps; the last one grows. Empty where others keep the log, as
    /// brokers do.
    ///
    /// # Errors
    /// As [`EventLog::start`].
    fn pieces(&self, partition: Partition) -> Result<Vec<Piece>, ReadError> {
        self.start(partition).map(|_| Vec::new())
    }

    /// Why it takes no appends at the moment, as far as that is known without trying; `None`: nothing is against it.
    fn refusal(&self) -> Option<Refusal> {
        None
    }

    /// Drops the pieces that end at or before `before`, oldest first and never the one that grows; returns the first offset that
    /// is left. Durable on return. Those who read the records at that moment may finish.
    ///
    /// # Errors
    /// `NoPartition`; `Elsewhere` where others keep the log; `Io`, after which some of the pieces may be gone: the oldest.
    fn trim(&self, _partition: Partition, _before: Offset) -> Result<Offset, TrimError> {
        Err(TrimError::Elsewhere)
    }
}
