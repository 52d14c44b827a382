//! Reading partitions of one topic. A consumer per reading position, kept for whoever goes on from where it stands: the
//! projector scans, others look elsewhere, and neither makes the other's consumer seek.
//!
//! ```text
//!   partition 3   cursor at 1,204,881 (projector)     cursor at 40,112 (a history being read)     ...
//!   read(40,112) takes the second and leaves it at 40,140
//! ```
//!
//! Between records may lie marks of transactions and records of aborted ones. They are passed over: a batch says with
//! [`Batch::next`] where reading goes on.

mod cursor;
mod pool;
mod tail;

use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use origem_log::{Batch, ReadError, ReadLimit};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::cluster::{Client, Cluster};
use crate::error::ClusterError;
use cursor::{Cursor, Gathered, Stop};
use pool::{Pool, Taken, USED_MAX};
use tail::KnownTail;

/// One wait for records that should be there.
const FETCH: Duration = Duration::from_millis(100);
/// Nothing came for this long though the tail is further: look from here anew.
const STALLED: Duration = Duration::from_millis(500);
/// One wait at the tail.
const LINGER: Duration = Duration::from_secs(1);

pub(crate) struct Reader {
    cluster: Cluster,
    topic: String,
    client: Client,
    reply_timeout: Duration,
    places: Vec<Place>,
}

/// A partition.
#[derive(Default)]
struct Place {
    pool: Pool<Cursor>,
    tail: KnownTail,
}

impl Reader {
    pub fn new(cluster: Cluster, topic: &str, client: Client, partitions: u32, reply_timeout: Duration) -> Self {
        Self {
            cluster,
            topic: topic.to_owned(),
            client,
            reply_timeout,
            places: (0..partitions).map(|_| Place::default()).collect(),
        }
    }

    pub fn partitions(&self) -> u32 {
        self.places.len() as u32
    }

    /// Start and tail.
    pub fn ends(&self, partition: Partition) -> Result<(Offset, Offset), ReadError> {
        let place = self.place(partition)?;
        let asked = Instant::now();
        let (start, tail) = self
            .client
            .ends(&self.topic, partition.0 as i32)
            .map_err(|error| self.failed(partition, error))?;
        place.tail.answered(tail, asked);
        Ok((start, tail))
    }

