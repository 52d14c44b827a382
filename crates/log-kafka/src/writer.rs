//! Appending to partitions of one topic. All partitions share a producer; a lock for each partition keeps a batch together
//! while it is queued, and is free again while the batch is on its way, so that batches follow each other without a pause.
//!
//! ```text
//!   caller --lock p3--> queue a1 a2 a3 --unlock--> wait ............... reports 41 42 43 --> 41..44
//!   caller               --lock p3--> queue b1 b2 --unlock--> wait .... reports 44 45    --> 44..46
//! ```

mod pending;
mod producer;

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use origem_log::AppendError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer as _};

use crate::cluster::Cluster;
use crate::error::ClusterError;
use crate::log::{Describe, Described};
use pending::{Outcome, Pending};
use producer::Producer;

/// What Kafka adds to a batch of one record at most: the head of the batch, and lengths and deltas of the record.
const OVERHEAD_BYTES: usize = 61 + 36;
/// Two lengths for each header.
const HEADER_OVERHEAD_BYTES: usize = 10;
/// The client reports a record that timed out within a second; more would be a defect of the client.
const REPORT_DELAY: Duration = Duration::from_secs(10);
/// One wait for room in the producer's queue.
const ROOM: Duration = Duration::from_millis(5);

pub(crate) struct Writer {
    cluster: Cluster,
    topic: String,
    describe: Describe,
    /// Bytes of the largest batch the topic takes.
    limit: u64,
    timeout: Duration,
    producer: RwLock<Arc<Producer>>,
    /// Held while a batch is queued.
    queueing: Vec<Mutex<()>>,
}

impl Writer {
    /// Connects in the background. `limit` is the topic's `max.message.bytes`; a record that is not acknowledged within
    /// `timeout` has failed.
    pub fn open(
        cluster: Cluster,
        topic: &str,
        describe: Describe,
        partitions: u32,
        limit: u64,
        timeout: Duration,
    ) -> Result<Self, ClusterError> {
        let producer = producer::create(&cluster, limit, timeout)?;
        Ok(Self {
            cluster,
            topic: topic.to_owned(),
            describe,
            limit,
            timeout,
            producer: RwLock::new(Arc::new(producer)),
            queueing: (0..partitions).map(|_| Mutex::default()).collect(),
        })
    }

    /// Appends at least one record; see the port.
    pub fn append(&self, partition: Partition, records: &[&[u8]]) -> Result<Range<Offset>, AppendError> {
        let partitions = self.queueing.len() as u32;
        let missing = AppendError::NoPartition { partition, partitions };
        let queueing = self.queueing.get(partition.0 as usize).ok_or(missing)?;
        let described = self.described(records)?;
        let producer = self.producer();
        let pending = Arc::new(Pending::new(records.len()));
        let held = queueing.lock().unwrap_or_else(PoisonError::into_inner);
        self.queue(&producer, partition, records, described, &pending);
        drop(held);
        let outcome = pending.wait(self.timeout + REPORT_DELAY);
        self.judge(&producer, outcome, records)
    }

    /// What goes with each record; refuses a batch with a record that is too large for the topic.
    fn described(&self, records: &[&[u8]]) -> Result<Vec<Described>, AppendError> {
        let describe = |record: &&[u8]| {
            let described = (self.describe)(record);
            let attributes = &described.attributes;
            let headers = attributes.bytes() + attributes.count() * HEADER_OVERHEAD_BYTES;
            let bytes = (record.len() + described.key.len() + headers + OVERHEAD_BYTES) as u64;
            if bytes > self.limit {
                return Err(AppendError::RecordTooLarge {
                    bytes,
                    limit: self.limit,
                });
            }
            Ok(described)
        };
        records.iter().map(describe).collect()
    }

    /// Gives the batch to the producer. What it does not take has failed.
    fn queue(
        &self,
        producer: &Producer,
        partition: Partition,
        records: &[&[u8]],
        described: Vec<Described>,
        pending: &Arc<Pending>,
    ) {
        let begun = Instant::now();
        for (index, (record, described)) in records.iter().zip(described).enumerate() {
            let mut entry = BaseRecord::with_opaque_to(&self.topic, Arc::clone(pending))
                .partition(partition.0 as i32)
                .key(described.key.as_slice())
                .payload(*record)
                .headers(described.attributes.to_headers());
            while let Err((error, refused)) = producer.send(entry) {
                let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
                if !full || begun.elapsed() > self.timeout {
                    pending.failed(records.len() - index, error);
                    return;
                }
                pending.wait_for_progress(ROOM);
                entry = refused;
            }
        }
    }

    fn judge(&self, producer: &Producer, outcome: Outcome, records: &[&[u8]]) -> Result<Range<Offset>, AppendError> {
        if let (Some((first, next)), None, 0, 0) = (outcome.place, &outcome.failure, outcome.open, outcome.unplaced) {
            producer.context().forget();
            return Ok(Offset(first)..Offset(next));
        }
        let silent = KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut);
        let failure = outcome.failure.unwrap_or(silent);
        let report = producer.context().report();
        let explained = ClusterError::explain(&failure, &self.cluster.bootstrap, &self.topic, report.as_ref());
        // Certainly not there, certainly there, or nobody knows.
        let refused = outcome.refused == records.len();
        match explained {
            ClusterError::TooLarge { .. } if refused => Err(AppendError::RecordTooLarge {
                bytes: records.iter().map(|record| record.len()).max().unwrap_or_default() as u64,
                limit: self.limit,
            }),
            _ if refused => Err(AppendError::NotWritten {
                source: Arc::new(explained.into()),
            }),
            _ if outcome.delivered == records.len() => Err(AppendError::NotConfirmed {
                source: Arc::new(io::Error::other(
                    "the broker has the records but does not say where; append them again",
                )),
            }),
            _ => Err(AppendError::NotConfirmed {
                source: Arc::new(explained.into()),
            }),
        }
    }

    /// The producer; a new one in the place of one that is spent, for an idempotent producer never recovers from a fatal error.
    fn producer(&self) -> Arc<Producer> {
        let current = Arc::clone(&self.producer.read().unwrap_or_else(PoisonError::into_inner));
        if current.client().fatal_error().is_none() {
            return current;
        }
        let mut place = self.producer.write().unwrap_or_else(PoisonError::into_inner);
        // Another caller may have replaced it meanwhile.
        if let Some((code, reason)) = place.client().fatal_error() {
            tracing::warn!(
                topic = self.topic,
                ?code,
                reason,
                "the producer is spent, a new one takes over"
            );
            match producer::create(&self.cluster, self.limit, self.timeout) {
                Ok(new) => *place = Arc::new(new),
                // The append fails with the fatal error then, and the next one tries again.
                Err(error) => tracing::warn!(topic = self.topic, %error, "no new producer"),
            }
        }
        Arc::clone(&place)
    }
}
