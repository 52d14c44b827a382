//! Reading a partition of a compacted topic from the beginning to its end, once.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use origem_domain::position::Partition;
use origem_log::{Held, Projected};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::cluster::{Cluster, Context};
use crate::error::ClusterError;
use crate::topics::Topics;

/// Wins over nothing the operator sets.
const DEFAULTS: &[(&str, &str)] = &[
    ("fetch.wait.max.ms", "50"),
    // A full local queue would otherwise stall fetching for a second.
    ("fetch.queue.backoff.ms", "10"),
    ("queued.max.messages.kbytes", "16384"),
];

const FIXED: &[(&str, &str)] = &[
    // Up to the last stable offset, passing over what was aborted.
    ("isolation.level", "read_committed"),
    ("auto.offset.reset", "earliest"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
];

/// One wait for records.
const POLL: Duration = Duration::from_millis(50);

/// Reads partitions one after the other.
pub(super) struct Reader {
    consumer: BaseConsumer<Context>,
    bootstrap: String,
    timeout: Duration,
}

impl Reader {
    /// Connects in the background. Reading fails if nothing comes for `timeout`.
    pub(super) fn open(cluster: &Cluster, timeout: Duration) -> Result<Self, ClusterError> {
        let mut config = cluster.client(DEFAULTS, FIXED);
        // A group is needed to assign at all; nothing is ever committed to it and nobody joins it.
        config.set("group.id", format!("{}-reader", cluster.client_id));
        let created = config.create_with_context(cluster.context());
        Ok(Self {
            consumer: created.map_err(|error| ClusterError::explain(&error, &cluster.bootstrap, "", None))?,
            bootstrap: cluster.bootstrap.clone(),
            timeout,
        })
    }

    /// Gives every committed record of a partition to `each`, in order, up to the end or until it breaks off.
    pub(super) fn read(
        &self,
        topics: &Topics,
        topic: Projected,
        partition: Partition,
        each: &mut dyn FnMut(Held<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ClusterError> {
        let (name, number) = (topics.projected(topic), partition.0 as i32);
        let failed = |error| self.failed(&error, name);
        // Also connects to the leader: assigned before that, the client would wait half a second to ask again.
        let (start, end) = self
            .consumer
            .fetch_watermarks(name, number, self.timeout)
            .map_err(failed)?;
        if start == end {
            return Ok(ControlFlow::Continue(()));
        }
        let mut place = TopicPartitionList::new();
        place
            .add_partition_offset(name, number, Offset::Beginning)
            .and_then(|()| self.consumer.assign(&place))
            .map_err(failed)?;
        let mut heard = Instant::now();
        let end = loop {
            match self.consumer.poll(POLL) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    if give(topic, partition, &message, each).is_break() {
                        break ControlFlow::Break(());
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break ControlFlow::Continue(()),
                Some(Err(error)) if is_final(&error) => return Err(failed(error)),
                // A broken connection and the like: the client mends it, and the context knows the reason.
                Some(Err(_)) | None => {}
            }
            if heard.elapsed() > self.timeout {
                return Err(failed(KafkaError::Global(RDKafkaErrorCode::OperationTimedOut)));
            }
        };
        self.consumer.unassign().map_err(failed)?;
        Ok(end)
    }

    fn failed(&self, error: &KafkaError, topic: &str) -> ClusterError {
        let report = self.consumer.context().report();
        ClusterError::explain(error, &self.bootstrap, topic, report.as_ref())
    }
}

/// Whether waiting does not help.
fn is_final(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownPartition
        )
    )
}

fn give(
    topic: Projected,
    partition: Partition,
    message: &BorrowedMessage<'_>,
    each: &mut dyn FnMut(Held<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let headers: Vec<_> = message
        .headers()
        .into_iter()
        .flat_map(|headers| headers.iter())
        .collect();
    let headers: Vec<_> = headers
        .iter()
        .map(|header| (header.key, header.value.unwrap_or_default()))
        .collect();
    each(Held {
        topic,
        partition,
        key: message.key().unwrap_or_default(),
        value: message.payload(),
        headers: &headers,
    })
}
