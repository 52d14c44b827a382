//! A ticket: one service period of a conversation.

use crate::json;
use crate::proto::{Ticket, timestamp};

impl From<json::Ticket> for Ticket {
    fn from(ticket: json::Ticket) -> Self {
        Self {
            id: ticket.id.to_string(),
            status: ticket.status.name().to_owned(),
            opened_at: Some(timestamp(ticket.opened_at)),
            opened_by: ticket.opened_by.name().to_owned(),
            assignee: ticket.assignee,
            team: ticket.team,
            revision: ticket.revision,
            first_response_at: ticket.first_response_at.map(timestamp),
            closed_at: ticket.closed_at.map(timestamp),
            closed_by: ticket.closed_by,
            classification: ticket.classification,
            value_micros: ticket.value.map(|value| value.0),
            currency: ticket.currency,
            origins: ticket.origins.into_iter().flatten().map(Into::into).collect(),
        }
    }
}
