//! The rules, in the order they are asked.

use super::{Act, Actor, Ending, Maintained, Offered, Reason, Subject, Target, Wanted, outreach};
use crate::event::{ContactEdit, Kind};
use crate::fact::CommandFact;
use crate::ticket::Ticket;

/// Digits of a phone number with its country code: the shortest in use and what ITU E.164 allows.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// What is to be judged.
pub(super) struct Case<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) actor: &'a Actor,
    pub(super) subject: &'a Subject<'a>,
    pub(super) maintained: &'a Maintained<'a>,
}

impl<'a> Case<'a> {
    /// What was offered of what is to be sent, if something is.
    pub(super) fn judge(&self) -> Result<Option<&'a Offered>, Reason> {
        self.is_seen()?;
        self.makes_sense()?;
        self.somebody_acts()?;
        self.is_own()?;
        self.is_current()?;
        if self.subject.group {
            return Err(Reason::NoTicket);
        }
        self.fits_ticket()?;
        match &self.wanted.act {
            Act::RequestOutreach { team, outreach } => {
                self.may_write_for(team.as_deref())?;
                return outreach::find(outreach, self.subject.offers, self.actor.sight.teams()).map(Some);
            }
            Act::Assign(target) | Act::Transfer(target) => self.may_go_to(target),
            Act::Claim | Act::TakeOver { .. } => self.fits_teams(self.actor.agent.as_deref(), None),
            Act::Finish(ending) => self.may_end(ending),
            Act::SetStage { stage } => self.is_stage(stage),
            Act::LinkLead { lead } => {
                let team = self.maintained.team_of(self.subject.channel, self.subject.ticket);
                self.is_lead_of(lead, team)
            }
            Act::Reopen | Act::Note { .. } | Act::EditContact(_) => Ok(()),
        }?;
        Ok(None)
    }

    /// What one agent has, no other agent sees; but whoever saw it in the queue is told who has it.
    fn is_seen(&self) -> Result<(), Reason> {
        let Subject {
            account,
            channel,
            ticket,
            ..
        } = *self.subject;
        let sees = |ticket| self.actor.sight.sees(account, channel, ticket);
        if sees(ticket) {
            return Ok(());
        }
        let waiting = ticket.map(|ticket| Ticket {
            assignee: None,
            ..ticket.clone()
        });
        if !sees(waiting.as_ref()) {
            return Err(Reason::NotVisible);
        }
        match (&self.wanted.act, ticket.is_some_and(Ticket::is_open)) {
            // What is finished is nobody's any more.
            (Act::TakeOver { .. }, false) => Ok(()),
            (Act::Claim, true) => Err(Reason::AlreadyClaimed),
            _ => Err(Reason::NotYours),
        }
    }

    /// Values that make no sense, whatever the state.
    fn makes_sense(&self) -> Result<(), Reason> {
        let empty = |text: &str| text.trim().is_empty();
        let invalid = |what, why| Err(Reason::InvalidValue { what, why });
        match &self.wanted.act {
            Act::Note { text } if empty(text) => invalid("note", "it must not be empty"),
            Act::SetStage { stage } if empty(stage) => invalid("stage", "it must not be empty"),
            Act::LinkLead { lead } if empty(lead) => invalid("lead", "it must not be empty"),
            Act::EditContact(edit) => check_edit(edit),
            Act::RequestOutreach { outreach, .. } => outreach::check(outreach),
            Act::Finish(ending) => check_ending(ending),
            Act::Assign(target) | Act::Transfer(target) if *target == Target::default() => Err(Reason::NamesNobody),
            _ => Ok(()),
        }
    }

    /// That the directory knows who acts. Whoever manages needs no entry to act as itself, unless the ticket is to be its own.
    fn somebody_acts(&self) -> Result<(), Reason> {
        let takes = matches!(self.wanted.act, Act::Claim | Act::TakeOver { .. });
        let Some(agent) = &self.actor.agent else {
            return if takes { Err(Reason::AgentRequired) } else { Ok(()) };
        };
        match self.is_agent(agent) {
            Err(Reason::UnknownAgent { .. }) if !takes && self.actor.manages() && self.actor.is_itself() => Ok(()),
            known => known,
        }
    }

    /// An agent moves and ends only tickets of its own, and opens again only what it had or ended.
    fn is_own(&self) -> Result<(), Reason> {
        let Some(ticket) = self.subject.ticket.filter(|_| !self.actor.manages()) else {
            return Ok(());
        };
        let is = |whose: &Option<String>| whose.is_some() && *whose == self.actor.agent;
        let is_own = match self.wanted.act {
            Act::Assign(_) | Act::Transfer(_) | Act::Finish(_) => is(&ticket.assignee),
            Act::Reopen => is(&ticket.assignee) || is(&ticket.closed_by),
            Act::TakeOver { .. } => !ticket.is_open() || ticket.assignee.is_none() || is(&ticket.assignee),
            Act::Claim => true,
            _ => self.wanted.act.kind().needs_no_ticket(),
        };
        if is_own { Ok(()) } else { Err(Reason::NotYours) }
    }

    /// That the ticket is as the caller saw it. Whoever comes too late to claim is told so: that says more.
    fn is_current(&self) -> Result<(), Reason> {
        let is_late = self.wanted.act == Act::Claim
            && (self.subject.ticket).is_some_and(|ticket| ticket.is_open() && ticket.assignee.is_some());
        match self.wanted.revision {
            Some(seen) if seen != self.subject.revision() && !is_late => Err(Reason::StaleRevision { seen }),
            _ => Ok(()),
        }
    }

    /// That the fold would not pass it over.
    fn fits_ticket(&self) -> Result<(), Reason> {
        let act = &self.wanted.act;
        if act.kind().needs_no_ticket() && act.kind() != Kind::TicketTakenOver {
            return Ok(());
        }
        let ticket = match (act, self.subject.ticket) {
            (Act::TakeOver { .. }, Some(ticket)) if ticket.is_open() && ticket.assignee == self.actor.agent => {
                return Err(Reason::AlreadyClaimed);
            }
            (Act::TakeOver { .. }, _) => return Ok(()),
            (_, Some(ticket)) => ticket,
            (_, None) => return Err(Reason::NoTicket),
        };
        let fact = match act {
            Act::Assign(target) | Act::Transfer(target) => CommandFact {
                assignee: target.assignee.clone(),
                team: target.team.clone(),
                ..CommandFact::default()
            },
            _ => CommandFact::default(),
        };
        let obstacle = ticket.refusal(act.kind(), &fact);
        obstacle.map_or(Ok(()), |obstacle| Err(obstacle.into()))
    }

    fn may_go_to(&self, target: &Target) -> Result<(), Reason> {
        if let Some(assignee) = &target.assignee {
            self.is_agent(assignee)?;
        }
        self.is_team(target.team.as_deref())?;
        self.fits_teams(target.assignee.as_deref(), target.team.as_deref())
    }

    /// That a team, if one is named, writes from the channel, and is one of an agent's. No ticket goes to it by that.
    fn may_write_for(&self, team: Option<&str>) -> Result<(), Reason> {
        self.is_team(team)?;
        let Some(team) = team else {
            return Ok(());
        };
        if !self.maintained.is_linked(self.subject.channel, team) {
            return Err(Reason::TeamNotLinked { team: team.to_owned() });
        }
        let own = self.actor.sight.teams().filter(|_| !self.maintained.teams.is_empty());
        if own.is_some_and(|own| !own.contains(team)) {
            return Err(Reason::AgentNotInTeam {
                agent: self.actor.agent.clone().unwrap_or_default(),
                team: team.to_owned(),
            });
        }
        Ok(())
    }

    fn is_team(&self, team: Option<&str>) -> Result<(), Reason> {
        let known = &self.maintained.teams;
        match team {
            Some(team) if !known.is_empty() && !known.contains_key(team) => {
                Err(Reason::UnknownTeam { team: team.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// That the ticket may be `assignee`'s, and of the team that makes it: the one that is named, else the only one of the assignee,
    /// else the one it is of already. Where it stays in its team, nothing is asked of that team again.
    fn fits_teams(&self, assignee: Option<&str>, named: Option<&str>) -> Result<(), Reason> {
        if let Some(assignee) = assignee {
            self.works_here(assignee, named)?;
        }
        let (channel, ticket) = (self.subject.channel, self.subject.ticket);
        let before = self.maintained.team_of(channel, ticket);
        // The next ticket begins without a team.
        let kept = self
            .maintained
            .team_of(channel, ticket.filter(|ticket| ticket.is_open()));
        let of_assignee = || self.maintained.only_team(assignee?);
        let Some(team) = named.or_else(of_assignee).or(kept) else {
            return Ok(());
        };
        if named.is_none() && before == Some(team) {
            return Ok(());
        }
        if !self.maintained.is_linked(channel, team) {
            return Err(Reason::TeamNotLinked { team: team.to_owned() });
        }
        match self.subject.lead {
            Some(lead) => self.is_lead_of(lead, Some(team)),
            None => Ok(()),
        }
    }

    /// That an agent is in the team that is named, else in one that works on the channel or has the ticket already. Whoever manages
    /// needs no team; where no teams are maintained, nobody does.
    fn works_here(&self, assignee: &str, named: Option<&str>) -> Result<(), Reason> {
        let known = self.maintained.agents.get(assignee);
        let Some(known) = known.filter(|known| !known.role.manages() && !self.maintained.teams.is_empty()) else {
            return Ok(());
        };
        let agent = assignee.to_owned();
        if let Some(team) = named {
            let team = team.to_owned();
            let is_in = known.teams.contains(&team);
            return if is_in {
                Ok(())
            } else {
                Err(Reason::AgentNotInTeam { agent, team })
            };
        }
        let channel = self.subject.channel;
        let given = self.subject.ticket.filter(|ticket| ticket.is_open());
        let given = given.and_then(|ticket| ticket.team.as_ref());
        let works = |team: &String| Some(team) == given || self.maintained.is_linked(channel, team);
        if !self.maintained.is_anybodys(channel) && !known.teams.iter().any(works) {
            return Err(Reason::AgentNotLinked { agent });
        }
        Ok(())
    }

    fn may_end(&self, ending: &Ending) -> Result<(), Reason> {
        let known = &self.maintained.classifications;
        let team = self.maintained.team_of(self.subject.channel, self.subject.ticket);
        let department = team.and_then(|team| self.maintained.department_of(team));
        let Some(classification) = &ending.classification else {
            let in_full = department.is_some_and(|department| department.full_closing);
            return if in_full {
                Err(Reason::ClassificationRequired)
            } else {
                Ok(())
            };
        };
        let entry = known.get(classification.as_str());
        let is_known = known.is_empty() || entry.is_some();
        let allows = department.is_none_or(|department| {
            let allowed = &department.classifications;
            allowed.is_empty() || allowed.contains(classification)
        });
        let classification = classification.clone();
        if !is_known || !allows {
            return Err(Reason::ClassificationNotAllowed { classification });
        }
        let asks = entry.filter(|_| department.is_some_and(|department| department.full_closing));
        if asks.is_some_and(|entry| entry.requires_value) && ending.value.is_none() {
            return Err(Reason::ValueRequired { classification });
        }
        let says = ending.note.as_ref().is_some_and(|note| !note.trim().is_empty());
        if asks.is_some_and(|entry| entry.requires_note) && !says {
            return Err(Reason::NoteRequired { classification });
        }
        Ok(())
    }

    fn is_stage(&self, stage: &str) -> Result<(), Reason> {
        let stages = self.maintained.stages();
        if stages.iter().any(|known| known.id == stage) {
            return Ok(());
        }
        let known: Vec<&str> = stages.iter().map(|known| known.id.as_str()).collect();
        Err(Reason::UnknownStage {
            stage: stage.to_owned(),
            known: known.join(", "),
        })
    }

    /// That no other conversation of a lead is another team's than `team`; where a conversation is nobody's in particular, nothing
    /// can be said against it.
    fn is_lead_of(&self, lead: &str, team: Option<&str>) -> Result<(), Reason> {
        if self.actor.administers() || self.maintained.unifies_leads() {
            return Ok(());
        }
        let other = self.subject.leads.iter().find_map(|holder| {
            let theirs = self.maintained.team_of(&holder.channel, holder.ticket.as_ref())?;
            (team.is_some() && team != Some(theirs)).then_some((theirs, holder.conversation))
        });
        other.map_or(Ok(()), |(theirs, conversation)| {
            Err(Reason::LeadInTwoTeams {
                lead: lead.to_owned(),
                team: theirs.to_owned(),
                conversation,
            })
        })
    }

    fn is_agent(&self, agent: &str) -> Result<(), Reason> {
        let known = self.maintained.agents.get(agent);
        let agent = agent.to_owned();
        match known {
            Some(known) if known.inactive => Err(Reason::AgentInactive { agent }),
            None if !self.maintained.agents.is_empty() => Err(Reason::UnknownAgent { agent }),
            _ => Ok(()),
        }
    }
}

fn check_edit(edit: &ContactEdit) -> Result<(), Reason> {
    let invalid = |what, why| Err(Reason::InvalidValue { what, why });
    let empty = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
    let ContactEdit { name, phone, email } = edit;
    if name.is_none() && phone.is_none() && email.is_none() {
        return invalid("contact", "name what to change: `name`, `phone`, `email`");
    }
    if empty(name) {
        return invalid("name", "it must not be empty");
    }
    let is_number = |phone: &String| PHONE_DIGITS.contains(&phone.len()) && phone.bytes().all(|b| b.is_ascii_digit());
    if phone.as_ref().is_some_and(|phone| !is_number(phone)) {
        return invalid("phone", "it is 8 to 15 digits, with the country code");
    }
    let is_address = |email: &String| {
        let (user, host) = email.split_once('@').unwrap_or_default();
        !user.is_empty() && host.contains('.') && !email.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    if email.as_ref().is_some_and(|email| !is_address(email)) {
        return invalid("email", "it is no address such as rita@example.com");
    }
    Ok(())
}

fn check_ending(ending: &Ending) -> Result<(), Reason> {
    let invalid = |what, why| Err(Reason::InvalidValue { what, why });
    match (ending.value, &ending.currency) {
        (Some(value), _) if value.0 < 0 => invalid("value", "it must not be negative"),
        (Some(_), None) => invalid("currency", "a value needs one, such as BRL"),
        (None, Some(_)) => invalid("value", "a currency needs one"),
        (_, Some(currency)) if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) => {
            invalid("currency", "it is three capital letters, such as BRL")
        }
        _ => Ok(()),
    }
}
