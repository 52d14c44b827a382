//! How the log is configured.

/// What "durable on return" means. Either way a segment is synced when it is sealed and when the log is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Appends return after `fdatasync`: an acknowledged record survives a killed process, a crash of the operating system
    /// and power loss (as far as the disk keeps its word).
    #[default]
    Fsync,
    /// Appends return when the operating system has the bytes: an acknowledged record survives a killed process, but a crash
    /// of the operating system or power loss may take the last records, at most about 8 MiB of them.
    Os,
}

/// Settings of a [`SegmentLog`](crate::SegmentLog). They may change from one opening to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What an acknowledgement promises.
    pub durability: Durability,
    /// Bytes after which a segment is sealed and the next begun (256 MiB). A commit is never split, so a segment is larger
    /// only if a single commit is.
    pub segment_bytes_max: u64,
    /// Largest record in bytes (16 MiB); at most [`RECORD_BYTES_LIMIT`](crate::RECORD_BYTES_LIMIT).
    pub record_bytes_max: u64,
    /// Largest batch in stored bytes, and how much may wait for the next commit (64 MiB): with that much waiting, callers
    /// block. So the writer holds at most three times this.
    pub batch_bytes_max: u64,
    /// Bytes that are kept free where the log lies (256 MiB): an append that would leave less is refused, for those who keep
    /// views and checkpoints on the same disk. 0: appends go on until a write fails.
    pub reserve_bytes: u64,
    /// Whether opening reads and checks every record of all segments, not only of the last. Takes as long as reading the
    /// whole log.
    pub verify_on_open: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Fsync,
            segment_bytes_max: 256 << 20,
            record_bytes_max: 16 << 20,
            batch_bytes_max: 64 << 20,
            reserve_bytes: 256 << 20,
            verify_on_open: false,
        }
    }
}

/// With [`Durability::Os`], the bytes after which the log syncs on its own, so that the possible loss is bounded.
pub(crate) const OS_SYNC_BYTES: u64 = if cfg!(test) { 512 } else { 8 << 20 };
