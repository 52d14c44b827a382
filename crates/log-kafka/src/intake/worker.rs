//! The thread of intake: keeps a consumer and a producer, reads batches, has them taken in, and starts over where that failed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::producer::BaseProducer;

use super::consumer::{self, Consumer};
use super::patience::Patience;
use super::producer::{self, Failure, Producer};
use super::status::Shared;
use super::transaction::Transactions;
use super::{IntakeOptions, Transform};
use crate::group::{AfterFatal, Protocol, after_fatal};
use crate::{Cluster, ClusterError, cluster};

/// The longest that a request to stop waits for a delivery that does not come.
const TICK: Duration = Duration::from_millis(100);
/// Between a client that is beyond repair and the next.
const BETWEEN_CLIENTS: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    cluster: Cluster,
    options: IntakeOptions,
    transform: Arc<dyn Transform>,
    sources: BTreeMap<String, Option<String>>,
    shared: Arc<Shared>,
}

/// Why serving a consumer ended.
enum End {
    Stopped,
    /// The consumer is beyond repair.
    Fatal(RDKafkaErrorCode, String),
    /// Somebody else took the name of our transactions.
    Robbed,
}

impl Worker {
    /// Fails where librdkafka refuses the settings, so that it is not found out later on the thread.
    pub(super) fn new(
        cluster: Cluster,
        options: IntakeOptions,
        transform: Arc<dyn Transform>,
        shared: Arc<Shared>,
    ) -> KafkaResult<Self> {
        consumer::config(&cluster, &options, options.protocol).create::<BaseConsumer>()?;
        producer::config(&cluster, &options).create::<BaseProducer>()?;
        let sources = options
            .topics
            .iter()
            .map(|inbound| (inbound.topic.clone(), inbound.source.clone()));
        Ok(Self {
            sources: sources.collect(),
            cluster,
            options,
            transform,
            shared,
        })
    }

    pub(super) fn run(&self) {
        let mut protocol = self.options.protocol.first();
        let mut patience = Patience::new();
        while !self.shared.stopped() {
            match self.session(protocol, &mut patience) {
                Ok(End::Stopped) => break,
                Ok(End::Fatal(code, reason)) => match after_fatal(code, self.options.protocol, protocol) {
                    AfterFatal::Classic => protocol = Protocol::Classic,
                    AfterFatal::Again => {
                        self.shared.failed(reason);
                        self.shared.pause(BETWEEN_CLIENTS);
                    }
                    AfterFatal::End(advice) => {
                        self.shared.ended(format!("{reason}: {advice}"));
                        break;
                    }
                },
                // The group is left meanwhile, so that nobody waits for us.
                Ok(End::Robbed) => {
                    let pause = patience.robbed(Instant::now());
                    self.shared.failed(format!(
                        "another instance produces with the transactional id {}; give each instance its own and see that a former one has ended; trying again in {} s",
                        self.options.transactional_id,
                        pause.as_secs()
                    ));
                    self.shared.pause(pause);
                }
                Err(error) => {
                    self.shared.failed(self.explained(&error, None));
                    self.shared.pause(BETWEEN_CLIENTS);
                }
            }
        }
        self.shared.update(|status| status.assigned.clear());
    }

    /// One consumer from joining to leaving.
    fn session(&self, protocol: Protocol, patience: &mut Patience) -> KafkaResult<End> {
        let consumer = consumer::open(&self.cluster, &self.options, protocol, &self.shared)?;
        let mut producer = None;
        while !self.shared.stopped() {
            if let Some((code, reason)) = consumer.client().fatal_error() {
                return Ok(End::Fatal(code, reason));
            }
            let Some(ready) = producer.take().map_or_else(|| self.producer(&consumer), Some) else {
                continue;
            };
            match self.step(&consumer, &ready) {
                Ok(()) => {
                    patience.succeeded();
                    producer = Some(ready);
                    continue;
                }
                Err(Failure::Stopped) => break,
                Err(Failure::Aborted(error)) => {
                    self.shared.failed(self.explained(&error, Some(ready.client())));
                    producer = Some(ready);
                }
                // Nothing is left for being too large once a delivery is given up: a producer that says so is broken.
                Err(Failure::TooLarge) => {}
                Err(Failure::Fatal(error)) => {
                    self.shared.update(|status| status.aborted += 1);
                    if self.is_theft(&error, ready.age()) {
                        return Ok(End::Robbed);
                    }
                    self.shared.failed(self.explained(&error, Some(ready.client())));
                }
            }
            consumer.context().start_over();
            self.shared.pause(patience.failed());
        }
        Ok(End::Stopped)
    }

