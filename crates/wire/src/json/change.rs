//! A change: one event that the views hold.

use origem_codec::json::EventJson;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One event that the views hold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// Where it stands in the log.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
    /// The conversation it belongs to now; absent for events of the channel or account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
    /// The event, in the shape in which producers write events; absent if the record cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub event: Option<Value>,
}

impl Change {
    /// A change.
    #[must_use]
    pub fn of(change: &origem_engine::Change) -> Self {
        Self {
            position: change.position,
            conversation: change.conversation,
            event: change.event.as_ref().map(|event| EventJson::new(event, None).value()),
        }
    }
}
