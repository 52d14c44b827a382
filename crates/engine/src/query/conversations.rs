//! One conversation.

use origem_domain::key::ConversationId;
use origem_views::card::{self, Card};
use origem_views::identity::{self, Identity};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// A conversation with its contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// What is known of it.
    pub card: Card,
    /// The contact's aliases.
    pub identity: Identity,
}

/// A question for one conversation.
#[derive(Serialize, Deserialize)]
pub(super) struct One(ConversationId);

impl Question for One {
    const NAME: &'static str = "conversation";
    const SEEKS: bool = true;
    type Answer = Conversation;

    fn answer(&self, view: View<'_>) -> Result<Conversation, EngineError> {
        view.conversation(self.0)
    }
}

impl Engine {
    /// A conversation.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn conversation(&self, id: ConversationId) -> Result<Conversation, EngineError> {
        self.ask(&One(id))
    }
}

impl View<'_> {
    /// A conversation.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub fn conversation(&self, id: ConversationId) -> Result<Conversation, EngineError> {
        let (id, card) = self.card(id)?;
        let missing = || EngineError::NoConversation { what: id.to_string() };
        let identity = identity::load(self.rows, id)?.ok_or_else(missing)?;
        Ok(Conversation { id, card, identity })
    }

    /// Every conversation there is, groups included, in order of ids.
    ///
    /// # Errors
    /// `Rows`.
    pub fn conversations(&self) -> Result<Vec<ConversationId>, EngineError> {
        Ok(card::all(self.rows).collect::<Result<_, _>>()?)
    }
}
