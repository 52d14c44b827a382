//! A ticket: one service period of a conversation.

use origem_domain::amount::Amount;
use origem_domain::event::Kind;
use origem_domain::key::TicketId;
use origem_domain::ticket::{self as domain, TicketStatus};
use origem_domain::time::Timestamp;
use origem_engine::query::TicketView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Touch;

/// One service period, from opening to finish.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Ticket {
    /// Made from the event that opened it.
    #[schema(value_type = String, example = "tk_00000000000000ab")]
    pub id: TicketId,
    /// `new`, `unanswered`, `awaiting_customer`, `finished`.
    #[schema(value_type = String)]
    pub status: TicketStatus,
    /// When it opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// The kind of event that opened it.
    #[schema(value_type = String, example = "message_received")]
    pub opened_by: Kind,
    /// The agent it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The team it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// What a command on it is decided on.
    pub revision: u64,
    /// When the business first answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_response_at: Option<Timestamp>,
    /// When it was finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// Who finished it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
    /// The closing code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// What was sold, in units of the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub value: Option<Amount>,
    /// ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Its touches, in order of time; absent where a ticket is part of a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origins: Option<Vec<Touch>>,
}

impl Ticket {
    /// A row of the history of tickets.
    #[must_use]
    pub fn of(view: &TicketView) -> Self {
        Self {
            origins: Some(view.origins.iter().map(Touch::of).collect()),
            ..Self::bare(&view.ticket)
        }
    }

    /// A ticket as the card of a conversation holds it.
    #[must_use]
    pub fn bare(ticket: &domain::Ticket) -> Self {
        Self {
            id: ticket.id,
            status: ticket.status(),
            opened_at: ticket.opened_at,
            opened_by: ticket.opened_by,
            assignee: ticket.assignee.clone(),
            team: ticket.team.clone(),
            revision: ticket.revision,
            first_response_at: ticket.first_response_at,
            closed_at: ticket.closed_at,
            closed_by: ticket.closed_by.clone(),
            classification: ticket.classification.clone(),
            value: ticket.value,
            currency: ticket.currency.clone(),
            origins: None,
        }
    }
}
