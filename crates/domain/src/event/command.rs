//! Commands that were accepted, as events: what agents do with tickets.

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::event::{Body, Outreach, Via};

/// What an agent did. Which fields count depends on the kind of event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Command {
    /// The ticket and its new values.
    #[serde(default)]
    pub ticket: TicketFields,
    /// Who acted, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Who acted in truth, if that was not the agent: another agent by id, else what the key was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The ticket revision the command was decided on; absent: not checked (imported past).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// From which console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// New contact data, for `contact_edited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_edit: Option<ContactEdit>,
    /// What is to be sent, for `outreach_requested`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outreach: Option<Box<Outreach>>,
}

/// Values of a ticket that commands set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TicketFields {
    /// The ticket; absent: the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The agent it goes to, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The team it goes to, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The closing code, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// What was sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The sales stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The lead, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Contact data an agent wrote; absent fields stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactEdit {
    /// Wins over the profile name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Body {
    /// What an agent did, of an event that is a command.
    #[must_use]
    pub const fn command(&self) -> Option<&Command> {
        match self {
            Self::TicketClaimed(command)
            | Self::TicketAssigned(command)
            | Self::TicketTransferred(command)
            | Self::TicketFinished(command)
            | Self::TicketReopened(command)
            | Self::TicketTakenOver(command)
            | Self::NoteAdded(command)
            | Self::ContactEdited(command)
            | Self::StageSet(command)
            | Self::LeadLinked(command)
            | Self::OutreachRequested(command) => Some(command),
            _ => None,
        }
    }
}
