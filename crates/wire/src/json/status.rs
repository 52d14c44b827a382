//! Whether to send requests to an instance, and how far its views are.

use origem_domain::position::{Offset, Partition};
use origem_domain::time::Timestamp;
use origem_engine as engine;
use origem_engine::{Cause, Readiness};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether to send requests here, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ready {
    /// Whether to send requests here.
    pub ready: bool,
    /// Records appended and not projected yet, when last looked.
    pub lag: u64,
    /// For how many seconds the oldest of them has waited; 0: none waits.
    pub lag_seconds: u64,
    /// `unavailable` while the log cannot be read, `no_space` or `write_unconfirmed` while it takes no appends: what the views hold
    /// is answered all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<&'static str>,
    /// Why not, in a word: `projector_failed`, `log_unavailable`, `views_no_space`, `projector_stalled`, `loading` (the views are
    /// new and not whole yet), `lagging`; in a group of instances also `starting`, `joining` (no partition is known yet), `opening`
    /// (views of a partition), `left_group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// The partition that is to blame, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<u32>,
    /// Why not, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'static str>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
}

impl Ready {
    /// What is told of readiness; `refusal`: why the log takes no appends; `now` is the clock that records are received by.
    #[must_use]
    pub fn of(readiness: &Readiness, refusal: Option<&'static str>, now: Timestamp) -> Self {
        let Readiness {
            cause,
            partition,
            status,
        } = readiness;
        Self {
            ready: cause.is_none(),
            lag: status.lag(),
            lag_seconds: status.lag_time(now).as_secs(),
            log: status.log_away().then_some("unavailable").or(refusal),
            cause: cause.map(|Cause { code, .. }| code),
            partition: partition.map(|Partition(number)| number),
            message: cause.map(|Cause { message, .. }| message),
            advice: cause.map(|Cause { advice, .. }| advice),
        }
    }
}

/// Whether to send requests to this instance, and how far each of its partitions is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Status {
    /// What `/readyz` says.
    #[serde(flatten)]
    pub readiness: Ready,
    /// Conversations the views hold.
    pub conversations: u64,
    /// Anomalies the views hold.
    pub anomalies: u64,
    /// Each partition of the log that is served here.
    pub partitions: Vec<PartitionStatus>,
}

impl Status {
    /// What is told of an instance; see [`Ready::of`].
    #[must_use]
    pub fn of(readiness: &Readiness, refusal: Option<&'static str>, now: Timestamp) -> Self {
        let status = &readiness.status;
        let partitions = status.partitions.iter();
        Self {
            readiness: Ready::of(readiness, refusal, now),
            conversations: status.sum(|progress| progress.checkpoint.conversations),
            anomalies: status.sum(|progress| progress.checkpoint.anomalies.total()),
            partitions: partitions.map(|one| PartitionStatus::of(one, now)).collect(),
        }
    }
}

/// How far the views of one partition are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartitionStatus {
    /// Its number.
    pub partition: u32,
    /// The next offset to be appended.
    pub tail: u64,
    /// The next offset to be projected.
    pub checkpoint: u64,
    /// Records appended and not projected yet.
    pub lag: u64,
    /// For how many seconds the oldest of them has waited; 0: none waits.
    pub lag_seconds: u64,
    /// The views are new and not whole yet.
    pub loading: bool,
    /// Records wait, and none was projected for too long.
    pub stalled: bool,
    /// The log could not be read when it was last tried.
    pub log_away: bool,
    /// The projector has stopped for good.
    pub failed: bool,
}

impl PartitionStatus {
    fn of(one: &engine::PartitionStatus, now: Timestamp) -> Self {
        let (Partition(partition), Offset(tail)) = (one.partition, one.tail);
        Self {
            partition,
            tail,
            checkpoint: one.progress.checkpoint.next.0,
            lag: one.lag(),
            lag_seconds: one.lag_time(now).as_secs(),
            loading: one.progress.loading,
            stalled: one.stalled,
            log_away: one.progress.log_away,
            failed: one.progress.failed,
        }
    }
}
