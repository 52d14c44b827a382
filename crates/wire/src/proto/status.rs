//! How an instance and its partitions are.

use crate::json;
use crate::proto::{PartitionStatus, Status};

impl From<json::Status> for Status {
    fn from(status: json::Status) -> Self {
        let told = |text: Option<&'static str>| text.map(str::to_owned);
        let readiness = status.readiness;
        Self {
            ready: readiness.ready,
            cause: told(readiness.cause),
            lag: readiness.lag,
            conversations: status.conversations,
            partitions: status.partitions.into_iter().map(Into::into).collect(),
            message: told(readiness.message),
            advice: told(readiness.advice),
            lag_seconds: readiness.lag_seconds,
            log: told(readiness.log),
            anomalies: status.anomalies,
            partition: readiness.partition,
        }
    }
}

impl From<json::PartitionStatus> for PartitionStatus {
    fn from(status: json::PartitionStatus) -> Self {
        Self {
            partition: status.partition,
            tail: status.tail,
            checkpoint: status.checkpoint,
            lag: status.lag,
            lag_seconds: status.lag_seconds,
            loading: status.loading,
            stalled: status.stalled,
            log_away: status.log_away,
            failed: status.failed,
        }
    }
}
