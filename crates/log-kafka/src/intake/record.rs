//! What goes in and what comes out: a delivery as Kafka gave it, the records that it becomes, and who makes them.

use origem_domain::position::Partition;
use origem_domain::time::Timestamp;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};

use crate::{Attributes, Described};

/// A delivery as a topic gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound<'a> {
    /// The topic.
    pub topic: &'a str,
    /// What the configuration says the topic's values are, if it does.
    pub source: Option<&'a str>,
    /// The partition.
    pub partition: u32,
    /// The place in it.
    pub offset: u64,
    /// The key; means nothing here.
    pub key: Option<&'a [u8]>,
    /// The value; `None` for a tombstone.
    pub value: Option<&'a [u8]>,
    /// When the producer or the broker says it was published.
    pub timestamp: Option<Timestamp>,
    /// All headers, in order.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// What the headers say by CloudEvents.
    pub attributes: Attributes,
}

impl<'a> Inbound<'a> {
    pub(super) fn of(message: &'a BorrowedMessage<'_>, source: Option<&'a str>) -> Self {
        let headers = message.headers();
        let pairs = headers.into_iter().flat_map(|headers| headers.iter());
        Self {
            topic: message.topic(),
            source,
            partition: message.partition().unsigned_abs(),
            offset: message.offset().unsigned_abs(),
            key: message.key(),
            value: message.payload(),
            timestamp: message.timestamp().to_millis().map(Timestamp::from_millis),
            headers: pairs
                .map(|header| (header.key, header.value.unwrap_or_default()))
                .collect(),
            attributes: Attributes::from_headers(headers),
        }
    }
}

/// A record for the events topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// The partition to write to.
    pub partition: Partition,
    /// The record.
    pub record: Vec<u8>,
    /// Its key and headers, as the log itself would write them.
    pub described: Described,
    /// Whether it stands for something that was not understood; only counted.
    pub unrecognised: bool,
}

/// Room that a record alone in its batch takes beside what it holds.
const BATCH_BYTES: usize = 128;
/// Room that a header takes beside name and value.
const HEADER_BYTES: usize = 10;

impl Outgoing {
    /// The most bytes that it takes in the topic, not compressed.
    pub(super) fn bytes(&self) -> usize {
        let Described { key, attributes } = &self.described;
        let headers = attributes.bytes() + attributes.count() * HEADER_BYTES;
        BATCH_BYTES + key.len() + self.record.len() + headers
    }
}

/// Why the events topic does not take a record of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A record of it is larger than the topic takes.
    TooLarge {
        /// Bytes that a record may have, where that is known here and not only to the broker.
        limit: Option<usize>,
    },
}

/// Makes records of deliveries. Called on the thread of intake; a delivery may be given again (its transaction was aborted).
pub trait Transform: Send + Sync {
    /// The records of a delivery, in order. None is an answer too.
    fn transform(&self, inbound: &Inbound<'_>) -> Vec<Outgoing>;

    /// The records of a delivery, in place of those that the topic does not take: small ones that say so, so that the delivery
    /// counts. If they do not fit either, the delivery is given up and reported.
    fn refused(&self, inbound: &Inbound<'_>, why: Refusal) -> Vec<Outgoing>;
}
