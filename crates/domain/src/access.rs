//! Who may see and do what: roles, and what of the conversations a caller sees. One rule, here; edges prove who calls.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::Channel;
use crate::ticket::Ticket;

/// What a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers customers: sees what waits for its teams, and its own.
    #[default]
    Agent,
    /// Sees and moves everything of its account.
    Manager,
    /// A manager who also maintains the directory and keys of its account.
    Administrator,
    /// Looks after the installation: every account, rebuilds, backups; not the one who answers customers.
    Operator,
    /// A program that publishes events. Reads nothing.
    Producer,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Agent,
        Self::Manager,
        Self::Administrator,
        Self::Operator,
        Self::Producer,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Manager => "manager",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Producer => "producer",
        }
    }

    /// Whether it moves tickets of others and speaks in their name.
    #[must_use]
    pub const fn manages(self) -> bool {
        matches!(self, Self::Manager | Self::Administrator | Self::Operator)
    }
}

/// Which conversations a caller sees. Made from the directory as it is now, so whoever changes teams sees otherwise at once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Sight {
    /// All of every account: operators, and whoever asks where nobody has to prove who they are.
    #[default]
    Everything,
    /// All of one account.
    Account(String),
    /// What an agent works on.
    Agent(AgentSight),
    /// None: producers, and agents that the directory does not know or who left.
    Nothing,
}

/// What an agent works on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentSight {
    /// The account.
    pub account: String,
    /// The agent, by id.
    pub agent: String,
    /// The agent's teams.
    pub teams: BTreeSet<String>,
    /// Channels that are linked to other teams only.
    pub closed: BTreeSet<Channel>,
}

impl Sight {
    /// Whether a conversation is seen whose latest ticket is `ticket`. What nobody has taken is seen by the teams of the channel, or
    /// by the team it was given to; what somebody has, by that agent. Source: design.md 7.
    #[must_use]
    pub fn sees(&self, account: &str, channel: &Channel, ticket: Option<&Ticket>) -> bool {
        match self {
            Self::Everything => true,
            Self::Account(own) => own == account,
            Self::Agent(sight) => sight.account == account && sight.sees(channel, ticket),
            Self::Nothing => false,
        }
    }

    /// The teams of whoever works in some; `None`: it is not asked of them.
    #[must_use]
    pub const fn teams(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::Agent(sight) => Some(&sight.teams),
            Self::Everything | Self::Account(_) | Self::Nothing => None,
        }
    }

    /// The only account of which anything is seen; `None`: any.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Account(account) => Some(account),
            Self::Agent(sight) => Some(&sight.account),
            Self::Everything | Self::Nothing => None,
        }
    }
}

impl AgentSight {
    fn sees(&self, channel: &Channel, ticket: Option<&Ticket>) -> bool {
        match ticket.and_then(|ticket| ticket.assignee.as_ref()) {
            Some(assignee) => *assignee == self.agent,
            None => match ticket.and_then(|ticket| ticket.team.as_ref()) {
                Some(team) => self.teams.contains(team),
                None => !self.closed.contains(channel),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ChannelKind, Kind};
    use crate::key::TicketId;
    use crate::time::Timestamp;

    #[test]
    fn an_agent_sees_what_waits_for_the_teams_and_what_is_taken_by_itself() {
        let channel = |id: &str| Channel {
            kind: ChannelKind::Whatsapp,
            id: id.to_owned(),
        };
        let ana = Sight::Agent(AgentSight {
            account: "default".to_owned(),
            agent: "ana".to_owned(),
            teams: ["sales".to_owned()].into(),
            closed: [channel("2")].into(),
        });
        let whole = Sight::Account("default".to_owned());
        // account, channel, has a ticket, assignee, team; seen by the agent, by a manager
        for (account, id, has_ticket, assignee, team, agent_sees, manager_sees) in [
            ("default", "1", false, None, None, true, true),
            ("default", "2", false, None, None, false, true),
            ("default", "1", true, None, None, true, true),
            ("default", "2", true, None, None, false, true),
            ("default", "2", true, None, Some("sales"), true, true),
            ("default", "1", true, None, Some("support"), false, true),
            ("default", "1", true, Some("bia"), None, false, true),
            ("default", "1", true, Some("bia"), Some("sales"), false, true),
            ("default", "2", true, Some("ana"), Some("support"), true, true),
            ("other", "1", true, Some("ana"), None, false, false),
            ("other", "1", false, None, None, false, false),
        ] {
            let ticket = has_ticket.then(|| Ticket {
                assignee: assignee.map(str::to_owned),
                team: team.map(str::to_owned),
                ..Ticket::open(TicketId(1), Timestamp::default(), Kind::MessageReceived)
            });
            let case = format!("{account} {id} {assignee:?} {team:?}");
            for (sight, sees) in [
                (&ana, agent_sees),
                (&whole, manager_sees),
                (&Sight::Everything, true),
                (&Sight::Nothing, false),
            ] {
                assert_eq!(
                    sight.sees(account, &channel(id), ticket.as_ref()),
                    sees,
                    "{case} {sight:?}"
                );
            }
        }
    }
}
