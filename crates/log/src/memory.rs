//! A log in memory: the reference for the conformance suite, and what the server runs on with nothing configured.
//! Nothing survives the process.

use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use origem_domain::position::{Offset, Partition};

use crate::{AppendError, Batch, EventLog, Piece, ReadError, ReadLimit, TrimError};

/// A log in memory.
#[derive(Debug)]
pub struct MemoryLog {
    partitions: Vec<Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    records: Mutex<Records>,
    grown: Condvar,
}

/// All records of a partition end to end; record `i` ends at `ends[i]`.
#[derive(Debug, Default)]
struct Records {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The first that can be read. The bytes of those before it stay where they are.
    start: Offset,
}

impl MemoryLog {
    /// An empty log of `partitions` partitions.
    #[must_use]
    pub fn new(partitions: u32) -> Self {
        Self {
            partitions: (0..partitions).map(|_| Shard::default()).collect(),
        }
    }

    fn shard(&self, partition: Partition) -> Result<&Shard, ReadError> {
        let missing = || ReadError::NoPartition {
            partition,
            partitions: self.partitions(),
        };
        self.partitions.get(partition.0 as usize).ok_or_else(missing)
    }
}

impl Default for MemoryLog {
    /// One partition, as the embedded log has.
    fn default() -> Self {
        Self::new(1)
    }
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    fn tail(&self) -> Offset {
        Offset(self.ends.len() as u64)
    }

    fn end_of(&self, count: usize) -> usize {
        if count == 0 { 0 } else { self.ends[count - 1] }
    }
}

impl EventLog for MemoryLog {
    fn partitions(&self) -> u32 {
        self.partitions.len() as u32
    }

    fn append(&self, partition: Partition, records: &[&[u8]]) -> Result<Range<Offset>, AppendError> {
        let missing = AppendError::NoPartition {
            partition,
            partitions: self.partitions(),
        };
        let shard = self.partitions.get(partition.0 as usize).ok_or(missing)?;
        let mut held = shard.lock();
        let first = held.tail();
        for record in records {
            held.bytes.extend_from_slice(record);
            let end = held.bytes.len();
            held.ends.push(end);
        }
        let next = held.tail();
        drop(held);
        shard.grown.notify_all();
        Ok(first..next)
    }

    fn start(&self, partition: Partition) -> Result<Offset, ReadError> {
        Ok(self.shard(partition)?.lock().start)
    }

    fn tail(&self, partition: Partition) -> Result<Offset, ReadError> {
        Ok(self.shard(partition)?.lock().tail())
    }

    fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        let held = self.shard(partition)?.lock();
        let (start, tail) = (held.start, held.tail());
        if from < start || from > tail {
            return Err(ReadError::OutOfRange { from, start, tail });
        }
        let first = from.0 as usize;
        let start = held.end_of(first);
        let fitting = held.ends[first..].partition_point(|end| end - start <= limit.bytes_max);
        let count = fitting.min(limit.records_max).max(1).min(held.ends.len() - first);

        let mut batch = Batch::new(from, held.bytes[start..held.end_of(first + count)].to_vec());
        for index in first..first + count {
            batch.push(
                Offset(index as u64),
                held.end_of(index) - start..held.ends[index] - start,
            );
        }
        Ok(batch)
    }

    fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError> {
        let shard = self.shard(partition)?;
        let behind = |held: &mut Records| held.tail() <= offset;
        let waited = shard.grown.wait_timeout_while(shard.lock(), timeout, behind);
        let (held, _) = waited.unwrap_or_else(PoisonError::into_inner);
        Ok(held.tail())
    }

    /// Every record by itself, and the empty one that grows.
    fn pieces(&self, partition: Partition) -> Result<Vec<Piece>, ReadError> {
        let held = self.shard(partition)?.lock();
        let piece = |index: usize| Piece {
            base: Offset(index as u64),
            next: Offset(index as u64 + 1),
            bytes: (held.ends[index] - held.end_of(index)) as u64,
        };
        let tail = held.tail();
        let growing = Piece {
            base: tail,
            next: tail,
            bytes: 0,
        };
        Ok((held.start.0 as usize..held.ends.len())
            .map(piece)
            .chain([growing])
            .collect())
    }

    fn trim(&self, partition: Partition, before: Offset) -> Result<Offset, TrimError> {
        let missing = TrimError::NoPartition {
            partition,
            partitions: self.partitions(),
        };
        let shard = self.partitions.get(partition.0 as usize).ok_or(missing)?;
        let mut held = shard.lock();
        held.start = before.min(held.tail()).max(held.start);
        Ok(held.start)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::MemoryLog;
    use crate::EventLog;
    use crate::conformance::{self, Subject};

    /// A restart of a memory log forgets everything, so reopening keeps the same log.
    struct Kept(Arc<MemoryLog>);

    impl Subject for Kept {
        fn log(&self) -> Arc<dyn EventLog> {
            Arc::<MemoryLog>::clone(&self.0)
        }

        fn reopen(&mut self) {}
    }

    #[test]
    fn the_memory_log_conforms() {
        conformance::check(|| Kept(Arc::new(MemoryLog::default())));
    }
}
