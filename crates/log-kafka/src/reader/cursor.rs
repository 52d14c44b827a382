//! A consumer that stands at a place of one partition and goes on from there.

use std::ops::Range;
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use origem_log::{Batch, ReadLimit};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};

use crate::cluster::{Cluster, Context};
use crate::error::ClusterError;

/// Wins over nothing the operator sets.
const DEFAULTS: &[(&str, &str)] = &[
    // How long a fetch at the tail stays at the broker; a new record ends it at once.
    ("fetch.wait.max.ms", "250"),
    ("fetch.min.bytes", "1"),
    // A full local queue would otherwise stall fetching for a second.
    ("fetch.queue.backoff.ms", "10"),
    // The bound of memory of one reading position.
    ("queued.max.messages.kbytes", "8192"),
    ("queued.min.messages", "100000"),
];

/// What the promises of the port rest on.
const FIXED: &[(&str, &str)] = &[
    ("isolation.level", "read_committed"),
    ("check.crcs", "true"),
    // Where to read is what we are told; a range that is gone is an error, not a jump.
    ("auto.offset.reset", "error"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
];

/// How long the broker may take to let a consumer stand elsewhere.
const SEEK: Duration = Duration::from_secs(2);

/// Why gathering ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The limit is reached.
    Full,
    /// Nothing came in the time given.
    Empty,
    /// The consumer was at the end of the partition at some moment since it stands here.
    End,
    /// The place is not in the log.
    Gone,
}

pub(super) struct Cursor {
    consumer: BaseConsumer<Context>,
    topic: String,
    partition: Partition,
    /// Where the next gathering begins.
    next: u64,
    /// A record that came and did not fit.
    carried: Option<(u64, Vec<u8>)>,
}

/// Records on their way into a batch.
#[derive(Default)]
pub(super) struct Gathered {
    buffer: Vec<u8>,
    places: Vec<(u64, Range<usize>)>,
}

impl Gathered {
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether one more record of `bytes` fits; the first always does.
    fn fits(&self, bytes: usize, limit: ReadLimit) -> bool {
        self.is_empty() || (self.places.len() < limit.records_max && self.buffer.len() + bytes <= limit.bytes_max)
    }

    fn push(&mut self, offset: u64, record: &[u8]) {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(record);
        self.places.push((offset, start..self.buffer.len()));
    }

    /// The batch read at `from`, after which reading goes on at `next`.
    pub fn into_batch(self, from: Offset, next: Offset) -> Batch {
        let mut batch = Batch::new(from, self.buffer);
        for (offset, place) in self.places {
            batch.push(Offset(offset), place);
        }
        batch.skip_to(next);
        batch
    }
}

impl Cursor {
    /// A new consumer that stands at `from`.
    pub fn open(cluster: &Cluster, topic: &str, partition: Partition, from: Offset) -> Result<Self, ClusterError> {
        // A group is needed to assign at all; nothing is ever committed to it and nobody joins it.
        let group = format!("{}-reader", cluster.client_id);
        let mut config = cluster.client(DEFAULTS, FIXED);
        config.set("group.id", group);
        let explain = |error: KafkaError| ClusterError::explain(&error, &cluster.bootstrap, topic, None);
        let consumer: BaseConsumer<Context> = config.create_with_context(cluster.context()).map_err(explain)?;
        let mut place = TopicPartitionList::new();
        place
            .add_partition_offset(topic, partition.0 as i32, KafkaOffset::Offset(from.0 as i64))
            .and_then(|()| consumer.assign(&place))
            .map_err(explain)?;
        Ok(Self {
            consumer,
            topic: topic.to_owned(),
            partition,
            next: from.0,
            carried: None,
        })
    }

    /// Where the next gathering begins.
    pub fn next(&self) -> Offset {
        Offset(self.next)
    }

