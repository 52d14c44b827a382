//! The consumer of intake: which partitions are ours, which of them must be read again from what is committed, and the group's
//! generation that commits are made with.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};

use super::IntakeOptions;
use super::status::Shared;
use crate::group::{GroupClient, Protocol};
use crate::{Cluster, cluster};

/// The longest that reading committed offsets and going back to them takes in one attempt.
const REWIND_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that intake is silent to the group, unless transactions may be open for longer. Also how long the group waits for
/// an instance that was killed while it joined, so no more than needed.
const POLL_MAX: Duration = Duration::from_secs(30);

pub(super) type Consumer = BaseConsumer<Context>;

pub(super) struct Context {
    client: cluster::Context,
    shared: Arc<Shared>,
    holding: Mutex<Holding>,
}

#[derive(Default)]
struct Holding {
    ours: BTreeSet<(String, i32)>,
    /// Of ours, those whose position in the consumer counts for nothing.
    stale: BTreeSet<(String, i32)>,
    /// What commits are made with; older than the positions of all that is ours and not stale.
    generation: Option<Arc<ConsumerGroupMetadata>>,
    /// Counts what came and went.
    changes: u64,
}

/// A consumer by `protocol` that has subscribed.
pub(super) fn open(
    cluster: &Cluster,
    options: &IntakeOptions,
    protocol: Protocol,
    shared: &Arc<Shared>,
) -> KafkaResult<Consumer> {
    let context = Context {
        client: cluster.context(),
        shared: Arc::clone(shared),
        holding: Mutex::default(),
    };
    let consumer: Consumer = config(cluster, options, protocol).create_with_context(context)?;
    let topics: Vec<&str> = options.topics.iter().map(|inbound| inbound.topic.as_str()).collect();
    consumer.subscribe(&topics)?;
    Ok(consumer)
}

pub(super) fn config(cluster: &Cluster, options: &IntakeOptions, protocol: Protocol) -> ClientConfig {
    let client = GroupClient {
        group: &options.group,
        instance_id: options.instance_id.as_deref(),
        session_timeout: options.session_timeout,
        poll_max: POLL_MAX.max(options.transaction_timeout * 2),
    };
    let defaults = [
        ("fetch.wait.max.ms", "100"),
        ("fetch.queue.backoff.ms", "20"),
        ("queued.min.messages", "10000"),
        ("queued.max.messages.kbytes", "65536"),
        ("statistics.interval.ms", "5000"),
    ];
    let fixed = [("isolation.level", "read_committed"), ("auto.offset.reset", "earliest")];
    client.config(cluster, protocol, &defaults, &fixed)
}

impl Context {
    fn holding(&self) -> MutexGuard<'_, Holding> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn client(&self) -> &cluster::Context {
        &self.client
    }

    /// Another number after every change of what is ours.
    pub(super) fn changes(&self) -> u64 {
        self.holding().changes
    }

    /// What commits are made with.
    pub(super) fn generation(&self) -> Option<Arc<ConsumerGroupMetadata>> {
        self.holding().generation.clone()
    }

    /// Nothing that was read counts: everything of ours is read again from what is committed.
    pub(super) fn start_over(&self) {
        let mut holding = self.holding();
        holding.stale = holding.ours.clone();
    }

    /// A record of this partition was dropped.
    pub(super) fn dropped(&self, topic: &str, partition: i32) {
        self.holding().stale.insert((topic.to_owned(), partition));
    }

    pub(super) fn is_stale(&self) -> bool {
        !self.holding().stale.is_empty()
    }

    fn tell_assigned(&self, holding: &Holding) {
        let assigned = holding.ours.iter();
        let assigned = assigned
            .map(|(topic, partition)| (topic.clone(), partition.unsigned_abs()))
            .collect();
        self.shared.update(|status| status.assigned = assigned);
    }
}

/// Goes back to what is committed in all partitions that are stale. First the generation, then the offsets: whoever commits in
/// between does so in another generation, and then we are refused.
pub(super) fn rewind(consumer: &Consumer) -> KafkaResult<()> {
    let context = consumer.context();
    let generation = consumer.group_metadata().map(Arc::new);
    let stale = {
        let mut holding = context.holding();
        holding.generation = generation;
        // What stays was read under another generation, so that it has to be read anew as well.
        holding.stale = holding.ours.clone();
        holding.stale.clone()
    };
    let mut wanted = TopicPartitionList::with_capacity(stale.len());
    for (topic, partition) in &stale {
        wanted.add_partition(topic, *partition);
    }
    let mut committed = consumer.committed_offsets(wanted, REWIND_TIMEOUT)?;
    for element in committed.elements() {
        element.error()?;
    }
    let unknown: Vec<(String, i32)> = committed
        .elements()
        .iter()
        .filter(|element| !matches!(element.offset(), Offset::Offset(_)))
        .map(|element| (element.topic().to_owned(), element.partition()))
        .collect();
    for (topic, partition) in unknown {
        committed.set_partition_offset(&topic, partition, Offset::Beginning)?;
    }
    let sought = consumer.seek_partitions(committed, REWIND_TIMEOUT)?;
    for element in sought.elements() {
        element.error()?;
    }
    context.holding().stale.clear();
    Ok(())
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.client.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.client.error(error, reason);
    }

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.client.generate_oauth_token(config)
    }

    fn stats(&self, statistics: Statistics) {
        let holding = self.holding();
        let lag = |(topic, partition): &(String, i32)| {
            let known = statistics.topics.get(topic)?.partitions.get(partition)?;
            // Not `consumer_lag`: that is measured from commits of the consumer, and ours are the producer's.
            let position = [known.app_offset, known.next_offset]
                .into_iter()
                .find(|offset| *offset >= 0)?;
            let end = Some(known.ls_offset).filter(|offset| *offset >= 0)?;
            let lag = end.saturating_sub(position).max(0).unsigned_abs();
            Some(((topic.clone(), partition.unsigned_abs()), lag))
        };
        let lag = holding.ours.iter().filter_map(lag).collect();
        drop(holding);
        self.shared.update(|status| status.lag = lag);
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &Consumer, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions: Vec<(String, i32)> = list
            .elements()
            .iter()
            .map(|element| (element.topic().to_owned(), element.partition()))
            .collect();
        let assigned = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        // Before the offsets of what comes are read.
        let generation = assigned.then(|| consumer.group_metadata().map(Arc::new));
        {
            let mut holding = self.holding();
            holding.changes += 1;
            if let Some(generation) = generation {
                holding.generation = generation;
                // What stays was read under another generation.
                holding.stale = holding.ours.clone();
                holding.ours.extend(partitions.iter().cloned());
            } else {
                holding.ours.retain(|partition| !partitions.contains(partition));
                // What was read of the others is dropped with the batch.
                holding.stale = holding.ours.clone();
            }
            self.tell_assigned(&holding);
        }
        tracing::info!(?partitions, assigned, "the group moved partitions of intake");
        let done = if assigned {
            consumer.incremental_assign(list)
        } else {
            consumer.incremental_unassign(list)
        };
        if let Err(error) = done {
            self.shared.failed(format!("cannot follow the group: {error}"));
        }
    }
}