    /// Whether a producer that failed in a transaction of this `age` was shut out by another instance. The broker tells a
    /// transaction that it gave up on in the same words, but gives up on none before its time.
    fn is_theft(&self, error: &KafkaError, age: Duration) -> bool {
        producer::is_fenced(error) && age < self.options.transaction_timeout
    }

    /// A producer whose former transactions are settled. None if that could not be had soon.
    fn producer(&self, consumer: &Consumer) -> Option<Producer> {
        let producer = match Producer::create(&self.cluster, &self.options) {
            Ok(producer) => producer,
            Err(error) => {
                self.shared.failed(self.explained(&error, None));
                self.shared.pause(BETWEEN_CLIENTS);
                return None;
            }
        };
        while !self.shared.stopped() {
            match producer.init() {
                Ok(()) => return Some(producer),
                Err(error) => {
                    self.shared.failed(self.explained(&error, Some(producer.client())));
                    self.idle(consumer);
                    if !Producer::may_init_again(&error) {
                        self.shared.pause(BETWEEN_CLIENTS);
                        return None;
                    }
                }
            }
        }
        None
    }

    /// Reads a batch and takes it in.
    fn step(&self, consumer: &Consumer, producer: &Producer) -> Result<(), Failure> {
        if consumer.context().is_stale()
            && let Err(error) = consumer::rewind(consumer)
        {
            self.shared
                .failed(self.explained(&error, Some(consumer.context().client())));
            self.idle(consumer);
            return Ok(());
        }
        let batch = self.gather(consumer);
        if batch.is_empty() {
            return Ok(());
        }
        let transactions = Transactions {
            options: &self.options,
            transform: &*self.transform,
            sources: &self.sources,
            shared: &self.shared,
            producer,
            consumer,
        };
        transactions.take(&batch)
    }

    /// The next deliveries; none if there are none for a while or if partitions came or went.
    fn gather<'a>(&self, consumer: &'a Consumer) -> Vec<BorrowedMessage<'a>> {
        let changes = consumer.context().changes();
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut until: Option<Instant> = None;
        while batch.len() < self.options.batch_records_max && bytes < self.options.batch_bytes_max {
            let wait = until.map_or(TICK, |until| until.saturating_duration_since(Instant::now()));
            let polled = consumer.poll(wait);
            if consumer.context().changes() != changes {
                // What comes with the change was not read from where we are.
                if let Some(Ok(message)) = polled {
                    consumer.context().dropped(message.topic(), message.partition());
                }
                return Vec::new();
            }
            match polled {
                None => break,
                Some(Ok(message)) => {
                    bytes += message.payload_len() + message.key_len();
                    batch.push(message);
                    until.get_or_insert_with(|| Instant::now() + self.options.batch_wait);
                }
                Some(Err(error)) => {
                    self.note(consumer, &error);
                    break;
                }
            }
        }
        batch
    }

    /// Serves the group while nothing can be taken in. What comes is read again later.
    fn idle(&self, consumer: &Consumer) {
        match consumer.poll(TICK) {
            None => {}
            Some(Ok(message)) => consumer.context().dropped(message.topic(), message.partition()),
            Some(Err(error)) => self.note(consumer, &error),
        }
    }

    fn note(&self, consumer: &Consumer, error: &KafkaError) {
        self.shared
            .failed(self.explained(error, Some(consumer.context().client())));
    }

    fn explained(&self, error: &KafkaError, client: Option<&cluster::Context>) -> String {
        let report = client.and_then(cluster::Context::report);
        let topic = &self.options.events_topic;
        ClusterError::explain(error, &self.cluster.bootstrap, topic, report.as_ref()).to_string()
    }
}
