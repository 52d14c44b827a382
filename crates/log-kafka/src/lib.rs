//! Everything that speaks to Apache Kafka: the log port over a topic, intake from topics, the group that shares partitions
//! among instances, projected topics, and the care of topics.
//!
//! Consumers are polled on threads of their own, for librdkafka's callbacks run inside `poll`. Nothing outside this crate
//! names librdkafka.

pub mod admin;
mod cluster;
mod error;
mod group;
mod headers;
mod intake;
mod log;
mod outlet;
mod reader;
mod topics;
mod writer;

pub use cluster::Cluster;
pub use error::{ClusterError, OpenError};
pub use group::{
    CARD_BYTES_MAX, GroupError, GroupOptions, Listener, Membership, MembershipStatus, Owner, Owners, Protocol,
};
pub use headers::{Attributes, JSON, PROTOBUF};
pub use intake::{
    Inbound, InboundTopic, Intake, IntakeError, IntakeOptions, IntakeStatus, Outgoing, Refusal, Transform,
};
pub use log::{Describe, Described, KafkaLog, LogOptions};
pub use outlet::{KafkaOutlet, OutletOptions};
pub use topics::Topics;
