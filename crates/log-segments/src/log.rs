//! The port on segments.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use origem_domain::position::{Offset, Partition};
use origem_log::{AppendError, Batch, EventLog, Piece, ReadError, ReadLimit, Refusal, TrimError};

use crate::condition::Condition;
use crate::error::OpenError;
use crate::frame::{self, RECORD_BYTES_LIMIT};
use crate::header::HEADER_BYTES;
use crate::options::Options;
use crate::queue::Queue;
use crate::reader::Reader;
use crate::recovery::{self, Recovery};
use crate::segment::Segments;
use crate::storage::{Directory, Storage};
use crate::trim::trim;
use crate::verify::{Extent, verify_on};
use crate::writer::{Failure, Writer};

/// The embedded log. Dropping it syncs what [`Durability::Os`](crate::Durability::Os) has left, and releases the directory.
#[derive(Debug)]
pub struct SegmentLog {
    storage: Arc<dyn Storage>,
    segments: Arc<Segments>,
    reader: Reader,
    queue: Queue,
    condition: Arc<Condition>,
    /// Held by whoever drops the oldest segments.
    trimming: Mutex<()>,
    record_bytes_max: u64,
    batch_bytes_max: u64,
}

impl SegmentLog {
    /// Opens the log in `directory`, creating both if need be, and recovers what a crash left behind; the report says what
    /// that was. Reads the last segment whole and the indexes of the others.
    ///
    /// # Errors
    /// `Locked` while another process has it open; `Damaged` where durable records are not what was written, with the file
    /// and the place: nothing is changed then; `Limit` for options that make no sense; `Io`.
    pub fn open(directory: &Path, options: &Options) -> Result<(Self, Recovery), OpenError> {
        check(options)?;
        Self::open_on(Arc::new(Directory::lock(directory)?), options)
    }

    pub(crate) fn open_on(storage: Arc<dyn Storage>, options: &Options) -> Result<(Self, Recovery), OpenError> {
        if options.verify_on_open {
            check_all(&*storage)?;
        }
        let (segments, mark, report) = recovery::recover(&*storage)?;
        let last = segments.last().cloned();
        let segments = Arc::new(Segments::new(segments));
        let Some(last) = last else {
            let source = std::io::Error::other("a recovered log has a segment");
            return Err(OpenError::Io {
                place: storage.place(),
                source,
            });
        };
        let writer = Writer::new(Arc::clone(&storage), Arc::clone(&segments), &last, mark, options);
        let condition = writer.condition();
        let queue = Queue::new(writer, options.batch_bytes_max);
        let Options {
            record_bytes_max,
            batch_bytes_max,
            ..
        } = *options;
        Ok((
            Self {
                storage,
                segments,
                reader: Reader::default(),
                queue,
                condition,
                trimming: Mutex::default(),
                record_bytes_max,
                batch_bytes_max,
            },
            report,
        ))
    }

    fn encode(&self, records: &[&[u8]]) -> Result<Vec<u8>, AppendError> {
        if let Some(large) = records
            .iter()
            .map(|record| record.len() as u64)
            .find(|bytes| *bytes > self.record_bytes_max)
        {
            return Err(AppendError::RecordTooLarge {
                bytes: large,
                limit: self.record_bytes_max,
            });
        }
        let bytes = frame::stored_bytes(records);
        if bytes > self.batch_bytes_max {
            return Err(AppendError::BatchTooLarge {
                bytes,
                limit: self.batch_bytes_max,
            });
        }
        let mut frames = Vec::with_capacity(bytes as usize);
        for record in records {
            frame::encode(record, &mut frames);
        }
        Ok(frames)
    }
}

/// The embedded log has one partition.
const PARTITIONS: u32 = 1;

fn known(partition: Partition) -> Result<(), ReadError> {
    if partition.0 < PARTITIONS {
        Ok(())
    } else {
        Err(ReadError::NoPartition {
            partition,
            partitions: PARTITIONS,
        })
    }
}

