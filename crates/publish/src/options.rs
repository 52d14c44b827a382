//! How a publisher works.

use std::time::Duration;

use origem_domain::position::Partition;

/// How a publisher works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The partition of the log whose views are published.
    pub partition: Partition,
    /// Where in the topics its values go.
    pub partitions: Partitions,
    /// How values are written.
    pub format: Format,
    /// Who says it: `ce_source` of every record, a URI reference.
    pub source: String,
    /// How many conversations a transaction publishes at most, counting those that changed and those that are compared after
    /// a takeover apart.
    pub conversations_max: usize,
    /// The shortest time between the beginnings of two transactions, while the publisher keeps up. A reader is behind the
    /// views by about as much.
    pub interval: Duration,
    /// The longest time to wait before trying again what failed; the first is a hundredth of it.
    pub retry_max: Duration,
}

impl Default for Options {
    /// Partition 0 to partition 0, JSON, 1,000 conversations every 25 ms, tried again after 100 ms to 10 s.
    fn default() -> Self {
        Self {
            partition: Partition(0),
            partitions: Partitions::Same,
            format: Format::default(),
            source: "origem".to_owned(),
            conversations_max: 1_000,
            interval: Duration::from_millis(25),
            retry_max: Duration::from_secs(10),
        }
    }
}

/// Where in the topics the values of a partition of the log go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partitions {
    /// Into the partition of the same number: the log is a topic with as many partitions.
    Same,
    /// Into the partition of the conversation's channel among so many: the log has one partition, the topics have their own.
    ByChannel(u32),
}

/// How values are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON, in the shapes of the HTTP API.
    #[default]
    Json,
    /// Protobuf, in the messages of `origem.api.v1`.
    Protobuf,
}

impl Format {
    /// What the header `content-type` says.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/protobuf",
        }
    }
}
