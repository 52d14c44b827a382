//! The producer of a log: idempotent, acknowledged by all replicas, with a thread that takes the delivery reports.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{ProducerContext, ThreadedProducer};

use super::pending::Pending;
use crate::cluster::{Cluster, Context, Report};
use crate::error::ClusterError;

pub(super) type Producer = ThreadedProducer<Reports>;

/// Wins over nothing the operator sets.
const DEFAULTS: &[(&str, &str)] = &[
    // Callers come with batches and wait for them: there is nothing to linger for but the rest of a batch.
    ("linger.ms", "1"),
    ("compression.codec", "lz4"),
    ("queue.buffering.max.messages", "500000"),
    ("queue.buffering.max.kbytes", "262144"),
];

/// Largest request for which librdkafka batches, bytes.
const BATCH_BYTES: u64 = 1_000_000;
/// The range of `message.max.bytes` in librdkafka.
const MESSAGE_BYTES: (u64, u64) = (1_000, 1_000_000_000);

/// A producer whose records fit a topic that takes `limit` bytes, and which gives up on a record after `timeout`.
pub(super) fn create(cluster: &Cluster, limit: u64, timeout: Duration) -> Result<Producer, ClusterError> {
    let limit = limit.clamp(MESSAGE_BYTES.0, MESSAGE_BYTES.1);
    let fixed = [
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("message.max.bytes", &limit.to_string()),
        ("batch.size", &limit.min(BATCH_BYTES).to_string()),
        ("message.timeout.ms", &timeout.as_millis().max(1).to_string()),
    ];
    cluster
        .client(DEFAULTS, &fixed)
        .create_with_context(Reports(cluster.context()))
        .map_err(|error| ClusterError::explain(&error, &cluster.bootstrap, "", None))
}

/// Hands delivery reports to the batches they belong to.
pub(super) struct Reports(Context);

impl Reports {
    pub fn report(&self) -> Option<Report> {
        self.0.report()
    }

    pub fn forget(&self) {
        self.0.forget();
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Arc<Pending>;

    fn delivery(&self, result: &DeliveryResult<'_>, pending: Arc<Pending>) {
        match result {
            Ok(message) => pending.delivered(message.offset()),
            Err((error, _)) => pending.failed(1, error.clone()),
        }
    }
}

impl ClientContext for Reports {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = Context::ENABLE_REFRESH_OAUTH_TOKEN;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.0.generate_oauth_token(config)
    }
}