impl EventLog for SegmentLog {
    fn partitions(&self) -> u32 {
        PARTITIONS
    }

    fn append(&self, partition: Partition, records: &[&[u8]]) -> Result<Range<Offset>, AppendError> {
        if partition.0 >= PARTITIONS {
            return Err(AppendError::NoPartition {
                partition,
                partitions: PARTITIONS,
            });
        }
        if records.is_empty() {
            let tail = self.segments.range().1;
            return Ok(tail..tail);
        }
        // Checksums are computed here, on the caller's thread, and not by the one that leads the commit.
        let frames = self.encode(records)?;
        let count = records.len() as u64;
        let first = self.queue.commit(frames, count).map_err(|failure| match failure {
            Failure::NotWritten(source) => AppendError::NotWritten { source },
            Failure::Unconfirmed(source) => AppendError::Unconfirmed { source },
            Failure::Poisoned(source) => AppendError::Poisoned { source },
        })?;
        Ok(first..first.plus(count))
    }

    fn start(&self, partition: Partition) -> Result<Offset, ReadError> {
        known(partition)?;
        Ok(self.segments.range().0)
    }

    fn tail(&self, partition: Partition) -> Result<Offset, ReadError> {
        known(partition)?;
        Ok(self.segments.range().1)
    }

    fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        known(partition)?;
        self.reader.read(&self.segments, from, limit)
    }

    fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError> {
        known(partition)?;
        Ok(self.segments.wait(offset, timeout))
    }

    /// The segments.
    fn pieces(&self, partition: Partition) -> Result<Vec<Piece>, ReadError> {
        known(partition)?;
        let held = self.segments.lock();
        let pieces = held.iter().map(|segment| Piece {
            base: segment.base,
            next: segment.next,
            bytes: segment.bytes,
        });
        Ok(pieces.collect())
    }

    fn refusal(&self) -> Option<Refusal> {
        self.condition.refusal()
    }

    fn trim(&self, partition: Partition, before: Offset) -> Result<Offset, TrimError> {
        if partition.0 >= PARTITIONS {
            return Err(TrimError::NoPartition {
                partition,
                partitions: PARTITIONS,
            });
        }
        let _alone = self.trimming.lock().unwrap_or_else(PoisonError::into_inner);
        trim(&*self.storage, &self.segments, before).map_err(|source| TrimError::Io {
            place: self.storage.place(),
            source,
        })
    }
}

/// Refuses a log that is damaged anywhere.
fn check_all(storage: &dyn Storage) -> Result<(), OpenError> {
    let found = verify_on(storage, Extent::FirstOfEach, |_| {})?;
    match found.damage.into_iter().next() {
        Some(source) => Err(OpenError::Damaged {
            place: storage.place(),
            source,
        }),
        None => Ok(()),
    }
}

impl Drop for SegmentLog {
    fn drop(&mut self) {
        // A failure here has been logged by the writer; there is nobody left to tell.
        let _ = self.queue.with_writer(Writer::close);
    }
}

fn check(options: &Options) -> Result<(), OpenError> {
    let Options {
        segment_bytes_max,
        record_bytes_max,
        batch_bytes_max,
        ..
    } = *options;
    let limits = [
        ("record_bytes_max", record_bytes_max, 1, RECORD_BYTES_LIMIT),
        (
            "batch_bytes_max",
            batch_bytes_max,
            record_bytes_max.saturating_add(frame::OVERHEAD as u64),
            1 << 30,
        ),
        ("segment_bytes_max", segment_bytes_max, HEADER_BYTES, 1 << 40),
    ];
    match limits
        .into_iter()
        .find(|(_, value, min, max)| !(min..=max).contains(&value))
    {
        Some((name, value, min, max)) => Err(OpenError::Limit { name, value, min, max }),
        None => Ok(()),
    }
}
