//! The change log of a conversation: who changed what and when, from what to what. Told by its ledger, fact by fact: nothing is
//! stored for it, so it can never say anything else than what happened.
//!
//! What counts is what commands changed or would have changed, tickets that opened, and origins that were observed. Whose turn it is
//! changes with every message; that is told by the thread.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::amount::Amount;
use origem_domain::event::{ContactEdit, Kind};
use origem_domain::fact::{CommandFact, Fact, What};
use origem_domain::fold::{Folding, Outcome, evolve};
use origem_domain::key::{ConversationId, TicketId, TouchId};
use origem_domain::position::Position;
use origem_domain::state::State;
use origem_domain::ticket::{NoEffect, Ticket, TicketStatus};
use origem_domain::time::Timestamp;
use origem_domain::touch::Touch;
use origem_views::card::Card;
use origem_views::ledger::Ledger;
use origem_views::thread::{Content, Thread};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// Which part of a change log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryQuery {
    /// How many changes to skip.
    pub skip: usize,
    /// How many at most.
    pub limit: usize,
}

/// A page of a change log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// The tenant: whose directory has the names.
    pub account: String,
    /// The changes, in order of time; those of one event in the order of [`Field`].
    pub items: Vec<HistoryRow>,
    /// Whether more follow.
    pub more: bool,
}

/// One thing that changed, or did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// When.
    pub at: Timestamp,
    /// The kind of event that did it.
    pub event: Kind,
    /// Where the event stands.
    pub position: Position,
    /// The agent who did it, by id; `None` for what customers and machines do.
    pub who: Option<String>,
    /// Who did it in the agent's name: another agent by id, else what the key was called.
    pub by: Option<String>,
    /// What.
    pub what: Field,
    /// From what; `None`: from nothing.
    pub old: Option<Told>,
    /// To what; `None`: to nothing.
    pub new: Option<Told>,
    /// Why it did not become so, though somebody wanted it.
    pub lost: Option<Lost>,
}

/// Why a command changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lost {
    /// Another command came first in the log.
    Stale,
    /// It made no sense on the ticket.
    NoEffect(NoEffect),
}

impl Lost {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale_revision",
            Self::NoEffect(why) => why.name(),
        }
    }
}

/// What a change log tells of, in the order it is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it
pub enum Field {
    Ticket,
    Status,
    Assignee,
    Team,
    Classification,
    Value,
    Stage,
    Lead,
    Origin,
    Name,
    Phone,
    Email,
    Note,
    Outreach,
}

impl Field {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Status => "status",
            Self::Assignee => "assignee",
            Self::Team => "team",
            Self::Classification => "classification",
            Self::Value => "value",
            Self::Stage => "stage",
            Self::Lead => "lead",
            Self::Origin => "origin",
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Note => "note",
            Self::Outreach => "outreach",
        }
    }

    /// Whether it is of one ticket: the next one begins without.
    const fn is_of_ticket(self) -> bool {
        matches!(
            self,
            Self::Status | Self::Assignee | Self::Team | Self::Classification | Self::Value
        )
    }
}

/// What something is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// As it is called in JSON: an id, a word, a text.
    pub text: String,
    /// What tells it from another that is called the same.
    touch: Option<TouchId>,
    /// What people call it, where events and not the directory say so.
    pub label: Option<String>,
}

impl Told {
    fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            touch: None,
            label: None,
        }
    }

    fn origin(touch: &Touch) -> Self {
        Self {
            text: touch.origin.kind.name().to_owned(),
            touch: Some(touch.id),
            label: Some(touch.origin.label().to_owned()),
        }
    }
}

/// A question for a page of a change log.
#[derive(Serialize, Deserialize)]
pub(super) struct History {
    pub(super) id: ConversationId,
    pub(super) query: HistoryQuery,
}

impl Question for History {
    const NAME: &'static str = "history";
    const SEEKS: bool = true;
    type Answer = HistoryPage;

    fn answer(&self, view: View<'_>) -> Result<HistoryPage, EngineError> {
        view.changes_of(self.id, self.query)
    }
}

impl Engine {
    /// A page of the change log of a conversation, in order of time.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn history(&self, id: ConversationId, query: HistoryQuery) -> Result<HistoryPage, EngineError> {
        self.ask(&History { id, query })
    }
}

