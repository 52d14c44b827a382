//! What the directory says that commands depend on, at one moment.

use std::collections::BTreeMap;

use crate::directory::{Account, Agent, Channel, Classification, Department, Stage, Team, usual_stages};
use crate::event::Channel as Address;
use crate::ticket::Ticket;

/// What is maintained of one account, by id.
#[derive(Debug, Clone, Default)]
pub struct Maintained<'a> {
    /// The account itself.
    pub account: Option<&'a Account>,
    /// Its channels, by address.
    pub channels: BTreeMap<Address, &'a Channel>,
    /// Its agents.
    pub agents: BTreeMap<&'a str, &'a Agent>,
    /// Its teams.
    pub teams: BTreeMap<&'a str, &'a Team>,
    /// Its departments.
    pub departments: BTreeMap<&'a str, &'a Department>,
    /// Its classifications.
    pub classifications: BTreeMap<&'a str, &'a Classification>,
}

impl Maintained<'_> {
    /// The sales stages.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        self.account.map_or_else(usual_stages, Account::stages)
    }

    /// Whether a lead may be in several teams.
    #[must_use]
    pub fn unifies_leads(&self) -> bool {
        self.account.is_some_and(|account| account.unify_leads)
    }

    /// Whether a team works on a channel: a channel that names no teams is every team's.
    #[must_use]
    pub fn is_linked(&self, channel: &Address, team: &str) -> bool {
        let linked = self.channels.get(channel).map(|channel| &channel.teams);
        linked.is_none_or(|teams| teams.is_empty() || teams.iter().any(|known| known == team))
    }

    /// Whether a channel names no teams.
    #[must_use]
    pub fn is_anybodys(&self, channel: &Address) -> bool {
        let linked = self.channels.get(channel);
        linked.is_none_or(|channel| channel.teams.is_empty())
    }

    /// The team of an agent who is in no other.
    #[must_use]
    pub fn only_team(&self, agent: &str) -> Option<&str> {
        only(&self.agents.get(agent)?.teams)
    }

    /// The team a conversation belongs to: the one its ticket was given to, else the only one of its assignee, else the only one of
    /// its channel. `None` if that leaves several, or none.
    #[must_use]
    pub fn team_of<'t>(&'t self, channel: &Address, ticket: Option<&'t Ticket>) -> Option<&'t str> {
        let given = ticket.and_then(|ticket| ticket.team.as_deref());
        let assignee = ticket.and_then(|ticket| ticket.assignee.as_deref());
        let of_assignee = || self.only_team(assignee?);
        let of_channel = || only(&self.channels.get(channel)?.teams);
        given.or_else(of_assignee).or_else(of_channel)
    }

    /// How tickets of a team are closed.
    #[must_use]
    pub fn department_of(&self, team: &str) -> Option<&Department> {
        let department = self.teams.get(team)?.department.as_deref()?;
        self.departments.get(department).copied()
    }
}

fn only(teams: &[String]) -> Option<&str> {
    match teams {
        [team] => Some(team),
        _ => None,
    }
}
