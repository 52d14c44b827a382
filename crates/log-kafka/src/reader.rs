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

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use origem_log::{Batch, ReadError, ReadLimit};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::cluster::{Client, Cluster};
use crate::error::ClusterError;
use cursor::{Cursor, Gathered, Stop};

/// Consumers kept for each partition while nobody reads.
const IDLE_MAX: usize = 3;
/// A consumer that nobody used for this long is closed: it holds what it has fetched.
const IDLE: Duration = Duration::from_secs(60);
/// One wait for records that should be there.
const FETCH: Duration = Duration::from_millis(100);
/// Nothing came for this long though the tail is further: look from here anew.
const STALLED: Duration = Duration::from_millis(500);
/// One wait at the tail; then the broker is asked whether it is still there.
const LINGER: Duration = Duration::from_secs(1);

pub(crate) struct Reader {
    cluster: Cluster,
    topic: String,
    client: Client,
    reply_timeout: Duration,
    idle: Vec<Mutex<Vec<Cursor>>>,
}

impl Reader {
    pub fn new(cluster: Cluster, topic: &str, client: Client, partitions: u32, reply_timeout: Duration) -> Self {
        Self {
            cluster,
            topic: topic.to_owned(),
            client,
            reply_timeout,
            idle: (0..partitions).map(|_| Mutex::default()).collect(),
        }
    }

    pub fn partitions(&self) -> u32 {
        self.idle.len() as u32
    }

    /// Start and tail.
    pub fn ends(&self, partition: Partition) -> Result<(Offset, Offset), ReadError> {
        self.check(partition)?;
        self.client
            .ends(&self.topic, partition.0 as i32)
            .map_err(|error| self.failed(partition, error))
    }

    pub fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        self.check(partition)?;
        // The client counts with signed numbers; no log is that long.
        if i64::try_from(from.0).is_err() {
            let (start, tail) = self.ends(partition)?;
            return Err(ReadError::OutOfRange { from, start, tail });
        }
        let mut cursor = self.take(partition, from)?;
        let read = self.read_with(&mut cursor, partition, from, limit);
        if !matches!(read, Err(ReadError::OutOfRange { .. })) {
            self.put_back(partition, cursor);
        }
        read
    }

    pub fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError> {
        let begun = Instant::now();
        loop {
            let (_, tail) = self.ends(partition)?;
            let left = timeout.saturating_sub(begun.elapsed());
            if tail > offset || left.is_zero() {
                return Ok(tail);
            }
            let mut cursor = self.take(partition, tail)?;
            cursor.linger(left.min(LINGER));
            self.put_back(partition, cursor);
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
                // Nothing is queued. Only the broker knows whether there is anything.
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

    /// A cursor at `from`: one that stands there, else a new one, else the one that was not used for longest.
    fn take(&self, partition: Partition, from: Offset) -> Result<Cursor, ReadError> {
        let mut idle = self.pool(partition)?;
        let standing = idle.iter().position(|cursor| cursor.next() == from);
        if let Some(index) = standing {
            return Ok(idle.swap_remove(index));
        }
        let oldest = (0..idle.len()).min_by_key(|index| idle[*index].used);
        let spare = oldest
            .filter(|_| idle.len() >= IDLE_MAX)
            .map(|index| idle.swap_remove(index));
        drop(idle);
        match spare {
            Some(mut cursor) => {
                self.stand(&mut cursor, partition, from)?;
                Ok(cursor)
            }
            None => self.open(partition, from),
        }
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

    fn put_back(&self, partition: Partition, mut cursor: Cursor) {
        cursor.used = Instant::now();
        let Ok(mut idle) = self.pool(partition) else {
            return;
        };
        idle.push(cursor);
        let (mut kept, mut closed): (Vec<_>, Vec<_>) = idle.drain(..).partition(|cursor| cursor.used.elapsed() < IDLE);
        kept.sort_by_key(|cursor| cursor.used);
        let surplus = kept.len().saturating_sub(IDLE_MAX);
        closed.extend(kept.drain(..surplus));
        *idle = kept;
        // Closing a consumer takes time: not while others wait for the lock.
        drop(idle);
        drop(closed);
    }

    fn pool(&self, partition: Partition) -> Result<MutexGuard<'_, Vec<Cursor>>, ReadError> {
        self.check(partition)?;
        let pool = &self.idle[partition.0 as usize];
        Ok(pool.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn check(&self, partition: Partition) -> Result<(), ReadError> {
        let partitions = self.partitions();
        if partition.0 >= partitions {
            return Err(ReadError::NoPartition { partition, partitions });
        }
        Ok(())
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
