//! librdkafka's callbacks of a member. They run inside `poll`, on the thread of the membership.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use origem_domain::position::{Offset, Partition};
use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset as KafkaOffset, TopicPartitionList};

use super::shared::Shared;
use crate::cluster;

pub(super) struct Context {
    pub(super) client: cluster::Context,
    pub(super) shared: Arc<Shared>,
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
}

impl ConsumerContext for Context {
    /// Both protocols are incremental: what comes and goes is told, what stays is not.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions = numbers(list);
        let done = if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.assign(consumer, list, &partitions)
        } else {
            self.revoke(consumer, list, &partitions)
        };
        if let Err(error) = done {
            self.shared.failed(format!("cannot follow the group: {error}"));
        }
    }
}

impl Context {
    /// Takes partitions without reading them: reading is done elsewhere, from where the views are.
    fn assign(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &mut TopicPartitionList,
        partitions: &[Partition],
    ) -> KafkaResult<()> {
        list.set_all_offsets(KafkaOffset::End)?;
        consumer.incremental_assign(list)?;
        consumer.pause(list)?;
        self.shared.assigned(partitions);
        Ok(())
    }

    fn revoke(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
        partitions: &[Partition],
    ) -> KafkaResult<()> {
        let lost = consumer.assignment_lost();
        let left = self.shared.revoked(partitions, lost);
        // Not awaited: the coordinator sees it before our next word to the group, so before anybody is told to take over.
        if !lost && let Err(error) = farewell(consumer, &self.shared.topic, &left, CommitMode::Async) {
            self.shared
                .failed(format!("cannot tell that partitions are handed over: {error}"));
        }
        consumer.incremental_unassign(list)
    }
}

/// Commits an empty card for partitions that we hand over, so that nobody asks us any more.
pub(super) fn farewell(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    left: &BTreeMap<Partition, Option<Offset>>,
    mode: CommitMode,
) -> KafkaResult<()> {
    let known: BTreeMap<Partition, Offset> = left
        .iter()
        .filter_map(|(partition, offset)| Some((*partition, (*offset)?)))
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    consumer.commit(&commits(topic, &known, "")?, mode)
}

/// What a commit of `offsets` with `card` looks like.
pub(super) fn commits(
    topic: &str,
    offsets: &BTreeMap<Partition, Offset>,
    card: &str,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (partition, offset) in offsets {
        let number = i32::try_from(partition.0).unwrap_or(i32::MAX);
        let mut element = list.add_partition(topic, number);
        element.set_offset(KafkaOffset::Offset(i64::try_from(offset.0).unwrap_or(i64::MAX)))?;
        if !card.is_empty() {
            element.set_metadata(card);
        }
    }
    Ok(list)
}

fn numbers(list: &TopicPartitionList) -> Vec<Partition> {
    let number = |partition: i32| u32::try_from(partition).ok().map(Partition);
    list.elements()
        .iter()
        .filter_map(|element| number(element.partition()))
        .collect()
}