    /// Stands at `from` instead. What was queued for the former place is dropped by the client.
    pub fn seek(&mut self, from: Offset) -> Result<(), KafkaError> {
        let mut place = TopicPartitionList::new();
        place.add_partition_offset(&self.topic, self.partition.0 as i32, KafkaOffset::Offset(from.0 as i64))?;
        let sought = self.consumer.seek_partitions(place, SEEK)?;
        for element in sought.elements() {
            element.error()?;
        }
        self.next = from.0;
        self.carried = None;
        Ok(())
    }

    /// Moves records into `gathered` until the limit is reached, nothing more is queued or the end is met; waits up to
    /// `patience` for the first, never for more.
    pub fn gather(
        &mut self,
        gathered: &mut Gathered,
        limit: ReadLimit,
        patience: Duration,
    ) -> Result<Stop, KafkaError> {
        if let Some((offset, record)) = self.carried.take() {
            if !gathered.fits(record.len(), limit) {
                self.carried = Some((offset, record));
                return Ok(Stop::Full);
            }
            gathered.push(offset, &record);
            self.next = offset + 1;
        }
        loop {
            let patience = if gathered.is_empty() { patience } else { Duration::ZERO };
            let Some(polled) = self.consumer.poll(patience) else {
                self.pass_marks();
                return Ok(Stop::Empty);
            };
            match polled {
                // Queued for a place the consumer stood at before.
                Ok(message) if (message.offset() as u64) < self.next => {}
                Ok(message) => {
                    let (offset, record) = record_of(&message);
                    if !gathered.fits(record.len(), limit) {
                        self.carried = Some((offset, record.to_vec()));
                        return Ok(Stop::Full);
                    }
                    gathered.push(offset, record);
                    self.next = offset + 1;
                }
                Err(KafkaError::PartitionEOF(_)) => {
                    self.pass_marks();
                    return Ok(Stop::End);
                }
                Err(error) => match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset) => {
                        return Ok(Stop::Gone);
                    }
                    Some(
                        RDKafkaErrorCode::TopicAuthorizationFailed
                        | RDKafkaErrorCode::UnknownTopic
                        | RDKafkaErrorCode::UnknownTopicOrPartition
                        | RDKafkaErrorCode::UnknownPartition,
                    ) => return Err(error),
                    // A broken connection and the like: the client mends it, and the context knows the reason.
                    _ if gathered.is_empty() => return Ok(Stop::Empty),
                    _ => {}
                },
            }
        }
    }

    /// Waits until there is something to gather, up to `patience`; errors are for the next call to tell. Up to where the log is
    /// known to be there then.
    pub fn linger(&mut self, patience: Duration) -> Offset {
        let (from, begun) = (self.next, Instant::now());
        while self.carried.is_none() && self.next == from {
            let left = patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            if let Some(Ok(message)) = self.consumer.poll(left) {
                let (offset, record) = record_of(&message);
                if offset >= self.next {
                    self.carried = Some((offset, record.to_vec()));
                }
            }
            self.pass_marks();
        }
        Offset(self.carried.as_ref().map_or(self.next, |(offset, _)| offset + 1))
    }

    /// Why nothing comes, as far as the client has said.
    pub fn explain(&self, error: &KafkaError, bootstrap: &str) -> ClusterError {
        ClusterError::explain(error, bootstrap, &self.topic, self.consumer.context().report().as_ref())
    }

    /// Something came: earlier troubles explain nothing any more.
    pub fn forget(&self) {
        self.consumer.context().forget();
    }

    /// Transaction marks and aborted records never come as records, but the client's position passes them.
    fn pass_marks(&mut self) {
        if self.carried.is_some() {
            return;
        }
        let position = self.consumer.position().ok();
        let element = position
            .as_ref()
            .and_then(|list| list.find_partition(&self.topic, self.partition.0 as i32));
        if let Some(KafkaOffset::Offset(offset)) = element.map(|element| element.offset()) {
            self.next = self.next.max(offset as u64);
        }
    }
}

/// A record without a value is an empty one: to the log both are bytes.
fn record_of<'a>(message: &'a BorrowedMessage<'_>) -> (u64, &'a [u8]) {
    (message.offset() as u64, message.payload().unwrap_or_default())
}