impl View<'_> {
    /// A page of the change log of a conversation, in order of time.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`; `Log`.
    pub(super) fn changes_of(&self, id: ConversationId, query: HistoryQuery) -> Result<HistoryPage, EngineError> {
        let (id, card) = self.card(id)?;
        let facts = Ledger::new(id, card.channel.kind, self.rulebook).facts(self.rows)?;
        let folding = Folding {
            channel: card.channel.kind,
            rulebook: self.rulebook,
        };
        let mut telling = Telling {
            view: self,
            thread: Thread::new(id),
            contact: of_profile(&card),
            rows: Vec::new(),
        };
        let mut state = State::default();
        let mut before = Shown::default();
        for fact in &facts {
            let lost = lost(&state, fact);
            evolve(&mut state, folding, fact, &mut Outcome::default());
            let after = Shown::of(&state);
            telling.tell(fact, &before, &after, lost)?;
            before = after;
        }
        let rows = telling.rows;
        let more = rows.len() > query.skip.saturating_add(query.limit);
        Ok(HistoryPage {
            account: card.account,
            items: rows.into_iter().skip(query.skip).take(query.limit).collect(),
            more,
        })
    }
}

/// The profile name of before the first edit. Of numbers and addresses the profile has none.
fn of_profile(card: &Card) -> BTreeMap<Field, (Timestamp, String)> {
    let name = card
        .name
        .as_ref()
        .map(|seen| (Field::Name, (seen.at, seen.value.clone())));
    name.into_iter().collect()
}

/// Why the command of a fact changes nothing.
fn lost(state: &State, fact: &Fact) -> Option<Lost> {
    let What::Command(command) = &fact.what else {
        return None;
    };
    if command.void {
        return Some(Lost::Stale);
    }
    let kind = fact.key.kind;
    if kind.needs_no_ticket() {
        return None;
    }
    let obstacle = match &state.ticket {
        Some(ticket) => ticket.refusal(kind, command),
        None => Some(NoEffect::NoTicket),
    };
    obstacle.map(Lost::NoEffect)
}

/// What is told of a state.
#[derive(Default)]
struct Shown {
    ticket: Option<TicketId>,
    fields: BTreeMap<Field, Told>,
}

impl Shown {
    fn of(state: &State) -> Self {
        let ticket = state.ticket.as_ref();
        let of_ticket = |field: fn(&Ticket) -> Option<&String>| ticket.and_then(field).map(Told::of);
        let told = [
            (Field::Ticket, ticket.map(|ticket| Told::of(ticket.id.to_string()))),
            (Field::Status, ticket.map(|ticket| Told::of(ticket.status().name()))),
            (Field::Assignee, of_ticket(|ticket| ticket.assignee.as_ref())),
            (Field::Team, of_ticket(|ticket| ticket.team.as_ref())),
            (
                Field::Classification,
                of_ticket(|ticket| ticket.classification.as_ref()),
            ),
            (
                Field::Value,
                ticket.and_then(|ticket| value(ticket.value, ticket.currency.as_deref())),
            ),
            (Field::Stage, state.stage.as_ref().map(Told::of)),
            (Field::Lead, state.lead.as_ref().map(Told::of)),
            (Field::Origin, state.landmarks.current().map(Told::origin)),
        ];
        let fields = told.into_iter().filter_map(|(field, told)| Some((field, told?)));
        Self {
            ticket: ticket.map(|ticket| ticket.id),
            fields: fields.collect(),
        }
    }
}

fn value(value: Option<Amount>, currency: Option<&str>) -> Option<Told> {
    let text = format!("{} {}", value?.decimal(), currency.unwrap_or_default());
    Some(Told::of(text.trim_end()))
}

