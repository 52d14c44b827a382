//! Why something is not done, with whoever has the ticket now.

use crate::key::ConversationId;
use crate::ticket::{NoEffect, Ticket};

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The agent who has the ticket now, by id. Not told to whoever does not see the conversation.
    pub owner: Option<String>,
    /// The revision of the ticket now; zero without any. Not told to whoever does not see the conversation.
    pub revision: Option<u64>,
}

/// The reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The caller does not see the conversation.
    #[error("this conversation is of no team of yours")]
    NotVisible,
    /// Somebody else's, or nobody's yet.
    #[error("the ticket is not yours: claim it from the queue, or ask a manager")]
    NotYours,
    /// An agent must act, and none is told.
    #[error("nobody acts: name the agent as `agent`")]
    AgentRequired,
    /// Somebody has it already.
    #[error("the ticket is claimed already")]
    AlreadyClaimed,
    /// The ticket is not as the caller saw it.
    #[error("the ticket is not what it was: decided on revision {seen}; read it again")]
    StaleRevision {
        /// The revision the caller saw.
        seen: u64,
    },
    /// There is no ticket.
    #[error("there is no ticket in this conversation")]
    NoTicket,
    /// The ticket is finished.
    #[error("the ticket is finished; reopen it, or take the conversation over")]
    TicketFinished,
    /// The ticket is not finished.
    #[error("the ticket is not finished")]
    TicketStillOpen,
    /// Neither an agent nor a team is named.
    #[error("it goes to nobody: name an `assignee`, a `team`, or both")]
    NamesNobody,
    /// No such agent.
    #[error("no agent `{agent}` in the directory")]
    UnknownAgent {
        /// By id.
        agent: String,
    },
    /// The agent left.
    #[error("agent `{agent}` does not work here any more")]
    AgentInactive {
        /// By id.
        agent: String,
    },
    /// No such team.
    #[error("no team `{team}` in the directory")]
    UnknownTeam {
        /// By id.
        team: String,
    },
    /// The team does not work on the channel.
    #[error("team `{team}` is not linked to the channel of this conversation")]
    TeamNotLinked {
        /// By id.
        team: String,
    },
    /// The agent is in no team that works on the channel.
    #[error("agent `{agent}` is in no team that is linked to the channel of this conversation")]
    AgentNotLinked {
        /// By id.
        agent: String,
    },
    /// The agent is not in the team that is named beside.
    #[error("agent `{agent}` is not in team `{team}`")]
    AgentNotInTeam {
        /// By id.
        agent: String,
        /// By id.
        team: String,
    },
    /// The lead is in a conversation of another team.
    #[error(
        "lead `{lead}` is in team `{team}` already, by conversation {conversation}; an administrator can link it all the same, \
         or have the account unify leads"
    )]
    LeadInTwoTeams {
        /// By id.
        lead: String,
        /// The other team, by id.
        team: String,
        /// The conversation of the other team.
        conversation: ConversationId,
    },
    /// The department does not close tickets with that.
    #[error("classification `{classification}` is not one this department closes tickets with")]
    ClassificationNotAllowed {
        /// By id.
        classification: String,
    },
    /// The department closes in full.
    #[error("this department closes tickets with a `classification`")]
    ClassificationRequired,
    /// The classification needs a value.
    #[error("classification `{classification}` needs a `value` and its `currency`")]
    ValueRequired {
        /// By id.
        classification: String,
    },
    /// The classification needs a note.
    #[error("classification `{classification}` needs a `note`")]
    NoteRequired {
        /// By id.
        classification: String,
    },
    /// The account has no such stage.
    #[error("no stage `{stage}`; this account has {known}")]
    UnknownStage {
        /// By id.
        stage: String,
        /// Those there are.
        known: String,
    },
    /// What is to be sent is not among what may be sent.
    #[error("{what} may not be sent to this contact now: choose one of the send options")]
    NotOffered {
        /// The template, or free text.
        what: String,
    },
    /// A place in the text of a template stays empty.
    #[error("template `{template}` needs a value for `{variable}`: name it in `variables`")]
    VariableRequired {
        /// By id.
        template: String,
        /// The name of the place.
        variable: String,
    },
    /// A value makes no sense, whatever the state.
    #[error("{what} is not valid: {why}")]
    InvalidValue {
        /// Which.
        what: &'static str,
        /// Why.
        why: &'static str,
    },
}

impl Reason {
    /// The name in JSON.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotVisible => "not_visible",
            Self::NotYours => "not_yours",
            Self::AgentRequired => "agent_required",
            Self::AlreadyClaimed => "already_claimed",
            Self::StaleRevision { .. } => "stale_revision",
            Self::NoTicket => "no_ticket",
            Self::TicketFinished => "ticket_finished",
            Self::TicketStillOpen => "ticket_still_open",
            Self::NamesNobody => "names_nobody",
            Self::UnknownAgent { .. } => "unknown_agent",
            Self::AgentInactive { .. } => "agent_inactive",
            Self::UnknownTeam { .. } => "unknown_team",
            Self::TeamNotLinked { .. } => "team_not_linked",
            Self::AgentNotLinked { .. } => "agent_not_linked",
            Self::AgentNotInTeam { .. } => "agent_not_in_team",
            Self::LeadInTwoTeams { .. } => "lead_in_two_teams",
            Self::ClassificationNotAllowed { .. } => "classification_not_allowed",
            Self::ClassificationRequired => "classification_required",
            Self::ValueRequired { .. } => "value_required",
            Self::NoteRequired { .. } => "note_required",
            Self::UnknownStage { .. } => "unknown_stage",
            Self::NotOffered { .. } => "not_offered",
            Self::VariableRequired { .. } => "variable_required",
            Self::InvalidValue { .. } => "invalid_value",
        }
    }

    /// Whether the caller may not, whatever the state of the ticket.
    #[must_use]
    pub const fn is_forbidden(&self) -> bool {
        matches!(self, Self::NotVisible | Self::NotYours)
    }

    /// Whether the request makes no sense by itself, whatever the state and the directory.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        matches!(
            self,
            Self::AgentRequired | Self::NamesNobody | Self::InvalidValue { .. }
        )
    }
}

impl From<NoEffect> for Reason {
    fn from(none: NoEffect) -> Self {
        match none {
            NoEffect::NoTicket => Self::NoTicket,
            NoEffect::Taken => Self::AlreadyClaimed,
            NoEffect::Finished => Self::TicketFinished,
            NoEffect::StillOpen => Self::TicketStillOpen,
            NoEffect::NamesNobody => Self::NamesNobody,
        }
    }
}

impl Refusal {
    /// A refusal for what was to be done with the latest ticket.
    #[must_use]
    pub fn of(reason: Reason, ticket: Option<&Ticket>) -> Self {
        let is_seen = reason != Reason::NotVisible;
        Self {
            owner: ticket.and_then(|ticket| ticket.assignee.clone()).filter(|_| is_seen),
            revision: is_seen.then(|| ticket.map_or(0, |ticket| ticket.revision)),
            reason,
        }
    }
}
