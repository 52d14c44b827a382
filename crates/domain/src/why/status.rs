//! Status: what each fact did to the ticket, by whom, and which commands changed nothing.

use serde::{Deserialize, Serialize};

use crate::event::Kind;
use crate::fact::{CommandFact, Fact, What};
use crate::key::TicketId;
use crate::ticket::{NoEffect, Ticket, TicketStatus};
use crate::why::Proof;

/// What one fact did to the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusStep {
    /// The fact.
    pub proof: Proof,
    /// The ticket, after it; `None` if there is none.
    pub ticket: Option<TicketId>,
    /// Whose turn it was; `None` before the first ticket.
    pub from: Option<TicketStatus>,
    /// Whose turn it is.
    pub to: Option<TicketStatus>,
    /// What happened.
    pub cause: Cause,
    /// Who did it, if that is somebody of the business.
    pub agent: Option<String>,
    /// Whose the ticket is afterwards.
    pub assignee: Option<String>,
    /// Which team's.
    pub team: Option<String>,
    /// The closing code, of a finish.
    pub classification: Option<String>,
}

/// Why a ticket changed, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the variants are those of the commands
pub enum Cause {
    /// A ticket opened.
    Opened,
    /// The customer spoke.
    CustomerSpoke,
    /// The business spoke.
    BusinessSpoke,
    Claimed,
    Assigned,
    Transferred,
    TakenOver,
    Finished,
    Reopened,
    /// A command changed nothing.
    Ignored(Ignored),
}

/// Why a command changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ignored {
    /// Another command came first.
    Stale {
        /// The revision it was decided on.
        decided_on: u64,
        /// The ticket's, where the command stands in time.
        was: u64,
    },
    /// It was meant for another ticket.
    OtherTicket,
    /// It makes no sense on the ticket as it was.
    NoEffect(NoEffect),
}

impl Cause {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::CustomerSpoke => "customer_spoke",
            Self::BusinessSpoke => "business_spoke",
            Self::Claimed => "claimed",
            Self::Assigned => "assigned",
            Self::Transferred => "transferred",
            Self::TakenOver => "taken_over",
            Self::Finished => "finished",
            Self::Reopened => "reopened",
            Self::Ignored(Ignored::Stale { .. }) => "stale_revision",
            Self::Ignored(Ignored::OtherTicket) => "other_ticket",
            Self::Ignored(Ignored::NoEffect(reason)) => reason.name(),
        }
    }

    /// The command changed nothing.
    #[must_use]
    pub const fn is_ignored(self) -> bool {
        matches!(self, Self::Ignored(_))
    }
}

/// What `fact` did to the ticket that was `before` and is `after`; `None` if nothing worth telling.
pub(super) fn step(before: Option<Ticket>, after: Option<&Ticket>, fact: &Fact) -> Option<StatusStep> {
    let before = before.as_ref();
    let ignored = match &fact.what {
        What::Command(command) => ignored(before, fact.key.kind, command),
        _ => None,
    };
    let shown = |ticket: Option<&Ticket>| {
        let shown = |ticket: &Ticket| {
            let holder = (ticket.assignee.clone(), ticket.team.clone());
            (ticket.id, ticket.status(), holder)
        };
        ticket.map(shown)
    };
    if ignored.is_none() && shown(before) == shown(after) {
        return None;
    }
    let is_new = after.map(|ticket| ticket.id) != before.map(|ticket| ticket.id);
    let cause = match (ignored, &fact.what, fact.key.kind) {
        (Some(ignored), ..) => Cause::Ignored(ignored),
        _ if is_new => Cause::Opened,
        (_, What::Sent(_) | What::Status { .. }, _) => Cause::BusinessSpoke,
        (.., Kind::TicketClaimed) => Cause::Claimed,
        (.., Kind::TicketAssigned) => Cause::Assigned,
        (.., Kind::TicketTransferred) => Cause::Transferred,
        (.., Kind::TicketTakenOver) => Cause::TakenOver,
        (.., Kind::TicketFinished) => Cause::Finished,
        (.., Kind::TicketReopened) => Cause::Reopened,
        _ => Cause::CustomerSpoke,
    };
    let agent = match &fact.what {
        What::Sent(sent) => sent.agent.clone(),
        What::Command(command) => command.agent.clone(),
        _ => None,
    };
    Some(StatusStep {
        proof: Proof::of(fact),
        ticket: after.map(|ticket| ticket.id),
        from: before.map(Ticket::status),
        to: after.map(Ticket::status),
        cause,
        agent,
        assignee: after.and_then(|ticket| ticket.assignee.clone()),
        team: after.and_then(|ticket| ticket.team.clone()),
        classification: after
            .filter(|_| cause == Cause::Finished)
            .and_then(|ticket| ticket.classification.clone()),
    })
}

/// Why a command changes nothing of a ticket that was `before`; `None` if it does.
fn ignored(before: Option<&Ticket>, kind: Kind, command: &CommandFact) -> Option<Ignored> {
    if command.void {
        let elsewhere = command.ticket.is_some() && command.ticket != before.map(|ticket| ticket.id);
        return Some(match command.revision {
            Some(decided_on) if !elsewhere => Ignored::Stale {
                decided_on,
                was: before.map_or(0, |ticket| ticket.revision),
            },
            _ => Ignored::OtherTicket,
        });
    }
    match kind {
        _ if kind.needs_no_ticket() => None,
        _ => match before {
            None => Some(Ignored::NoEffect(NoEffect::NoTicket)),
            Some(ticket) => ticket.refusal(kind, command).map(Ignored::NoEffect),
        },
    }
}
