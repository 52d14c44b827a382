//! Projected topics: the latest values, written in transactions by whoever owns a partition of the log.
//!
//! ```text
//!   take_over   transactional.id <group>-projected-<partition>: the broker fences whoever had it, ends what that left open
//!   contents    read_committed, from the beginning to the last stable offset
//!   publish     begin > records > wait for their reports > commit            one transaction, seen as a whole or not at all
//! ```

mod contents;
mod reports;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::position::Partition;
use origem_log::{Held, Outlet, OutletError, Projected, Publication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, PurgeConfig};
use tracing::warn;

use crate::admin::settings;
use crate::cluster::{Client, Cluster};
use crate::error::ClusterError;
use crate::topics::Topics;
use contents::Reader;
use reports::Reports;

/// Wins over nothing the operator sets.
const DEFAULTS: &[(&str, &str)] = &[
    // A transaction is filled at once and then waited for: there is nothing to linger for but the rest of it.
    ("linger.ms", "1"),
    ("compression.codec", "lz4"),
    ("queue.buffering.max.messages", "100000"),
    // So long readers wait for the records behind those of a publisher that died in the middle, unless the next takes over.
    ("transaction.timeout.ms", "30000"),
];

/// Largest request for which librdkafka batches, bytes.
const BATCH_BYTES: u64 = 1_000_000;
/// The range of `message.max.bytes` in librdkafka.
const MESSAGE_BYTES: (u64, u64) = (1_000, 1_000_000_000);
/// What key and headers of a record, and the head of its batch, take at most.
const ENVELOPE_BYTES: u64 = 2_048;
/// One wait for delivery reports. Committing with reports outstanding would wait in slices of 100 ms.
const POLL: Duration = Duration::from_millis(1);

/// How [`KafkaOutlet`] works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutletOptions {
    /// The group of the projectors: who takes over a partition of it fences the former owner.
    pub group: String,
    /// How long one call may wait for the cluster. Less than `transaction.timeout.ms`, which is 30 s.
    pub timeout: Duration,
}

