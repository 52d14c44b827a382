//! What intake reads, where it writes and how much at a time.

use std::time::Duration;

use crate::Protocol;

/// A topic to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundTopic {
    /// Its name.
    pub topic: String,
    /// What its values are (`meta`, `twilio`, ...), unless their headers say otherwise. `None`: only headers say.
    pub source: Option<String>,
}

/// How intake works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeOptions {
    /// What to read.
    pub topics: Vec<InboundTopic>,
    /// Where to write.
    pub events_topic: String,
    /// The group whose members share the partitions.
    pub group: String,
    /// The name of this instance's transactions: the same after a restart, so that what it left open is aborted at once, and
    /// another for each instance.
    pub transactional_id: String,
    /// A name that an instance keeps over restarts (static membership), as in [`GroupOptions`](crate::GroupOptions).
    pub instance_id: Option<String>,
    /// How the group agrees on who owns what.
    pub protocol: Protocol,
    /// Silence after which an instance counts as gone; of the classic protocol.
    pub session_timeout: Duration,
    /// Deliveries in a transaction at most. A transaction takes some 20 ms whatever is in it, because the broker first finishes
    /// the one before, so that when many wait, few and large ones are faster; when few wait, it is small by itself.
    pub batch_records_max: usize,
    /// Bytes of deliveries in a transaction, above which no other is added.
    pub batch_bytes_max: usize,
    /// How long a batch waits for more after its first delivery.
    pub batch_wait: Duration,
    /// The largest record that the events topic takes (its `max.message.bytes`), bytes with key and headers.
    pub record_bytes_max: usize,
    /// A transaction that is open for longer is aborted by the broker. Until then, readers of the events wait for an instance
    /// that died and did not come back.
    pub transaction_timeout: Duration,
}

impl IntakeOptions {
    /// The usual: 5,000 deliveries or 16 MiB at a time, 5 ms of waiting, records up to 1,000,000 bytes, 20 s a transaction.
    #[must_use]
    pub fn new(topics: Vec<InboundTopic>, events_topic: &str, group: &str, transactional_id: &str) -> Self {
        Self {
            topics,
            events_topic: events_topic.to_owned(),
            group: group.to_owned(),
            transactional_id: transactional_id.to_owned(),
            instance_id: None,
            protocol: Protocol::Auto,
            session_timeout: Duration::from_secs(10),
            batch_records_max: 5000,
            batch_bytes_max: 16 << 20,
            batch_wait: Duration::from_millis(5),
            record_bytes_max: 1_000_000,
            transaction_timeout: Duration::from_secs(20),
        }
    }
}
