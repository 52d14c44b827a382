//! An anomaly: an event that could not be understood or applied.

use crate::json;
use crate::proto::{Anomaly, timestamp};

impl From<json::Anomaly> for Anomaly {
    fn from(anomaly: json::Anomaly) -> Self {
        Self {
            position: anomaly.position.to_string(),
            reason: anomaly.reason.name().to_owned(),
            kind: anomaly.kind.map(|kind| kind.name().to_owned()),
            at: anomaly.at.map(timestamp),
            channel: anomaly.channel.map(Into::into),
            conversation: anomaly.conversation.map(|id| id.to_string()),
            detail: anomaly.detail,
            received_at: anomaly.received_at.map(timestamp),
            account: anomaly.account,
        }
    }
}
