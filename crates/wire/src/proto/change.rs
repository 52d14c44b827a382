//! A change: one event that the views hold.

use crate::proto::{Change, Event};

impl Change {
    /// A change; `cursor` is what a listener goes on with behind it.
    #[must_use]
    pub fn of(change: &origem_engine::Change, cursor: String) -> Self {
        Self {
            position: change.position.to_string(),
            cursor,
            conversation: change.conversation.map(|id| id.to_string()),
            event: change.event.as_ref().map(Event::of),
        }
    }
}
