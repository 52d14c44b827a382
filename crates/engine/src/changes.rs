//! The feed of changes: derived from the log, so it can be resumed from any position.

use origem_codec as codec;
use origem_domain::event::Event;
use origem_domain::key::ConversationId;
use origem_domain::position::{Offset, Partition, Position};
use origem_log::ReadLimit;
use origem_views::identity;
use origem_views::layout::Scope;

use crate::engine::Engine;
use crate::error::EngineError;

/// One event that the views hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where it stands.
    pub position: Position,
    /// The conversation it belongs to now; `None` for events of the channel or account.
    pub conversation: Option<ConversationId>,
    /// The event; `None` if the record cannot be decoded.
    pub event: Option<Event>,
}

impl Engine {
    /// Up to `limit` changes from `from` on, in order. Only events that the views hold already are given, so that what is
    /// read after a change shows it. Empty if there is nothing new yet.
    ///
    /// # Errors
    /// `Log` (a position before the start or behind the tail), `Rows`.
    pub fn changes(&self, from: Position, limit: usize) -> Result<Vec<Change>, EngineError> {
        let projected = self.watch().borrow().checkpoint.next;
        if from.offset >= projected {
            return Ok(Vec::new());
        }
        let limit = ReadLimit {
            records_max: limit.max(1),
            ..ReadLimit::default()
        };
        let batch = self
            .log()
            .read(from.partition, from.offset, limit)
            .map_err(EngineError::Log)?;
        let visible = batch.iter().take_while(|(offset, _)| *offset < projected);
        visible
            .map(|(offset, bytes)| self.change(from.partition, offset, bytes))
            .collect()
    }

    fn change(&self, partition: Partition, offset: Offset, bytes: &[u8]) -> Result<Change, EngineError> {
        let position = Position { partition, offset };
        let Ok(recorded) = codec::decode(position, bytes) else {
            return Ok(Change {
                position,
                conversation: None,
                event: None,
            });
        };
        let scope = Scope::of(&recorded.event.account, &recorded.event.channel, recorded.keys.group);
        let mut conversation = None;
        for alias in recorded
            .keys
            .aliases
            .iter()
            .chain(&recorded.keys.from)
            .chain(&recorded.keys.to)
        {
            conversation = identity::owner(self.rows(), scope, *alias)?;
            if conversation.is_some() {
                break;
            }
        }
        Ok(Change {
            position,
            conversation,
            event: Some(recorded.event),
        })
    }
}
