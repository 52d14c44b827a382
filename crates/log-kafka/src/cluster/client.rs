//! A client that only asks: how many partitions a topic has, where they begin and end. A thread serves its callbacks, so that
//! the reasons of failures are known when a call gives up and tokens are renewed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use origem_domain::position::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};

use super::{Cluster, Context};
use crate::error::ClusterError;

/// How long the serving thread sleeps in one poll, at most; also how long stopping takes.
const POLL: Duration = Duration::from_millis(50);
/// One attempt at an answer; between attempts the reason is looked at.
const ATTEMPT: Duration = Duration::from_secs(1);
/// Pause after an attempt that failed at once.
const PAUSE: Duration = Duration::from_millis(20);
/// A topic that has just been created is not known to every broker at once.
const GRACE: Duration = Duration::from_secs(1);

/// Asks a cluster. Every method blocks until the answer, or until the time given at the start has passed.
pub(crate) struct Client {
    consumer: Arc<BaseConsumer<Context>>,
    bootstrap: String,
    reply_timeout: Duration,
    /// Whether the cluster has ever answered.
    answered: AtomicBool,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Client {
    /// Connects in the background.
    pub(crate) fn start(cluster: &Cluster, reply_timeout: Duration) -> Result<Self, ClusterError> {
        Self::start_with(cluster, &[], reply_timeout)
    }

    /// One that can also ask what `group` has committed. It never joins.
    pub(crate) fn start_for(cluster: &Cluster, group: &str, reply_timeout: Duration) -> Result<Self, ClusterError> {
        Self::start_with(cluster, &[("group.id", group)], reply_timeout)
    }

    fn start_with(
        cluster: &Cluster,
        properties: &[(&str, &str)],
        reply_timeout: Duration,
    ) -> Result<Self, ClusterError> {
        // What an open transaction holds back is beyond the tail.
        let fixed = [
            &[("isolation.level", "read_committed"), ("enable.auto.commit", "false")],
            properties,
        ]
        .concat();
        let consumer: BaseConsumer<Context> = cluster
            .client(&[], &fixed)
            .create_with_context(cluster.context())
            .map_err(|error| ClusterError::explain(&error, &cluster.bootstrap, "", None))?;
        let consumer = Arc::new(consumer);
        let stop = Arc::new(AtomicBool::new(false));
        let serving = (Arc::clone(&consumer), Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("kafka-client".to_owned())
            .spawn(move || serve(&serving.0, &serving.1))
            .map_err(|error| ClusterError::Other {
                reason: format!("cannot start a thread: {error}"),
            })?;
        Ok(Self {
            consumer,
            bootstrap: cluster.bootstrap.clone(),
            reply_timeout,
            answered: AtomicBool::new(false),
            stop,
            thread: Some(thread),
        })
    }

    /// How many partitions `topic` has.
    pub(crate) fn partitions(&self, topic: &str) -> Result<u32, ClusterError> {
        self.ask(topic, |consumer, timeout| {
            let metadata = consumer.fetch_metadata(Some(topic), timeout)?;
            let unknown = KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopic);
            let told = metadata.topics().first().ok_or_else(|| unknown.clone())?;
            match told.error() {
                Some(error) => Err(KafkaError::MetadataFetch(error.into())),
                None if told.partitions().is_empty() => Err(unknown),
                None => Ok(told.partitions().len() as u32),
            }
        })
    }

    /// How many replicas each partition of `topic` has, at least.
    pub(crate) fn replication(&self, topic: &str) -> Result<u32, ClusterError> {
        self.ask(topic, |consumer, timeout| {
            let metadata = consumer.fetch_metadata(Some(topic), timeout)?;
            let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
            Ok(partitions
                .map(|partition| partition.replicas().len())
                .min()
                .unwrap_or_default() as u32)
        })
    }

    /// What the group has committed for each of `partitions` partitions of `topic`.
    pub(crate) fn committed(&self, topic: &str, partitions: u32) -> Result<Vec<Option<Offset>>, ClusterError> {
        self.ask(topic, |consumer, timeout| {
            let mut list = TopicPartitionList::new();
            list.add_partition_range(topic, 0, partitions as i32 - 1);
            let committed = consumer.committed_offsets(list, timeout)?;
            let offset = |partition: u32| match committed.find_partition(topic, partition as i32)?.offset() {
                KafkaOffset::Offset(offset) => u64::try_from(offset).ok().map(Offset),
                _ => None,
            };
            Ok((0..partitions).map(offset).collect())
        })
    }

    /// Where `partition` begins, and its last stable offset: what is below it stays.
    pub(crate) fn ends(&self, topic: &str, partition: i32) -> Result<(Offset, Offset), ClusterError> {
        self.ask(topic, |consumer, timeout| {
            let (start, tail) = consumer.fetch_watermarks(topic, partition, timeout)?;
            Ok((Offset(start.max(0) as u64), Offset(tail.max(0) as u64)))
        })
    }

    /// The cluster's own id. No answer is an error: views would be taken for those of another log. `topic`: what it is asked for.
    pub(crate) fn cluster_id(&self, topic: &str) -> Result<String, ClusterError> {
        self.ask(topic, |consumer, timeout| {
            let id = consumer.client().fetch_cluster_id(timeout);
            id.filter(|id| !id.is_empty())
                .ok_or(KafkaError::Global(RDKafkaErrorCode::OperationTimedOut))
        })
    }

    /// How many brokers the cluster has at the moment.
    pub(crate) fn brokers(&self) -> Result<u32, ClusterError> {
        self.ask("the cluster", |consumer, timeout| {
            Ok(consumer.fetch_metadata(None, timeout)?.brokers().len() as u32)
        })
    }

    /// What the client last reported by callback, as the explanation of `error`.
    fn explain(&self, error: &KafkaError, topic: &str) -> ClusterError {
        let report = self.consumer.context().report();
        ClusterError::explain(error, &self.bootstrap, topic, report.as_ref())
    }

    fn ask<T>(
        &self,
        topic: &str,
        question: impl Fn(&BaseConsumer<Context>, Duration) -> KafkaResult<T>,
    ) -> Result<T, ClusterError> {
        let asked = Instant::now();
        loop {
            let left = self.reply_timeout.saturating_sub(asked.elapsed());
            match question(&self.consumer, left.min(ATTEMPT)) {
                Ok(answer) => {
                    self.answered.store(true, Ordering::Relaxed);
                    self.consumer.context().forget();
                    return Ok(answer);
                }
                Err(error) => {
                    let explained = self.explain(&error, topic);
                    let patience = match explained {
                        ClusterError::UnknownTopic { .. } => GRACE.min(self.reply_timeout),
                        // Credentials that were right before are renewed or come back with their broker.
                        ClusterError::Credentials { .. } if self.answered.load(Ordering::Relaxed) => self.reply_timeout,
                        _ if explained.is_lasting() => Duration::ZERO,
                        _ => self.reply_timeout,
                    };
                    if asked.elapsed() + PAUSE >= patience {
                        return Err(explained);
                    }
                    thread::sleep(PAUSE);
                }
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}

fn serve(consumer: &BaseConsumer<Context>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        // It has no assignment: all that comes are events, which the context has seen by now.
        let _ = consumer.poll(POLL);
    }
}
