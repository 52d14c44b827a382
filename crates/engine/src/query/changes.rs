//! The feed of changes: derived from the log, so it can be resumed from any place.

mod windows;

use std::time::Duration;

use origem_domain::event::Event;
use origem_domain::key::ConversationId;
use origem_domain::position::{Offset, Position, Positions};
use origem_domain::record::Recorded;
use origem_domain::windows::{Change as WindowChange, Window};
use origem_log::ReadLimit;
use origem_projector::{Decoded, decode};
use origem_views::identity;
use origem_views::layout::Scope;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

use windows::Steps;

/// One event that the views hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Where it stands.
    pub position: Position,
    /// The conversation it belongs to now; `None` for events of the channel or account.
    pub conversation: Option<ConversationId>,
    /// The event; `None` if the record cannot be decoded.
    #[serde(with = "as_text")]
    pub event: Option<Event>,
    /// What the event did to the session windows of the conversation; nothing if it was delivered before. An event that came late
    /// did it at its own time, among the events that the views hold by now.
    pub windows: Vec<(Window, WindowChange)>,
}

/// Events are made for JSON, which tells fields by name.
mod as_text {
    use origem_domain::event::Event;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de, ser};

    pub fn serialize<S: Serializer>(event: &Option<Event>, serializer: S) -> Result<S::Ok, S::Error> {
        let text = event.as_ref().map(serde_json::to_string).transpose();
        text.map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Event>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| serde_json::from_str(&text).map_err(de::Error::custom))
            .transpose()
    }
}

/// A question for what happened after a place.
#[derive(Serialize, Deserialize)]
pub(super) struct After {
    seen: Positions,
    limit: usize,
}

impl Question for After {
    const NAME: &'static str = "changes";
    // It reads the log.
    const PATIENCE: Duration = Duration::from_secs(10);
    type Answer = Vec<Change>;

    fn answer(&self, view: View<'_>) -> Result<Vec<Change>, EngineError> {
        let from = match self.seen.get(view.partition) {
            Some(seen) => seen.plus(1),
            None => view.log.start(view.partition).map_err(EngineError::Log)?,
        };
        view.changes(from, self.limit)
    }

    /// Each partition's in order, one partition after the other: there is no order between them.
    fn combine(&self, answers: Vec<Vec<Change>>) -> Option<Vec<Change>> {
        let mut all: Vec<Change> = answers.into_iter().flatten().collect();
        all.sort_by_key(|change| change.position);
        Some(all)
    }
}

impl Engine {
    /// Up to `limit` changes of each partition after what was seen of it, in order; of a partition of which nothing was seen,
    /// from its start. Only events that the views hold already are given, so that what is read after a change shows it.
    /// Empty if there is nothing new yet.
    ///
    /// # Errors
    /// `Log` (a place before the start or behind the tail); as [`Engine::ask`].
    pub fn changes(&self, seen: &Positions, limit: usize) -> Result<Vec<Change>, EngineError> {
        let seen = seen.clone();
        self.ask(&After { seen, limit })
    }
}

impl View<'_> {
    fn changes(&self, from: Offset, limit: usize) -> Result<Vec<Change>, EngineError> {
        let (mut from, mut changes) = (from, Vec::new());
        let mut steps = Steps::new(*self);
        while changes.is_empty() && from < self.checkpoint.next {
            let limit = ReadLimit {
                records_max: limit.max(1),
                ..ReadLimit::default()
            };
            let batch = self.log.read(self.partition, from, limit).map_err(EngineError::Log)?;
            let visible = batch.iter().take_while(|(offset, _)| *offset < self.checkpoint.next);
            for (offset, bytes) in visible {
                self.add_changes(offset, bytes, &mut steps, &mut changes)?;
            }
            // A batch may hold marks of a broker only.
            from = batch.next();
        }
        Ok(changes)
    }

    /// Adds the changes of a record, which the views may read as several events: all at its position, and never parted.
    fn add_changes(
        &self,
        offset: Offset,
        bytes: &[u8],
        steps: &mut Steps<'_>,
        changes: &mut Vec<Change>,
    ) -> Result<(), EngineError> {
        let position = Position {
            partition: self.partition,
            offset,
        };
        let mut events = Vec::with_capacity(1);
        decode(position, bytes, self.reading, &mut events);
        for event in events {
            changes.push(match event {
                Decoded::Event(recorded) => self.change(*recorded, steps)?,
                Decoded::Undecodable { .. } => Change {
                    position,
                    conversation: None,
                    event: None,
                    windows: Vec::new(),
                },
            });
        }
        Ok(())
    }

    fn change(&self, recorded: Recorded, steps: &mut Steps<'_>) -> Result<Change, EngineError> {
        let scope = Scope::of(&recorded.event.account, &recorded.event.channel, recorded.keys.group);
        let keys = &recorded.keys;
        let mut conversation = None;
        for alias in keys.aliases.iter().chain(&keys.from).chain(&keys.to) {
            conversation = identity::owner(self.rows, scope, *alias)?;
            if conversation.is_some() {
                break;
            }
        }
        let windows = match conversation {
            Some(conversation) => steps.windows(conversation, &recorded)?,
            None => Vec::new(),
        };
        Ok(Change {
            position: recorded.position,
            conversation,
            windows,
            event: Some(recorded.event),
        })
    }
}

#[cfg(test)]
mod tests;
