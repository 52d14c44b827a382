//! The care of topics: what should be there, what is there, creating what is missing, and how far everybody is.

mod age;
mod plan;
pub(crate) mod settings;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use origem_domain::position::{Offset, Partition};
use origem_log::Projected;
use rdkafka::admin::{self, TopicReplication};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use crate::cluster::{Client, Cluster};
use crate::error::{ClusterError, OpenError};
use crate::topics::Topics;
use plan::{Added, Found};
pub use plan::{Difference, NewTopic, Plan};

/// Every question waits this long for its answer.
const REPLY: Duration = Duration::from_secs(15);
/// So long the times of records that wait are looked for, in all partitions of a topic together.
const AGE: Duration = Duration::from_secs(5);

/// Compares our topics with the cluster: `partitions` for inbound and events, `replication` brokers for each partition.
///
/// # Errors
/// If the cluster cannot be reached or does not let us look.
pub fn plan(cluster: &Cluster, topics: &Topics, partitions: u32, replication: u32) -> Result<Plan, ClusterError> {
    let client = Client::start(cluster, REPLY)?;
    let names = [
        &topics.inbound,
        &topics.events,
        &topics.conversations,
        &topics.touches,
        &topics.windows,
        &topics.queue,
        &topics.directory,
    ];
    let mut found = BTreeMap::new();
    for name in names {
        match client.partitions(name) {
            Ok(partitions) => {
                let topic = Found {
                    partitions,
                    replication: client.replication(name)?,
                    settings: BTreeMap::new(),
                };
                found.insert(name.clone(), topic);
            }
            Err(ClusterError::UnknownTopic { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let existing: Vec<&str> = found.keys().map(String::as_str).collect();
    if !existing.is_empty() {
        for (name, settings) in settings::read(cluster, &existing, REPLY)? {
            found.entry(name).and_modify(|topic| topic.settings = settings);
        }
    }
    Ok(plan::plan(topics, partitions, replication, &found))
}

/// Creates the topics of the plan; one that somebody else created meanwhile is left as it is. Changes nothing that exists.
/// Returns when every one can be used.
///
/// # Errors
/// The first topic that the cluster refuses, with its reason; those before it exist then.
pub fn apply(cluster: &Cluster, plan: &Plan) -> Result<(), ClusterError> {
    if plan.create.is_empty() {
        return Ok(());
    }
    let admin = settings::client(cluster)?;
    let topics: Vec<_> = plan.create.iter().map(new_topic).collect();
    let results = settings::block_on(admin.create_topics(&topics, &settings::options(REPLY)));
    let explain = |error, topic: &str| ClusterError::explain(&error, &cluster.bootstrap, topic, None);
    for result in results.map_err(|error| explain(error, "topics"))? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(explain(KafkaError::AdminOp(code), &topic)),
        }
    }
    let client = Client::start(cluster, REPLY)?;
    let deadline = Instant::now() + REPLY;
    for topic in &plan.create {
        // A busy broker has created a topic seconds before it tells of it; each look takes a second of that.
        while let Err(error) = client.partitions(&topic.name) {
            if !matches!(error, ClusterError::UnknownTopic { .. }) || Instant::now() >= deadline {
                return Err(error);
            }
        }
    }
    Ok(())
}

fn new_topic(topic: &NewTopic) -> admin::NewTopic<'_> {
    let replication = TopicReplication::Fixed(topic.replication as i32);
    let new = admin::NewTopic::new(&topic.name, topic.partitions as i32, replication);
    let settings = topic.settings.iter();
    settings.fold(new, |new, (name, value)| new.set(name, value))
}

/// How far a group is in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionStatus {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: Partition,
    /// The first offset that is kept.
    pub start: Offset,
    /// The next offset to be written; an open transaction is beyond it.
    pub tail: Offset,
    /// What the group has committed; absent if nothing.
    pub committed: Option<Offset>,
    /// Offsets between the two: records and marks of transactions. Absent if nothing is committed.
    pub lag: Option<u64>,
    /// How long ago the first record that waits was written, seconds. Absent if none waits or that could not be read soon.
    pub lag_seconds: Option<u64>,
}

/// How far `group` is in every partition of `topics`.
///
/// # Errors
/// If a topic does not exist, or the cluster cannot be reached or does not let us look.
pub fn status(cluster: &Cluster, topics: &[&str], group: &str) -> Result<Vec<PartitionStatus>, ClusterError> {
    let client = Client::start_for(cluster, group, REPLY)?;
    let mut statuses = Vec::new();
    for topic in topics {
        let partitions = client.partitions(topic)?;
        let committed = client.committed(topic, partitions)?;
        let first = statuses.len();
        for (partition, committed) in (0..partitions).zip(committed) {
            let (start, tail) = client.ends(topic, partition as i32)?;
            statuses.push(PartitionStatus {
                topic: (*topic).to_owned(),
                partition: Partition(partition),
                start,
                tail,
                committed,
                lag: committed.map(|committed| tail.0.saturating_sub(committed.0)),
                lag_seconds: None,
            });
        }
        let statuses = &mut statuses[first..];
        let waiting = statuses
            .iter()
            .filter(|status| status.lag.is_some_and(|lag| lag > 0))
            .filter_map(|status| Some((status.partition, status.committed?.max(status.start))))
            .collect();
        let times = age::times(cluster, topic, &waiting, AGE)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        for status in statuses {
            let written = times
                .get(&status.partition)
                .map(|time| Duration::from_millis(time.max(&0).unsigned_abs()));
            status.lag_seconds = written.map(|written| now.saturating_sub(written).as_secs());
        }
    }
    Ok(statuses)
}

/// How many partitions a topic has.
///
/// # Errors
/// If it does not exist, or the cluster cannot be reached.
pub fn partitions(cluster: &Cluster, topic: &str) -> Result<u32, ClusterError> {
    Client::start(cluster, REPLY)?.partitions(topic)
}

/// Refuses a topic of events to which partitions were added: what comes for a channel would be in another one than its past.
/// Whoever is going to append asks this first; the log itself can still be read.
///
/// # Errors
/// `Partitions`; `Cluster` if the cluster cannot be reached. A projected topic that does not exist says nothing.
pub fn check_partitions(cluster: &Cluster, topics: &Topics) -> Result<(), OpenError> {
    let failed = |source| OpenError::Cluster {
        topic: topics.events.clone(),
        source,
    };
    let client = Client::start(cluster, REPLY).map_err(failed)?;
    let mut found = BTreeMap::new();
    let projected = Projected::ALL.map(|topic| topics.projected(topic));
    for topic in projected.into_iter().chain([topics.events.as_str()]) {
        match client.partitions(topic) {
            Ok(partitions) => drop(found.insert(topic, partitions)),
            Err(ClusterError::UnknownTopic { .. } | ClusterError::NotAuthorised { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    match plan::added(topics, |topic| found.get(topic).copied()) {
        None => Ok(()),
        Some(Added { found, began }) => Err(OpenError::Partitions {
            topic: topics.events.clone(),
            found,
            began,
        }),
    }
}

/// How many brokers the cluster has at the moment: topics cannot have more replicas.
///
/// # Errors
/// If the cluster cannot be reached.
pub fn brokers(cluster: &Cluster) -> Result<u32, ClusterError> {
    Client::start(cluster, REPLY)?.brokers()
}
