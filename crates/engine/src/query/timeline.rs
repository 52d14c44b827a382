//! Touches and tickets of a conversation.

use origem_domain::event::Channel;
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::ticket::Ticket;
use origem_domain::touch::Touch;
use origem_views::card::Card;
use origem_views::ledger::Ledger;
use origem_views::thread::{Line, Thread};

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// A touch with what other rows know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchView {
    /// The touch.
    pub touch: Touch,
    /// The ticket it belongs to, also where the ticket opened after it.
    pub ticket: Option<TicketId>,
    /// The provider's id of the message that is its evidence.
    pub message_id: Option<String>,
    /// The tenant.
    pub account: String,
    /// The business address it happened on.
    pub channel: Channel,
}

/// A ticket with its origins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketView {
    /// The ticket.
    pub ticket: Ticket,
    /// Its touches, in order of time.
    pub origins: Vec<TouchView>,
}

impl TouchView {
    /// A touch of the conversation of a card; `line`: of the thread, what it comes from.
    pub(super) fn of(touch: Touch, ticket: Option<TicketId>, line: Option<&Line>, card: &Card) -> Self {
        Self {
            ticket,
            message_id: line.and_then(Line::message_id).map(str::to_owned),
            account: card.account.clone(),
            channel: card.channel.clone(),
            touch,
        }
    }
}

impl TicketView {
    /// A ticket with those of its conversation's touches that are its own.
    pub(super) fn of(ticket: Ticket, touches: &[TouchView]) -> Self {
        let own = touches.iter().filter(|view| view.ticket == Some(ticket.id));
        Self {
            origins: own.cloned().collect(),
            ticket,
        }
    }
}

/// A question for the touches of a conversation.
#[derive(Serialize, Deserialize)]
pub(super) struct Timeline(ConversationId);

impl Question for Timeline {
    const NAME: &'static str = "timeline";
    const SEEKS: bool = true;
    type Answer = Vec<TouchView>;

    fn answer(&self, view: View<'_>) -> Result<Vec<TouchView>, EngineError> {
        view.timeline(self.0)
    }
}

/// A question for the tickets of a conversation.
#[derive(Serialize, Deserialize)]
pub(super) struct Tickets(ConversationId);

impl Question for Tickets {
    const NAME: &'static str = "tickets";
    const SEEKS: bool = true;
    type Answer = Vec<TicketView>;

    fn answer(&self, view: View<'_>) -> Result<Vec<TicketView>, EngineError> {
        view.tickets(self.0)
    }
}

impl Engine {
    /// Every touch of a conversation, in order of time.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn timeline(&self, id: ConversationId) -> Result<Vec<TouchView>, EngineError> {
        self.ask(&Timeline(id))
    }

    /// Every ticket of a conversation, in order of opening, each with its origins.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn tickets(&self, id: ConversationId) -> Result<Vec<TicketView>, EngineError> {
        self.ask(&Tickets(id))
    }
}

impl View<'_> {
    /// Every touch of a conversation, in order of time.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub fn timeline(&self, id: ConversationId) -> Result<Vec<TouchView>, EngineError> {
        Ok(self.history(id)?.0)
    }

    /// Every ticket of a conversation, in order of opening, each with its origins.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub fn tickets(&self, id: ConversationId) -> Result<Vec<TicketView>, EngineError> {
        let (touches, tickets) = self.history(id)?;
        let of = |ticket| TicketView::of(ticket, &touches);
        Ok(tickets.into_iter().map(of).collect())
    }

    /// Every touch and every ticket of a conversation, in order, by one fold.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub(super) fn history(&self, id: ConversationId) -> Result<(Vec<TouchView>, Vec<Ticket>), EngineError> {
        let (id, card) = self.card(id)?;
        let outcome = Ledger::new(id, card.channel.kind, self.rulebook).outcome(self.rows)?;
        let latest = card.state.ticket.clone();
        let tickets: Vec<Ticket> = outcome.tickets.into_iter().chain(latest).collect();
        let mut thread = Thread::new(id);
        let mut touches = Vec::with_capacity(outcome.touches.len());
        for touch in outcome.touches {
            let adopted = || {
                tickets
                    .iter()
                    .find(|ticket| ticket.adopts.contains(&touch.id))
                    .map(|ticket| ticket.id)
            };
            let ticket = touch.ticket.or_else(adopted);
            let line = thread.line(self.rows, &touch.fact)?;
            touches.push(TouchView::of(touch, ticket, line.as_ref(), &card));
        }
        Ok((touches, tickets))
    }
}
