//! A ticket: one service period of a conversation.

use origem_domain::amount::Amount;
use origem_domain::event::Kind;
use origem_domain::key::TicketId;
use origem_domain::ticket::{self as domain, TicketStatus};
use origem_domain::time::Timestamp;
use origem_engine::Snapshot;
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
    /// Its name, where the directory has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_name: Option<String>,
    /// The team it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Its name, where the directory has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_name: Option<String>,
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
    /// Its name, where the directory has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification_name: Option<String>,
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

    /// The same with the names that the directory of an account has.
    #[must_use]
    pub fn named(mut self, account: &str, directory: &Snapshot) -> Self {
        let agent = self.assignee.as_ref().and_then(|id| directory.agent(account, id));
        let team = self.team.as_ref().and_then(|id| directory.team(account, id));
        let classification = self.classification.as_ref();
        let classification = classification.and_then(|id| directory.classification(account, id));
        self.assignee_name = agent.map(|agent| agent.name.clone());
        self.team_name = team.map(|team| team.name.clone());
        self.classification_name = classification.map(|classification| classification.name.clone());
        self
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
            assignee_name: None,
            team: ticket.team.clone(),
            team_name: None,
            revision: ticket.revision,
            first_response_at: ticket.first_response_at,
            closed_at: ticket.closed_at,
            closed_by: ticket.closed_by.clone(),
            classification: ticket.classification.clone(),
            classification_name: None,
            value: ticket.value,
            currency: ticket.currency.clone(),
            origins: None,
        }
    }
}
