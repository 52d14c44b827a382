//! The producer of intake: one transaction at a time, every call of it judged by what has to follow when it fails.

use std::cell::Cell;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext, PurgeConfig};
use rdkafka::{ClientConfig, ClientContext, TopicPartitionList};

use super::status::Shared;
use super::{IntakeOptions, Outgoing};
use crate::group::millis;
use crate::{Cluster, cluster};

/// The longest that one call to the coordinator blocks; it is repeated as long as that makes sense.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two tries of the same call.
const PAUSE: Duration = Duration::from_millis(50);
/// How often delivery reports are served while records are sent.
const SENDS_PER_POLL: usize = 100;

/// Why a transaction did not go through.
#[derive(Debug)]
pub(super) enum Failure {
    /// The broker finds a record too large. Nothing is wrong with the rest.
    TooLarge,
    /// Aborted; the same deliveries may be tried again.
    Aborted(KafkaError),
    /// The producer is of no use any more.
    Fatal(KafkaError),
    /// Intake was stopped while a call was tried again and again.
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Again,
    Abort,
    Fatal,
}

/// A producer of transactions under one name.
pub(super) struct Producer {
    producer: BaseProducer<Context>,
    topic: String,
    /// When the transaction at hand, or the last one, began.
    begun: Cell<Instant>,
}

pub(super) struct Context {
    client: cluster::Context,
    /// The first record of the transaction that was not delivered.
    failure: Mutex<Option<KafkaError>>,
}

pub(super) fn config(cluster: &Cluster, options: &IntakeOptions) -> ClientConfig {
    let defaults = [
        ("linger.ms", "2"),
        ("batch.size", "1000000"),
        ("compression.codec", "lz4"),
        ("queue.buffering.max.messages", "500000"),
    ];
    let mut config = cluster.client(&defaults, &[("enable.idempotence", "true"), ("acks", "all")]);
    config
        .set("transactional.id", &options.transactional_id)
        .set("transaction.timeout.ms", millis(options.transaction_timeout))
        .set("message.timeout.ms", millis(options.transaction_timeout))
        .set("message.max.bytes", options.record_bytes_max.to_string());
    config
}

impl Producer {
    pub(super) fn create(cluster: &Cluster, options: &IntakeOptions) -> KafkaResult<Self> {
        let context = Context {
            client: cluster.context(),
            failure: Mutex::default(),
        };
        Ok(Self {
            producer: config(cluster, options).create_with_context(context)?,
            topic: options.events_topic.clone(),
            begun: Cell::new(Instant::now()),
        })
    }

    pub(super) fn client(&self) -> &cluster::Context {
        &self.producer.context().client
    }

    /// Takes over the name: what a former producer left open is aborted or finished, and it can add nothing more. One try.
    pub(super) fn init(&self) -> KafkaResult<()> {
        // A token, where one is needed, is asked for by an event.
        self.producer.poll(Duration::ZERO);
        self.producer.init_transactions(CALL_TIMEOUT)
    }

    /// Whether another try of [`Producer::init`] with this producer makes sense.
    pub(super) fn may_init_again(error: &KafkaError) -> bool {
        judged(error) == Verdict::Again
    }

    pub(super) fn begin(&self) -> Result<(), Failure> {
        *self.failure() = None;
        self.begun.set(Instant::now());
        self.producer.begin_transaction().map_err(Failure::Fatal)
    }

    /// How long ago the transaction at hand, or the last one, began; for the broker it began later.
    pub(super) fn age(&self) -> Duration {
        self.begun.get().elapsed()
    }

