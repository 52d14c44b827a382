//! A change: one event that the views hold.

use origem_codec::json::EventJson;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_domain::windows::{self as domain, Window};
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
    /// What the event did to the session windows of the conversation, at its own time; absent where it changed nothing, or was
    /// delivered before. That a window closes by time is no event: compare `closes_at` with the clock.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<WindowChange>,
}

/// What an event did to a session window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WindowChange {
    /// `customer_care`, `free_entry_point`, `private_reply`, `marketing`, `conversation`.
    pub window: &'static str,
    /// Of a conversation as the provider counted them until 2025-06-30: its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'static str>,
    /// `opened`, `refreshed`, `refused_by_provider` (which closes it), `candidate`, `extended`, `estimated`, `confirmed`, `moved`,
    /// `rejected`, `withdrawn`, `used`, `stopped`, `resumed`.
    #[schema(example = "opened")]
    pub change: &'static str,
    /// When the window closes from then on, unless more happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Timestamp>,
    /// Of `candidate` and `extended`: the last instant to answer the ad click.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reply_by: Option<Timestamp>,
}

impl WindowChange {
    /// What an event did to a window.
    #[must_use]
    pub const fn of(window: Window, change: domain::Change) -> Self {
        let waits = matches!(
            change,
            domain::Change::Candidate { .. } | domain::Change::Extended { .. }
        );
        let (closes_at, reply_by) = if waits {
            (None, change.until())
        } else {
            (change.until(), None)
        };
        Self {
            window: window.name(),
            category: match window {
                Window::Conversation(category) => Some(category.name()),
                _ => None,
            },
            change: change.name(),
            closes_at,
            reply_by,
        }
    }
}

impl Change {
    /// A change.
    #[must_use]
    pub fn of(change: &origem_engine::Change) -> Self {
        Self {
            position: change.position,
            conversation: change.conversation,
            event: change.event.as_ref().map(|event| EventJson::new(event, None).value()),
            windows: change
                .windows
                .iter()
                .map(|(window, change)| WindowChange::of(*window, *change))
                .collect(),
        }
    }
}
