//! A ticket: one service period in a conversation, from opening to finish.

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::event::Kind;
use crate::fact::CommandFact;
use crate::key::{TicketId, TouchId};
use crate::time::Timestamp;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Nobody's yet: every agent of the linked teams sees it.
    New,
    /// Assigned, the last word is the customer's.
    Unanswered,
    /// The last word is ours.
    AwaitingCustomer,
    /// Closed.
    Finished,
}

impl TicketStatus {
    /// All of them.
    pub const ALL: [TicketStatus; 4] = [Self::New, Self::Unanswered, Self::AwaitingCustomer, Self::Finished];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unanswered => "unanswered",
            Self::AwaitingCustomer => "awaiting_customer",
            Self::Finished => "finished",
        }
    }
}

/// Why a command changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoEffect {
    /// There is no ticket.
    NoTicket,
    /// The ticket is somebody's already.
    Taken,
    /// The ticket is finished.
    Finished,
    /// The ticket is not finished.
    StillOpen,
    /// It names neither an agent nor a team.
    NamesNobody,
}

impl NoEffect {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoTicket => "no_ticket",
            Self::Taken => "already_claimed",
            Self::Finished => "ticket_finished",
            Self::StillOpen => "ticket_still_open",
            Self::NamesNobody => "names_nobody",
        }
    }
}

/// One service period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Made from the event that opened it.
    pub id: TicketId,
    /// When it opened.
    pub opened_at: Timestamp,
    /// What kind of event opened it.
    pub opened_by: Kind,
    /// The agent it belongs to.
    pub assignee: Option<String>,
    /// The team it belongs to.
    pub team: Option<String>,
    /// What a command is decided on: counts the commands applied, through all tickets of the conversation, from 1.
    pub revision: u64,
    /// Whether the last word is ours.
    pub answered: bool,
    /// When the business first wrote after the customer.
    pub first_response_at: Option<Timestamp>,
    /// When it was finished.
    pub closed_at: Option<Timestamp>,
    /// Who finished it.
    pub closed_by: Option<String>,
    /// The closing code.
    pub classification: Option<String>,
    /// What was sold.
    pub value: Option<Amount>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// The sales stage set while it was the latest ticket, and when.
    pub stage: Option<(Timestamp, String)>,
    /// Touches of before it opened that belong to it: threads opened through a link, then written to.
    pub adopts: Vec<TouchId>,
}

impl Ticket {
    /// A ticket opened at `at` by an event of kind `by`.
    #[must_use]
    pub fn open(id: TicketId, at: Timestamp, by: Kind) -> Self {
        Self {
            id,
            opened_at: at,
            opened_by: by,
            assignee: None,
            team: None,
            revision: 1,
            answered: false,
            first_response_at: None,
            closed_at: None,
            closed_by: None,
            classification: None,
            value: None,
            currency: None,
            stage: None,
            adopts: Vec::new(),
        }
    }

    /// Whose turn it is. Source: design.md 7.
    #[must_use]
    pub const fn status(&self) -> TicketStatus {
        match (self.closed_at.is_some(), self.answered, self.assignee.is_some()) {
            (true, _, _) => TicketStatus::Finished,
            (false, true, _) => TicketStatus::AwaitingCustomer,
            (false, false, true) => TicketStatus::Unanswered,
            (false, false, false) => TicketStatus::New,
        }
    }

    /// Whether it is not finished.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Why a command of `kind` makes no sense here; `None` if it does.
    #[must_use]
    pub fn refusal(&self, kind: Kind, command: &CommandFact) -> Option<NoEffect> {
        let open = self.is_open();
        match kind {
            Kind::TicketReopened => open.then_some(NoEffect::StillOpen),
            Kind::TicketClaimed
            | Kind::TicketAssigned
            | Kind::TicketTransferred
            | Kind::TicketTakenOver
            | Kind::TicketFinished
                if !open =>
            {
                Some(NoEffect::Finished)
            }
            Kind::TicketClaimed => self.assignee.is_some().then_some(NoEffect::Taken),
            Kind::TicketAssigned | Kind::TicketTransferred => {
                let names_nobody = command.assignee.is_none() && command.team.is_none();
                names_nobody.then_some(NoEffect::NamesNobody)
            }
            _ => None,
        }
    }

    /// Applies a command of `kind` at `at`; `false` if it makes no sense here and changed nothing.
    pub fn apply(&mut self, kind: Kind, at: Timestamp, command: &CommandFact) -> bool {
        if self.refusal(kind, command).is_some() {
            return false;
        }
        match kind {
            Kind::TicketClaimed => {
                self.assignee = command.assignee.clone().or_else(|| command.agent.clone());
            }
            Kind::TicketAssigned | Kind::TicketTransferred => {
                // Moving to a team puts the ticket back into that team's queue unless an agent is named too.
                self.assignee.clone_from(&command.assignee);
                if command.team.is_some() {
                    self.team.clone_from(&command.team);
                }
            }
            Kind::TicketTakenOver => self.assignee.clone_from(&command.agent),
            Kind::TicketFinished => {
                self.closed_at = Some(at);
                self.closed_by.clone_from(&command.agent);
                self.classification.clone_from(&command.classification);
                self.value = command.value;
                self.currency.clone_from(&command.currency);
            }
            Kind::TicketReopened => {
                self.closed_at = None;
                self.closed_by = None;
                self.classification = None;
                self.value = None;
                self.currency = None;
            }
            Kind::StageSet => self.stage = command.stage.clone().map(|stage| (at, stage)),
            Kind::LeadLinked => {}
            _ => return false,
        }
        self.revision += 1;
        true
    }
}