/// What a command wants to be.
fn wanted(kind: Kind, command: &CommandFact) -> Vec<(Field, Option<Told>)> {
    let told = |text: &Option<String>| text.as_ref().map(Told::of);
    match kind {
        Kind::TicketClaimed => vec![(
            Field::Assignee,
            told(&command.assignee).or_else(|| told(&command.agent)),
        )],
        Kind::TicketTakenOver => vec![(Field::Assignee, told(&command.agent))],
        Kind::TicketAssigned | Kind::TicketTransferred => {
            vec![
                (Field::Assignee, told(&command.assignee)),
                (Field::Team, told(&command.team)),
            ]
        }
        Kind::TicketFinished => vec![
            (Field::Status, Some(Told::of(TicketStatus::Finished.name()))),
            (Field::Classification, told(&command.classification)),
            (Field::Value, value(command.value, command.currency.as_deref())),
        ],
        Kind::TicketReopened => vec![(Field::Status, None)],
        Kind::StageSet => vec![(Field::Stage, told(&command.stage))],
        Kind::LeadLinked => vec![(Field::Lead, told(&command.lead))],
        _ => Vec::new(),
    }
}

/// The log of changes while it is told.
struct Telling<'a> {
    view: &'a View<'a>,
    thread: Thread,
    /// What the contact was called last, and since when.
    contact: BTreeMap<Field, (Timestamp, String)>,
    rows: Vec<HistoryRow>,
}

impl Telling<'_> {
    fn tell(&mut self, fact: &Fact, before: &Shown, after: &Shown, lost: Option<Lost>) -> Result<(), EngineError> {
        let command = match &fact.what {
            What::Command(command) => Some(&**command),
            _ => None,
        };
        let who = match &fact.what {
            What::Command(command) => command.agent.clone(),
            What::Sent(sent) => sent.agent.clone(),
            _ => None,
        };
        let row = |what, old: Option<Told>, new: Option<Told>| HistoryRow {
            at: fact.key.at,
            event: fact.key.kind,
            position: fact.position,
            who: who.clone(),
            by: command.and_then(|command| command.by.clone()),
            what,
            old,
            new,
            lost,
        };
        let is_next = before.ticket != after.ticket;
        let fields = before.fields.keys().chain(after.fields.keys());
        let fields: BTreeSet<Field> = fields.copied().collect();
        let had = self.rows.len();
        for field in fields {
            let is_next_ones = is_next && field.is_of_ticket();
            let old = before.fields.get(&field).filter(|_| !is_next_ones);
            let new = after.fields.get(&field);
            // Whose turn it is changes with every message.
            let is_told = command.is_some() || is_next || field == Field::Origin;
            if old != new && is_told {
                self.rows.push(row(field, old.cloned(), new.cloned()));
            }
        }
        let Some(command) = command else { return Ok(()) };
        if self.rows.len() == had {
            for (field, new) in wanted(fact.key.kind, command) {
                let old = before.fields.get(&field);
                if new.is_some() || lost.is_some() && field == Field::Status {
                    self.rows.push(row(field, old.cloned(), new));
                }
            }
        }
        if fact.key.kind == Kind::ContactEdited {
            self.tell_edit(fact, &row)?;
        }
        let line = self.thread.line(self.view.rows, &fact.key)?;
        if let Some(Content::Event { text: Some(text), .. }) = line.map(|line| line.content) {
            let is_outreach = fact.key.kind == Kind::OutreachRequested;
            let what = if is_outreach { Field::Outreach } else { Field::Note };
            self.rows.push(row(what, None, Some(Told::of(text))));
        }
        Ok(())
    }

    /// What an agent wrote of the contact: its ledger holds no names, the log does.
    fn tell_edit(
        &mut self,
        fact: &Fact,
        row: &impl Fn(Field, Option<Told>, Option<Told>) -> HistoryRow,
    ) -> Result<(), EngineError> {
        let body = self.view.command_at(fact)?;
        let edit = body.as_ref().and_then(|body| body.command()?.contact_edit.clone());
        let ContactEdit { name, phone, email } = edit.unwrap_or_default();
        for (field, new) in [(Field::Name, name), (Field::Phone, phone), (Field::Email, email)] {
            let Some(new) = new.filter(|new| !new.is_empty()) else {
                continue;
            };
            let known = self.contact.insert(field, (fact.key.at, new.clone()));
            // The profile may have said something else then.
            let old = known.filter(|(since, _)| *since <= fact.key.at);
            self.rows
                .push(row(field, old.map(|(_, old)| Told::of(old)), Some(Told::of(new))));
        }
        Ok(())
    }
}
