//! Decide: what somebody wants to do with a conversation, and the event that it becomes or why it does not.
//!
//! ```text
//! Wanted + Subject (the conversation now) + Maintained (the directory now) + Actor --decide--> Body of an event | Refusal
//! ```
//! Pure. The event carries the revision of the ticket it was decided on; whether that is still the ticket's when the event is folded,
//! the order of the log decides. What the directory has nothing of is not checked: with an empty one, every agent, team and
//! classification is as good as another.

mod actor;
mod maintained;
mod outreach;
mod refusal;
mod rules;
#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use maintained::Maintained;
pub use outreach::Offered;
pub use refusal::{Reason, Refusal};

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::event::{Body, Channel, Command, ContactEdit, Kind, Outreach, TicketFields, Via};
use crate::key::ConversationId;
use crate::ticket::Ticket;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What is to be done.
    pub act: Act,
    /// The ticket revision that whoever wants it has seen; if told, it must be the ticket's.
    pub revision: Option<u64>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Take the ticket from the queue.
    Claim,
    /// Give the ticket to an agent.
    Assign(Target),
    /// Move the ticket to another agent or team.
    Transfer(Target),
    /// Take a conversation over that does not wait in the queue.
    TakeOver {
        /// From which console.
        via: Via,
    },
    /// Close the ticket.
    Finish(Ending),
    /// Open the finished ticket again.
    Reopen,
    /// Leave a note.
    Note {
        /// What it says.
        text: String,
    },
    /// Correct what is known of the contact.
    EditContact(ContactEdit),
    /// Set the sales stage.
    SetStage {
        /// By id.
        stage: String,
    },
    /// Link the conversation to a lead.
    LinkLead {
        /// By id.
        lead: String,
    },
    /// Have a message sent to the contact.
    RequestOutreach {
        /// For which team, by id.
        team: Option<String>,
        /// What is to be sent; what is offered of it, the decision tells.
        outreach: Outreach,
    },
}

/// Where a ticket goes. A team alone puts it into that team's queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// The agent, by id.
    pub assignee: Option<String>,
    /// The team, by id.
    pub team: Option<String>,
}

/// How a ticket ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// The closing code, by id.
    pub classification: Option<String>,
    /// What was sold.
    pub value: Option<Amount>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Free text.
    pub note: Option<String>,
}

/// The conversation as it is.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The tenant.
    pub account: &'a str,
    /// The business address.
    pub channel: &'a Channel,
    /// It is one person's part of a group, which has no tickets.
    pub group: bool,
    /// The latest ticket.
    pub ticket: Option<&'a Ticket>,
    /// The lead it is linked to.
    pub lead: Option<&'a str>,
    /// Other conversations of the lead that is to be linked, or of the lead of a conversation that is to be moved or taken.
    pub leads: &'a [LeadHolder],
    /// What may be sent to the contact now, the cheapest first, where something is to be sent.
    pub offers: &'a [Offered],
}

/// Another conversation that is linked to the same lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadHolder {
    /// Which.
    pub conversation: ConversationId,
    /// Its business address.
    pub channel: Channel,
    /// Its latest ticket.
    pub ticket: Option<Ticket>,
}

impl Subject<'_> {
    /// The revision a command is decided on: that of the latest ticket, zero without any.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.ticket.map_or(0, |ticket| ticket.revision)
    }
}