    pub fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        let place = self.place(partition)?;
        // The client counts with signed numbers; no log is that long.
        if i64::try_from(from.0).is_err() {
            let (start, tail) = self.ends(partition)?;
            return Err(ReadError::OutOfRange { from, start, tail });
        }
        let batch = self.with_cursor(partition, from, |cursor| self.read_with(cursor, partition, from, limit))?;
        place.tail.passed(batch.next(), Instant::now());
        Ok(batch)
    }

    /// The long poll of a consumer does the waiting; the broker is asked now and then, for a tail that nobody came by and whether
    /// it is still there. So the tail may be a little old where more records are there than the one waited for.
    pub fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError> {
        let place = self.place(partition)?;
        let begun = Instant::now();
        loop {
            // Who does not wait wants to know how it is now.
            let known = place.tail.lately(Instant::now()).filter(|_| !timeout.is_zero());
            let tail = known.map_or_else(|| Ok(self.ends(partition)?.1), Ok)?;
            let left = timeout.saturating_sub(begun.elapsed());
            if tail > offset || left.is_zero() {
                return Ok(tail);
            }
            let next = self.with_cursor(partition, tail, |cursor| Ok(cursor.linger(left.min(LINGER))))?;
            place.tail.passed(next, Instant::now());
        }
    }

    fn read_with(
        &self,
        cursor: &mut Cursor,
        partition: Partition,
        from: Offset,
        limit: ReadLimit,
    ) -> Result<Batch, ReadError> {
        let mut gathered = Gathered::default();
        let mut looked: Option<Look> = None;
        loop {
            let patience = if looked.is_some() { FETCH } else { Duration::ZERO };
            let stop = cursor
                .gather(&mut gathered, limit, patience)
                .map_err(|error| self.failed(partition, cursor.explain(&error, &self.cluster.bootstrap)))?;
            if !gathered.is_empty() || cursor.next() > from {
                cursor.forget();
                return Ok(gathered.into_batch(from, cursor.next()));
            }
            let look = match &mut looked {
                Some(look) => look,
                // Nothing is queued. Unless it is known that there is something, only the broker knows.
                none if let Some(tail) = self.place(partition)?.tail.beyond(from) => none.insert(Look::new(tail)),
                none => {
                    let (start, tail) = self.ends(partition)?;
                    if from < start || from > tail {
                        return Err(ReadError::OutOfRange { from, start, tail });
                    }
                    if from == tail {
                        return Ok(gathered.into_batch(from, from));
                    }
                    none.insert(Look::new(tail))
                }
            };
            match stop {
                // A consumer that began to fetch after the tail was known, and met the end without a record: there is none.
                Stop::End if look.anew => return Ok(gathered.into_batch(from, look.tail)),
                Stop::Gone => {
                    let (start, tail) = self.ends(partition)?;
                    return Err(ReadError::OutOfRange { from, start, tail });
                }
                _ if look.since.elapsed() > self.reply_timeout => {
                    let silent = KafkaError::Global(RDKafkaErrorCode::OperationTimedOut);
                    return Err(self.failed(partition, cursor.explain(&silent, &self.cluster.bootstrap)));
                }
                _ if !look.anew && look.since.elapsed() > STALLED => {
                    self.stand(cursor, partition, from)?;
                    look.anew = true;
                }
                _ => {}
            }
        }
    }

    /// Lets `work` have a cursor at `from`, when it is its turn. The cursor is kept unless the place is not in the log.
    fn with_cursor<T>(
        &self,
        partition: Partition,
        from: Offset,
        work: impl FnOnce(&mut Cursor) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let pool = &self.place(partition)?.pool;
        let busy = || {
            let reason = format!("all of {USED_MAX} readers are busy; try again");
            self.failed(partition, ClusterError::Other { reason })
        };
        let taken = pool.take(|cursor| cursor.next() == from, self.reply_timeout);
        let cursor = match taken.ok_or_else(busy)? {
            Taken::Standing(cursor) => Ok(cursor),
            Taken::Spare(mut cursor) => self.stand(&mut cursor, partition, from).map(|()| cursor),
            Taken::Nothing => self.open(partition, from),
        };
        let mut cursor = cursor.inspect_err(|_| pool.put_back(None))?;
        let done = work(&mut cursor);
        let gone = matches!(done, Err(ReadError::OutOfRange { .. }));
        pool.put_back((!gone).then_some(cursor));
        done
    }

    /// Makes `cursor` stand at `from`; one that cannot be moved is replaced.
    fn stand(&self, cursor: &mut Cursor, partition: Partition, from: Offset) -> Result<(), ReadError> {
        if cursor.seek(from).is_err() {
            *cursor = self.open(partition, from)?;
        }
        Ok(())
    }

    fn open(&self, partition: Partition, from: Offset) -> Result<Cursor, ReadError> {
        Cursor::open(&self.cluster, &self.topic, partition, from).map_err(|error| self.failed(partition, error))
    }

    fn place(&self, partition: Partition) -> Result<&Place, ReadError> {
        let partitions = self.partitions();
        let place = self.places.get(partition.0 as usize);
        place.ok_or(ReadError::NoPartition { partition, partitions })
    }

    fn failed(&self, partition: Partition, error: ClusterError) -> ReadError {
        ReadError::Io {
            place: format!(
                "partition {partition} of topic {} at {}",
                self.topic, self.cluster.bootstrap
            ),
            source: error.into(),
        }
    }
}

/// What is known while records are waited for that should be there.
struct Look {
    tail: Offset,
    since: Instant,
    /// Whether the consumer began to fetch here after the tail was known.
    anew: bool,
}

impl Look {
    fn new(tail: Offset) -> Self {
        Self {
            tail,
            since: Instant::now(),
            anew: false,
        }
    }
}
