//! An anomaly: an event that could not be understood or applied.

use origem_domain::event::Kind;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_engine::query;
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Channel;

/// An event that could not be understood or applied; its bytes are in the log at `position`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Anomaly {
    /// The event.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
    /// `unrecognised`, `bad_time`, `identity_conflict`, `voided`, `no_contact`, `undecodable`.
    pub reason: &'static str,
    /// The kind of event; absent if it cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub kind: Option<Kind>,
    /// When it happened; when it was received where that is not known.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// In which conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
    /// More, for a person; without personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Anomaly {
    /// An anomaly.
    #[must_use]
    pub fn of(anomaly: &query::Anomaly) -> Self {
        Self {
            position: anomaly.position,
            reason: anomaly.reason.name(),
            kind: anomaly.kind,
            at: anomaly.at,
            channel: anomaly.channel.as_ref().map(Channel::of),
            conversation: anomaly.conversation,
            detail: anomaly.detail.clone(),
        }
    }
}
