//! A log behind a guard, for tests of what happens when a log is slow, full or away: the guard says what goes wrong, all else
//! goes through.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::position::{Offset, Partition};

use crate::{AppendError, Batch, EventLog, Piece, ReadError, ReadLimit, Refusal, TrimError};

/// Stands before a log. Each method may wait, or fail in the log's place.
pub trait Guard: Send + Sync {
    /// What the log calls itself.
    fn identity(&self) -> String {
        String::new()
    }

    /// Before an append.
    ///
    /// # Errors
    /// What the append is to fail with.
    fn before_append(&self) -> Result<(), AppendError> {
        Ok(())
    }

    /// Before records of a partition are read.
    ///
    /// # Errors
    /// What the read is to fail with.
    fn before_read(&self, _partition: Partition) -> Result<(), ReadError> {
        Ok(())
    }

    /// Before the log is asked where it begins or ends.
    ///
    /// # Errors
    /// What the question is to fail with.
    fn before_look(&self) -> Result<(), ReadError> {
        Ok(())
    }
}

/// A log and who stands before it.
pub struct Guarded<G> {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The guard.
    pub guard: G,
}

impl<G: Guard> Guarded<G> {
    /// Puts a guard before a log.
    pub fn new(log: Arc<dyn EventLog>, guard: G) -> Self {
        Self { log, guard }
    }
}

impl<G: Guard> EventLog for Guarded<G> {
    fn identity(&self) -> String {
        self.guard.identity()
    }

    fn partitions(&self) -> u32 {
        self.log.partitions()
    }

    fn append(&self, partition: Partition, records: &[&[u8]]) -> Result<Range<Offset>, AppendError> {
        self.guard.before_append()?;
        self.log.append(partition, records)
    }

    fn start(&self, partition: Partition) -> Result<Offset, ReadError> {
        self.guard.before_look()?;
        self.log.start(partition)
    }

    fn tail(&self, partition: Partition) -> Result<Offset, ReadError> {
        self.guard.before_look()?;
        self.log.tail(partition)
    }

    fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        self.guard.before_read(partition)?;
        self.log.read(partition, from, limit)
    }

    fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError> {
        self.guard.before_look()?;
        self.log.wait(partition, offset, timeout)
    }

    fn pieces(&self, partition: Partition) -> Result<Vec<Piece>, ReadError> {
        self.log.pieces(partition)
    }

    fn refusal(&self) -> Option<Refusal> {
        self.log.refusal()
    }

    fn trim(&self, partition: Partition, before: Offset) -> Result<Offset, TrimError> {
        self.log.trim(partition, before)
    }
}