impl OutletOptions {
    /// Waits 10 s at most.
    #[must_use]
    pub fn new(group: &str) -> Self {
        Self {
            group: group.to_owned(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Projected topics on a cluster.
pub struct KafkaOutlet {
    cluster: Cluster,
    topics: Topics,
    options: OutletOptions,
    owned: Option<Owned>,
}

/// What there is after a takeover.
struct Owned {
    partition: Partition,
    producer: BaseProducer<Reports>,
    unfinished: Option<Unfinished>,
    /// While what the topics hold is being read.
    reader: Option<Reader>,
    /// How many each of the topics has.
    partitions: u32,
    value_bytes_max: usize,
}

/// What the last transaction still needs, before another may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unfinished {
    /// Nobody knows whether the commit came through; asking again tells.
    Commit,
    Abort,
}

/// Why a transaction was not committed.
enum Failure {
    /// The producer is of no use any more.
    Lost,
    /// The record of that index is too large.
    TooLarge(usize),
    Cluster(ClusterError),
}

impl KafkaOutlet {
    /// An outlet to the projected ones of `topics`, which must exist. Connects when it takes over.
    #[must_use]
    pub fn new(cluster: &Cluster, topics: &Topics, options: OutletOptions) -> Self {
        Self {
            cluster: cluster.clone(),
            topics: topics.clone(),
            options,
            owned: None,
        }
    }

    fn producer(&self, partition: Partition, limit: u64) -> Result<BaseProducer<Reports>, ClusterError> {
        let limit = limit.clamp(MESSAGE_BYTES.0, MESSAGE_BYTES.1);
        let id = format!("{}-projected-{partition}", self.options.group);
        let fixed = [
            ("transactional.id", id.as_str()),
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("message.max.bytes", &limit.to_string()),
            ("batch.size", &limit.min(BATCH_BYTES).to_string()),
        ];
        let context = Reports::new(self.cluster.context());
        let created = self.cluster.client(DEFAULTS, &fixed).create_with_context(context);
        created.map_err(|error| ClusterError::explain(&error, &self.cluster.bootstrap, "", None))
    }

    /// How many partitions each of the topics has.
    fn partitions(&self) -> Result<u32, ClusterError> {
        let client = Client::start(&self.cluster, self.options.timeout)?;
        let mut partitions = u32::MAX;
        for topic in Projected::ALL {
            partitions = client.partitions(self.topics.projected(topic))?.min(partitions);
        }
        Ok(partitions)
    }

    /// The largest batch that all the topics take, bytes. Where their settings cannot be read, Kafka's default: the broker has
    /// the last word.
    fn limit(&self) -> u64 {
        let names = Projected::ALL.map(|topic| self.topics.projected(topic));
        let settings = settings::read(&self.cluster, &names, self.options.timeout).unwrap_or_else(|error| {
            warn!(%error, "cannot read the settings of the projected topics, defaults are assumed");
            Default::default()
        });
        let limit_of = |name: &&str| settings::max_message_bytes(settings.get(*name).unwrap_or(&Default::default()));
        names.iter().map(limit_of).min().unwrap_or_default()
    }

    fn owned(&mut self, doing: &'static str) -> Result<&mut Owned, OutletError> {
        self.owned.as_mut().ok_or_else(|| {
            let reason = "no partition is taken over".to_owned();
            unavailable(doing, ClusterError::Other { reason })
        })
    }
}

impl Outlet for KafkaOutlet {
    fn take_over(&mut self, partition: Partition) -> Result<(), OutletError> {
        // What a former takeover left ends here.
        self.owned = None;
        let failed = |error| unavailable("taken over", error);
        let partitions = self.partitions().map_err(failed)?;
        let limit = self.limit();
        let producer = self.producer(partition, limit).map_err(failed)?;
        if let Err(error) = producer.init_transactions(self.options.timeout) {
            // The reason comes by a callback.
            producer.poll(POLL);
            let report = producer.context().report();
            let bootstrap = &self.cluster.bootstrap;
            return Err(failed(ClusterError::explain(
                &error,
                bootstrap,
                &self.topics.conversations,
                report.as_ref(),
            )));
        }
        self.owned = Some(Owned {
            partition,
            producer,
            unfinished: None,
            reader: None,
            partitions,
            value_bytes_max: usize::try_from(limit.saturating_sub(ENVELOPE_BYTES)).unwrap_or(usize::MAX),
        });
        Ok(())
    }

    fn contents(
        &mut self,
        partition: Partition,
        each: &mut dyn FnMut(Held<'_>) -> ControlFlow<()>,
    ) -> Result<(), OutletError> {
        let (timeout, topics, cluster) = (self.options.timeout, self.topics.clone(), self.cluster.clone());
        let owned = self.owned("read")?;
        // What is not finished is not seen, and would be later.
        owned
            .finish(timeout)
            .map_err(|failure| owned.error("read", failure, &[], &cluster.bootstrap))?;
        if partition.0 >= owned.partitions {
            let reason = format!(
                "they have {} partitions, and there must be a partition {partition}",
                owned.partitions
            );
            return Err(unavailable("read", ClusterError::Other { reason }));
        }
        let failed = |error| unavailable("read", error);
        let reader = match &mut owned.reader {
            Some(reader) => reader,
            none => none.insert(Reader::open(&cluster, timeout).map_err(failed)?),
        };
        for topic in Projected::ALL {
            if reader.read(&topics, topic, partition, each).map_err(failed)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn publish(&mut self, publications: &[Publication]) -> Result<(), OutletError> {
        let (timeout, topics, bootstrap) = (
            self.options.timeout,
            self.topics.clone(),
            self.cluster.bootstrap.clone(),
        );
        let owned = self.owned("written")?;
        owned.reader = None;
        let published = owned
            .finish(timeout)
            .and_then(|()| owned.publish(publications, &topics, timeout));
        published.map_err(|failure| owned.error("written", failure, publications, &bootstrap))
    }

    fn value_bytes_max(&self) -> usize {
        self.owned.as_ref().map_or(usize::MAX, |owned| owned.value_bytes_max)
    }
}

impl Owned {
    /// Ends the last transaction, if it has not ended.
    fn finish(&mut self, timeout: Duration) -> Result<(), Failure> {
        match self.unfinished {
            None => Ok(()),
            Some(Unfinished::Commit) => self.commit(timeout),
            Some(Unfinished::Abort) => self.abort(timeout),
        }
    }

    fn publish(&mut self, publications: &[Publication], topics: &Topics, timeout: Duration) -> Result<(), Failure> {
        if publications.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + timeout;
        self.producer.context().begin();
        self.producer
            .begin_transaction()
            .map_err(|error| self.failure(&error))?;
        self.unfinished = Some(Unfinished::Abort);
        let sent = self
            .send(publications, topics, deadline)
            .and_then(|()| self.drain(deadline));
        if let Err(failure) = sent {
            // If it cannot be ended now, the next call does; what failed is what matters.
            drop(self.abort(timeout));
            return Err(failure);
        }
        self.unfinished = Some(Unfinished::Commit);
        self.commit(timeout)
    }

    fn send(&self, publications: &[Publication], topics: &Topics, deadline: Instant) -> Result<(), Failure> {
        for (index, publication) in publications.iter().enumerate() {
            let headers = OwnedHeaders::new_with_capacity(publication.headers.len());
            let headers = publication.headers.iter().fold(headers, |headers, (key, value)| {
                headers.insert(Header {
                    key,
                    value: Some(value),
                })
            });
            let topic = topics.projected(publication.topic);
            let mut record: BaseRecord<'_, str, [u8], usize> = BaseRecord::with_opaque_to(topic, index)
                .partition(publication.partition.0 as i32)
                .key(publication.key.as_str())
                .headers(headers);
            record.payload = publication.value.as_deref();
            while let Err((error, refused)) = self.producer.send(record) {
                match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::QueueFull) if Instant::now() < deadline => self.producer.poll(POLL),
                    Some(RDKafkaErrorCode::MessageSizeTooLarge) => return Err(Failure::TooLarge(index)),
                    _ => return Err(self.failure(&error)),
                }
                record = refused;
            }
        }
        Ok(())
    }

    /// Waits until every record was acknowledged.
    fn drain(&self, deadline: Instant) -> Result<(), Failure> {
        while self.producer.in_flight_count() > 0 {
            if Instant::now() >= deadline {
                return Err(self.failure(&KafkaError::Global(RDKafkaErrorCode::OperationTimedOut)));
            }
            self.producer.poll(POLL);
        }
        match self.producer.context().failed() {
            None => Ok(()),
            Some((index, RDKafkaErrorCode::MessageSizeTooLarge)) => Err(Failure::TooLarge(index)),
            Some((_, code)) => Err(self.failure(&KafkaError::MessageProduction(code))),
        }
    }

    fn commit(&mut self, timeout: Duration) -> Result<(), Failure> {
        match self.producer.commit_transaction(timeout) {
            Ok(()) => {
                self.unfinished = None;
                self.producer.context().forget();
                Ok(())
            }
            Err(error) => {
                if let KafkaError::Transaction(cause) = &error
                    && cause.txn_requires_abort()
                {
                    self.unfinished = Some(Unfinished::Abort);
                    drop(self.abort(timeout));
                }
                Err(self.failure(&error))
            }
        }
    }

    fn abort(&mut self, timeout: Duration) -> Result<(), Failure> {
        // Records in flight would hold the abort up, and their reports must be taken before it.
        self.producer.purge(PurgeConfig::default().queue().inflight());
        let deadline = Instant::now() + timeout;
        while self.producer.in_flight_count() > 0 && Instant::now() < deadline {
            self.producer.poll(POLL);
        }
        self.producer
            .abort_transaction(timeout)
            .map_err(|error| self.failure(&error))?;
        self.unfinished = None;
        Ok(())
    }

    fn failure(&self, error: &KafkaError) -> Failure {
        // Fenced, or given up by the broker because a transaction took too long. Either way only a takeover helps, and that is
        // not ours to decide: the next owner may be there.
        if let Some((code, reason)) = self.producer.client().fatal_error() {
            warn!(partition = %self.partition, ?code, reason, "the producer of projected topics was shut out");
            return Failure::Lost;
        }
        let context = self.producer.context();
        Failure::Cluster(ClusterError::explain(
            error,
            "",
            "the projected topics",
            context.report().as_ref(),
        ))
    }

    fn error(
        &self,
        doing: &'static str,
        failure: Failure,
        publications: &[Publication],
        bootstrap: &str,
    ) -> OutletError {
        match failure {
            Failure::Lost => OutletError::Fenced {
                partition: self.partition,
            },
            Failure::TooLarge(index) => {
                let publication = publications.get(index);
                OutletError::TooLarge {
                    key: publication
                        .map(|publication| publication.key.clone())
                        .unwrap_or_default(),
                    bytes: publication
                        .and_then(|publication| Some(publication.value.as_ref()?.len()))
                        .unwrap_or_default(),
                }
            }
            Failure::Cluster(ClusterError::Unreachable { reason, .. }) => {
                let bootstrap = bootstrap.to_owned();
                unavailable(doing, ClusterError::Unreachable { bootstrap, reason })
            }
            Failure::Cluster(error) => unavailable(doing, error),
        }
    }
}

impl Drop for Owned {
    /// Readers would wait for the end of an open transaction.
    fn drop(&mut self) {
        if self.unfinished == Some(Unfinished::Abort) {
            drop(self.abort(Duration::from_secs(1)));
        }
    }
}

impl Topics {
    /// The name of a projected topic.
    #[must_use]
    pub fn projected(&self, topic: Projected) -> &str {
        match topic {
            Projected::Conversations => &self.conversations,
            Projected::Touches => &self.touches,
            Projected::Windows => &self.windows,
            Projected::Queue => &self.queue,
        }
    }
}

fn unavailable(doing: &'static str, error: ClusterError) -> OutletError {
    OutletError::Unavailable {
        doing,
        source: Arc::new(error),
    }
}
