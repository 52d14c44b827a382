//! A change: one event that the views hold.

use crate::json;
use crate::proto::{Change, Event, WindowChange, timestamp};

impl Change {
    /// A change; `cursor` is what a listener goes on with behind it.
    #[must_use]
    pub fn of(change: &origem_engine::Change, cursor: String) -> Self {
        Self {
            position: change.position.to_string(),
            cursor,
            conversation: change.conversation.map(|id| id.to_string()),
            event: change.event.as_ref().map(Event::of),
            windows: change
                .windows
                .iter()
                .map(|(window, change)| json::WindowChange::of(*window, *change).into())
                .collect(),
        }
    }
}

impl From<json::WindowChange> for WindowChange {
    fn from(told: json::WindowChange) -> Self {
        Self {
            window: told.window.to_owned(),
            category: told.category.map(str::to_owned),
            change: told.change.to_owned(),
            closes_at: told.closes_at.map(timestamp),
            reply_by: told.reply_by.map(timestamp),
        }
    }
}
