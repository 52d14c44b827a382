//! One batch in one transaction, and what is done with a record that the events topic does not take.

use std::collections::BTreeMap;
use std::sync::Arc;

use rdkafka::consumer::{Consumer as _, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};

use super::consumer::Consumer;
use super::producer::{Failure, Producer};
use super::status::Shared;
use super::{Inbound, IntakeOptions, IntakeStatus, Outgoing, Refusal, Transform};

/// What is made of the deliveries of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Making {
    /// What the transform makes of them, or its replacement where that is known not to fit.
    Records,
    /// The replacement.
    Replacement,
    /// Nothing.
    Nothing,
}

/// What a transaction did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    deliveries: u64,
    events: u64,
    unrecognised: u64,
    refused: u64,
    given_up: u64,
}

/// What is needed to put batches into transactions.
pub(super) struct Transactions<'a> {
    pub(super) options: &'a IntakeOptions,
    pub(super) transform: &'a dyn Transform,
    pub(super) sources: &'a BTreeMap<String, Option<String>>,
    pub(super) shared: &'a Shared,
    pub(super) producer: &'a Producer,
    pub(super) consumer: &'a Consumer,
}

impl Transactions<'_> {
    /// Takes a batch in; durable on return. Where the broker finds something too large, delivery by delivery, so that only what
    /// is too large is replaced.
    pub(super) fn take(&self, batch: &[BorrowedMessage<'_>]) -> Result<(), Failure> {
        match self.transact(batch, Making::Records) {
            Err(Failure::TooLarge) => {}
            other => return other,
        }
        for delivery in batch.chunks(1) {
            let mut result = Err(Failure::TooLarge);
            for making in [Making::Records, Making::Replacement, Making::Nothing] {
                if matches!(result, Err(Failure::TooLarge)) {
                    result = self.transact_after_refusal(delivery, making);
                }
            }
            result?;
        }
        Ok(())
    }

    /// After a record was refused, librdkafka's next transaction fails as well: it skipped the sequence numbers of what was
    /// refused, notices only then, and begins them anew.
    fn transact_after_refusal(&self, delivery: &[BorrowedMessage<'_>], making: Making) -> Result<(), Failure> {
        match self.transact(delivery, making) {
            Err(Failure::Aborted(_)) => self.transact(delivery, making),
            other => other,
        }
    }

    fn transact(&self, batch: &[BorrowedMessage<'_>], making: Making) -> Result<(), Failure> {
        let Some(generation) = self.generation() else {
            return Err(Failure::Aborted(KafkaError::ConsumerCommit(
                RDKafkaErrorCode::IllegalGeneration,
            )));
        };
        let offsets = next_offsets(batch).map_err(Failure::Aborted)?;
        let mut counts = Counts::default();
        self.producer.begin()?;
        let records = batch
            .iter()
            .flat_map(|message| self.records(message, making, &mut counts));
        let done = self.producer.send(records, self.shared);
        match done.and_then(|()| self.producer.commit(&offsets, &generation, self.shared)) {
            Ok(()) => {
                self.shared.update(|status| counts.add_to(status));
                Ok(())
            }
            Err(failure @ (Failure::TooLarge | Failure::Aborted(_))) => {
                self.producer.abort(self.shared)?;
                self.shared.update(|status| status.aborted += 1);
                Err(failure)
            }
            Err(failure) => Err(failure),
        }
    }

    /// The generation to commit in; none once the group has taken our partitions away.
    fn generation(&self) -> Option<Arc<ConsumerGroupMetadata>> {
        if self.consumer.assignment_lost() {
            return None;
        }
        self.consumer.context().generation()
    }

    fn records(&self, message: &BorrowedMessage<'_>, making: Making, counts: &mut Counts) -> Vec<Outgoing> {
        let source = self.sources.get(message.topic()).and_then(Option::as_deref);
        let inbound = Inbound::of(message, source);
        let limit = self.options.record_bytes_max;
        let fits = |records: &[Outgoing]| records.iter().all(|record| record.bytes() <= limit);
        let mut records = match making {
            Making::Records => self.transform.transform(&inbound),
            Making::Replacement | Making::Nothing => Vec::new(),
        };
        if making == Making::Replacement || !fits(&records) {
            let limit = (making == Making::Records).then_some(limit);
            records = self.transform.refused(&inbound, Refusal::TooLarge { limit });
            counts.refused += 1;
        }
        if making == Making::Nothing || !fits(&records) {
            let Inbound {
                topic,
                partition,
                offset,
                ..
            } = inbound;
            tracing::error!(
                topic,
                partition,
                offset,
                "a delivery is given up: the events topic takes no record of it"
            );
            records.clear();
            counts.given_up += 1;
        }
        counts.deliveries += 1;
        counts.events += records.len() as u64;
        counts.unrecognised += records.iter().filter(|record| record.unrecognised).count() as u64;
        records
    }
}

impl Counts {
    fn add_to(self, status: &mut IntakeStatus) {
        status.transactions += 1;
        status.deliveries += self.deliveries;
        status.events += self.events;
        status.unrecognised += self.unrecognised;
        status.refused += self.refused;
        status.given_up += self.given_up;
    }
}

/// For each partition of the batch the offset after its last delivery.
fn next_offsets(batch: &[BorrowedMessage<'_>]) -> Result<TopicPartitionList, KafkaError> {
    let mut next: BTreeMap<(&str, i32), i64> = BTreeMap::new();
    for message in batch {
        next.insert((message.topic(), message.partition()), message.offset() + 1);
    }
    let mut offsets = TopicPartitionList::with_capacity(next.len());
    for ((topic, partition), offset) in next {
        offsets.add_partition_offset(topic, partition, Offset::Offset(offset))?;
    }
    Ok(offsets)
}
