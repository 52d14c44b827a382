//! Since when records wait: their timestamps, read where a group stands.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};

use crate::cluster::{Cluster, Context};
use crate::error::ClusterError;

/// One small answer from each partition is enough.
const DEFAULTS: &[(&str, &str)] = &[
    ("fetch.wait.max.ms", "100"),
    ("fetch.message.max.bytes", "65536"),
    ("queued.min.messages", "1"),
    ("queued.max.messages.kbytes", "256"),
];

const FIXED: &[(&str, &str)] = &[
    ("isolation.level", "read_committed"),
    // What a group has not read may be gone by now; then the oldest that is kept waits for longest.
    ("auto.offset.reset", "earliest"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
];

/// One wait for records.
const POLL: Duration = Duration::from_millis(50);

/// The time of the first record at or after an offset of some partitions of `topic`, UTC milliseconds as the record has it.
/// Absent where there is none, it has no time, or it did not come within `patience`.
pub(super) fn times(
    cluster: &Cluster,
    topic: &str,
    places: &BTreeMap<Partition, Offset>,
    patience: Duration,
) -> Result<BTreeMap<Partition, i64>, ClusterError> {
    let mut times = BTreeMap::new();
    if places.is_empty() {
        return Ok(times);
    }
    let failed = |error: KafkaError| ClusterError::explain(&error, &cluster.bootstrap, topic, None);
    let mut config = cluster.client(DEFAULTS, FIXED);
    // A group is needed to assign at all; nothing is ever committed to it and nobody joins it.
    config.set("group.id", format!("{}-reader", cluster.client_id));
    let consumer: BaseConsumer<Context> = config.create_with_context(cluster.context()).map_err(failed)?;
    let mut waiting = TopicPartitionList::new();
    for (partition, offset) in places {
        let offset = KafkaOffset::Offset(offset.0 as i64);
        let added = waiting.add_partition_offset(topic, partition.0 as i32, offset);
        added.map_err(failed)?;
    }
    consumer.assign(&waiting).map_err(failed)?;
    let mut open: Vec<i32> = places.keys().map(|partition| partition.0 as i32).collect();
    let begun = Instant::now();
    while !open.is_empty() && begun.elapsed() < patience {
        let heard = match consumer.poll(POLL) {
            None => continue,
            Some(Ok(message)) => {
                let partition = message.partition();
                if let (true, Some(time)) = (open.contains(&partition), message.timestamp().to_millis()) {
                    times.insert(Partition(partition.unsigned_abs()), time);
                }
                partition
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => partition,
            Some(Err(error)) => match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::TopicAuthorizationFailed) => return Err(failed(error)),
                // A broken connection and the like: the client mends it, and patience ends.
                _ => continue,
            },
        };
        // Others wait behind what this one still has.
        let mut done = TopicPartitionList::new();
        done.add_partition(topic, heard);
        consumer.pause(&done).map_err(failed)?;
        open.retain(|partition| *partition != heard);
    }
    Ok(times)
}