    /// Sends `records`, in order, and waits until the broker has all of them.
    pub(super) fn send(&self, records: impl Iterator<Item = Outgoing>, shared: &Shared) -> Result<(), Failure> {
        for (index, outgoing) in records.enumerate() {
            let mut record = BaseRecord::<[u8], [u8]>::to(&self.topic)
                .partition(i32::try_from(outgoing.partition.0).unwrap_or(i32::MAX))
                .key(outgoing.described.key.as_slice())
                .payload(outgoing.record.as_slice())
                .headers(outgoing.described.attributes.to_headers());
            while let Err((error, back)) = self.producer.send(record) {
                match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::QueueFull) if !shared.stopped() => {
                        record = back;
                        self.producer.poll(Duration::from_millis(1));
                    }
                    Some(RDKafkaErrorCode::QueueFull) => return Err(Failure::Stopped),
                    Some(RDKafkaErrorCode::MessageSizeTooLarge) => return Err(Failure::TooLarge),
                    _ => return Err(Failure::Aborted(error)),
                }
            }
            if index % SENDS_PER_POLL == 0 {
                self.producer.poll(Duration::ZERO);
            }
        }
        // Short polls: committing with undelivered records would wait in steps of 100 ms.
        let begun = Instant::now();
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(Duration::from_millis(1));
            if shared.stopped() && begun.elapsed() > CALL_TIMEOUT {
                return Err(Failure::Stopped);
            }
        }
        match self.failure().take() {
            None => Ok(()),
            Some(error) if is_too_large(&error) => Err(Failure::TooLarge),
            Some(error) => Err(Failure::Aborted(error)),
        }
    }

    /// Commits what was sent together with `offsets`, in the group's `generation`.
    pub(super) fn commit(
        &self,
        offsets: &TopicPartitionList,
        generation: &ConsumerGroupMetadata,
        shared: &Shared,
    ) -> Result<(), Failure> {
        repeated(shared, || {
            self.producer
                .send_offsets_to_transaction(offsets, generation, CALL_TIMEOUT)
        })?;
        repeated(shared, || self.producer.commit_transaction(CALL_TIMEOUT))
    }

    /// Aborts; afterwards another transaction may begin.
    pub(super) fn abort(&self, shared: &Shared) -> Result<(), Failure> {
        // An abort fails while reports wait to be served.
        self.producer.purge(PurgeConfig::default().queue());
        let begun = Instant::now();
        while self.producer.in_flight_count() > 0 && begun.elapsed() < CALL_TIMEOUT {
            self.producer.poll(Duration::from_millis(1));
        }
        match repeated(shared, || {
            self.producer.poll(Duration::ZERO);
            self.producer.abort_transaction(CALL_TIMEOUT)
        }) {
            // There is nothing left to abort with.
            Err(Failure::Aborted(error)) => Err(Failure::Fatal(error)),
            other => other,
        }
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<KafkaError>> {
        let context = self.producer.context();
        context.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls until it goes through, or trying again makes no sense.
fn repeated(shared: &Shared, mut call: impl FnMut() -> KafkaResult<()>) -> Result<(), Failure> {
    loop {
        let Err(error) = call() else {
            return Ok(());
        };
        match judged(&error) {
            Verdict::Again if shared.stopped() => return Err(Failure::Stopped),
            Verdict::Again => {
                shared.failed(error.to_string());
                shared.pause(PAUSE);
            }
            Verdict::Abort => return Err(Failure::Aborted(error)),
            Verdict::Fatal => return Err(Failure::Fatal(error)),
        }
    }
}

fn judged(error: &KafkaError) -> Verdict {
    match error {
        KafkaError::Transaction(error) if error.is_fatal() => Verdict::Fatal,
        KafkaError::Transaction(error) if error.txn_requires_abort() => Verdict::Abort,
        KafkaError::Transaction(error) if error.is_retriable() => Verdict::Again,
        KafkaError::Flush(_) => Verdict::Again,
        // Not known: a new producer knows no past.
        _ => Verdict::Fatal,
    }
}

/// Whether another producer took the name, or the broker gave up on the transaction: it tells both alike.
pub(super) fn is_fenced(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
    )
}

fn is_too_large(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize)
    )
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

impl ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            // What follows a record that is too large fails for that reason only.
            if failure.is_none() || is_too_large(error) {
                *failure = Some(error.clone());
            }
        }
    }
}