impl Act {
    /// The kind of event it becomes.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Claim => Kind::TicketClaimed,
            Self::Assign(_) => Kind::TicketAssigned,
            Self::Transfer(_) => Kind::TicketTransferred,
            Self::TakeOver { .. } => Kind::TicketTakenOver,
            Self::Finish(_) => Kind::TicketFinished,
            Self::Reopen => Kind::TicketReopened,
            Self::Note { .. } => Kind::NoteAdded,
            Self::EditContact(_) => Kind::ContactEdited,
            Self::SetStage { .. } => Kind::StageSet,
            Self::LinkLead { .. } => Kind::LeadLinked,
            Self::RequestOutreach { .. } => Kind::OutreachRequested,
        }
    }

    /// The lead whose other conversations must be known to decide it; `lead` is the one of the conversation.
    #[must_use]
    pub fn lead<'a>(&'a self, lead: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::LinkLead { lead } => Some(lead),
            Self::Claim | Self::Assign(_) | Self::Transfer(_) | Self::TakeOver { .. } => lead,
            _ => None,
        }
    }

    /// The same with what was offered of it.
    fn offered(&self, offered: Option<&Offered>) -> Cow<'_, Self> {
        match (self, offered) {
            (Self::RequestOutreach { team, outreach }, Some(offered)) => Cow::Owned(Self::RequestOutreach {
                team: team.clone(),
                outreach: Outreach {
                    offer: Some(offered.told()),
                    ..outreach.clone()
                },
            }),
            _ => Cow::Borrowed(self),
        }
    }

    /// The event it becomes when `agent` does it, or `by` in its name, decided on a revision.
    #[must_use]
    pub fn body(&self, agent: Option<&str>, by: Option<&str>, revision: Option<u64>) -> Body {
        let mut command = Command {
            agent: agent.map(str::to_owned),
            by: by.map(str::to_owned),
            revision,
            ..Command::default()
        };
        match self {
            Self::Claim | Self::Reopen => {}
            Self::Assign(target) | Self::Transfer(target) => {
                command.ticket.assignee.clone_from(&target.assignee);
                command.ticket.team.clone_from(&target.team);
            }
            Self::TakeOver { via } => command.via = Some(via.clone()),
            Self::Finish(ending) => {
                command.ticket = TicketFields {
                    classification: ending.classification.clone(),
                    value: ending.value,
                    currency: ending.currency.clone(),
                    note: ending.note.clone(),
                    ..TicketFields::default()
                };
            }
            Self::Note { text } => command.ticket.note = Some(text.clone()),
            Self::EditContact(edit) => command.contact_edit = Some(edit.clone()),
            Self::SetStage { stage } => command.ticket.stage = Some(stage.clone()),
            Self::LinkLead { lead } => command.ticket.lead = Some(lead.clone()),
            Self::RequestOutreach { team, outreach } => {
                command.ticket.team.clone_from(team);
                command.outreach = Some(Box::new(outreach.clone()));
            }
        }
        match self {
            Self::Claim => Body::TicketClaimed(command),
            Self::Assign(_) => Body::TicketAssigned(command),
            Self::Transfer(_) => Body::TicketTransferred(command),
            Self::TakeOver { .. } => Body::TicketTakenOver(command),
            Self::Finish(_) => Body::TicketFinished(command),
            Self::Reopen => Body::TicketReopened(command),
            Self::Note { .. } => Body::NoteAdded(command),
            Self::EditContact(_) => Body::ContactEdited(command),
            Self::SetStage { .. } => Body::StageSet(command),
            Self::LinkLead { .. } => Body::LeadLinked(command),
            Self::RequestOutreach { .. } => Body::OutreachRequested(command),
        }
    }
}

/// Decides: the event that is to be appended.
///
/// # Errors
/// The reason why not, with whoever has the ticket now. What the caller may not see or move comes first, then what was decided on
/// a state that is gone, then what does not fit the conversation or the directory.
pub fn decide(
    wanted: &Wanted,
    actor: &Actor,
    subject: &Subject<'_>,
    maintained: &Maintained<'_>,
) -> Result<Body, Refusal> {
    let judged = rules::Case {
        wanted,
        actor,
        subject,
        maintained,
    };
    match judged.judge() {
        Ok(offered) => {
            let revision = if wanted.act.kind().is_beside_ticket() {
                wanted.revision
            } else {
                Some(subject.revision())
            };
            let by = actor.by.as_deref().filter(|_| !actor.is_itself());
            let act = wanted.act.offered(offered);
            Ok(act.body(actor.agent.as_deref(), by, revision))
        }
        Err(reason) => Err(Refusal::of(reason, subject.ticket)),
    }
}
