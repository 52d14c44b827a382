//! A conversation in a unit of work: loaded once, changed by any number of events, written once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::event::Body;
use origem_domain::fact::{ClickFact, Fact, SortKey, What};
use origem_domain::key::ConversationId;
use origem_domain::record::Recorded;
use origem_domain::rules::Rulebook;
use origem_domain::ticket::Ticket;

use crate::calendar::{self, Calendar};
use crate::card::{self, Card};
use crate::layout::{self, AccountKey};
use crate::ledger::{Inserted, Ledger};
use crate::positions::Aside;
use crate::queue::Listing;
use crate::rows::{Changes, Rows, RowsError};
use crate::thread::{Line, Thread};
use crate::{contacts, identity, journeys, leads, preview};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is part of the conversation now.
    New,
    /// It was before.
    Duplicate,
    /// It is recorded, and changes nothing: it was decided on a stale revision.
    Voided,
    /// It is recorded, and changes nothing as things stand: a claim of a ticket that is somebody's, the end of none.
    NoEffect,
}

/// A conversation in a unit of work.
pub struct Work {
    conversation: ConversationId,
    card: Card,
    before: Before,
    ledger: Ledger,
    thread: Thread,
    aside: Aside,
    calendar: Calendar,
    /// What reports know of it, as it was stored; read only where not all of it follows from what changes.
    journey: Option<journeys::Journey<String>>,
    /// Numbers the contact has by itself; read only where an agent wrote another.
    numbers: BTreeSet<String>,
    dirty: bool,
    /// Something was written, edited or deleted: the latest message may be another one, or read differently.
    talked: bool,
}

/// What the lists hold of the conversation now.
#[derive(Default)]
struct Before {
    listing: Option<Listing>,
    named: contacts::Named,
    /// The number an agent wrote.
    phone: Option<String>,
    lead: Option<String>,
    journey: Option<journeys::Shown>,
}

impl Before {
    fn of(card: &Card) -> Self {
        let named = contacts::Named::of(card);
        Self {
            listing: Listing::of(card, named.beginnings),
            named,
            phone: card.edited.phone.as_ref().map(|seen| seen.value.clone()),
            lead: card.state.lead.clone(),
            journey: (!card.group).then(|| journeys::shown(&card.state)),
        }
    }
}

impl Work {
    /// Loads a conversation, or begins it with the event at `position`.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn load(
        rows: &dyn Rows,
        conversation: ConversationId,
        recorded: &Recorded,
        rulebook: &Arc<Rulebook>,
    ) -> Result<Self, RowsError> {
        if let Some(work) = Self::existing(rows, conversation, rulebook)? {
            return Ok(work);
        }
        let event = &recorded.event;
        let card = Card {
            account: event.account.clone(),
            channel: event.channel.clone(),
            group: event.group.is_some(),
            created: recorded.position,
            position: recorded.position,
            state: Default::default(),
            name: None,
            username: None,
            provider: None,
            edited: Default::default(),
            profile: Default::default(),
            last_message: None,
        };
        Ok(Self {
            conversation,
            ledger: Ledger::empty(conversation, card.channel.kind, rulebook),
            thread: Thread::empty(conversation),
            aside: Aside::new(conversation),
            before: Before::default(),
            calendar: Calendar::default(),
            journey: None,
            numbers: BTreeSet::new(),
            card,
            dirty: false,
            talked: false,
        })
    }

    /// Loads a conversation if it exists.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn existing(
        rows: &dyn Rows,
        conversation: ConversationId,
        rulebook: &Arc<Rulebook>,
    ) -> Result<Option<Self>, RowsError> {
        let Some(card) = card::load(rows, conversation)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            conversation,
            ledger: Ledger::new(conversation, card.channel.kind, rulebook),
            thread: Thread::new(conversation),
            aside: Aside::new(conversation),
            before: Before::of(&card),
            calendar: Calendar::default(),
            journey: None,
            numbers: BTreeSet::new(),
            card,
            dirty: false,
            talked: false,
        }))
    }

    /// Applies an event whose fact is `fact`; it `taught` if it changed what is known of the contact's aliases.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn apply(
        &mut self,
        rows: &dyn Rows,
        recorded: &Recorded,
        mut fact: Fact,
        taught: bool,
    ) -> Result<Applied, RowsError> {
        let event = &recorded.event;
        let (key, offset) = (fact.key, recorded.position.offset);
        if self.card.group {
            fact.what = What::Noted {
                message: fact.own_message(),
            };
        }
        let voided = self.void_if_stale(&mut fact);
        let no_effect = !voided && self.has_no_effect(rows, &fact)?;
        let any_time = event.time_source == origem_domain::event::TimeSource::Received;
        let line = Line::of(recorded).map(|line| line.under(self.ledger.rulebook()));
        let line = line.map(|line| if voided { line.voided() } else { line });
        let entries = calendar::entries(&fact);
        match self.ledger.insert(rows, &mut self.card.state, fact, any_time)? {
            Inserted::Duplicate { .. } if taught => {
                self.aside.add(rows, &key, offset)?;
                return Ok(Applied::Duplicate);
            }
            Inserted::Duplicate { of } => {
                if key.kind != of.kind || key.at < of.at {
                    self.aside.add_first(rows, &key, offset)?;
                }
                return Ok(Applied::Duplicate);
            }
            Inserted::Replaced { key, position } => {
                self.thread.remove(rows, &key)?;
                self.aside.add(rows, &key, position.offset)?;
            }
            Inserted::New => {}
        }
        self.recall(rows)?;
        if let Some(line) = line {
            self.talked |= preview::concerns(&line);
            self.thread.insert(rows, line)?;
        }
        self.calendar.note(entries);
        self.dirty = true;
        self.card.position = self.card.position.max(recorded.position);
        self.card.profile.see(event);
        card::see(&mut self.card.provider, event.occurred_at, event.provider.as_ref());
        if let Some(contact) = &event.contact {
            card::see(&mut self.card.name, event.occurred_at, contact.name.as_ref());
            card::see(&mut self.card.username, event.occurred_at, contact.username.as_ref());
        }
        if let Body::ContactEdited(command) = &event.body
            && let Some(edit) = &command.contact_edit
        {
            card::see(&mut self.card.edited.name, event.occurred_at, edit.name.as_ref());
            card::see(&mut self.card.edited.phone, event.occurred_at, edit.phone.as_ref());
            card::see(&mut self.card.edited.email, event.occurred_at, edit.email.as_ref());
            self.numbers = contacts::numbers(identity::load(rows, self.conversation)?.as_ref());
        }
        Ok(match (voided, no_effect) {
            (true, _) => Applied::Voided,
            (false, true) => Applied::NoEffect,
            (false, false) => Applied::New,
        })
    }

    /// Whether a command makes no sense on the ticket as it is. Only told of commands that come in order: a late one may
    /// make sense where it belongs.
    fn has_no_effect(&mut self, rows: &dyn Rows, fact: &Fact) -> Result<bool, RowsError> {
        let What::Command(command) = &fact.what else {
            return Ok(false);
        };
        let kind = fact.key.kind;
        if kind.needs_no_ticket() || self.ledger.last(rows)? > Some(fact.key) {
            return Ok(false);
        }
        let applies = |ticket: &Ticket| ticket.clone().apply(kind, fact.key.at, command);
        Ok(!self.card.state.ticket.as_ref().is_some_and(applies))
    }

    /// Inserts the fact of an event that waited for this conversation.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn insert_waited(&mut self, rows: &dyn Rows, fact: Fact) -> Result<(), RowsError> {
        let inserted = self.ledger.insert(rows, &mut self.card.state, fact, false)?;
        self.dirty |= !matches!(inserted, Inserted::Duplicate { .. });
        self.recall(rows)
    }

    /// Reads what reports know of a long conversation: the ledger is not folded from its beginning for them.
    fn recall(&mut self, rows: &dyn Rows) -> Result<(), RowsError> {
        if self.journey.is_none() && self.ledger.changed_behind_first() {
            self.journey = journeys::stored(rows, &self.card, self.conversation)?;
        }
        Ok(())
    }

    /// A command is decided on a revision of the ticket; if that is not the ticket's any more, another command came first.
    /// This is the one place where the order of the log counts, not the time: the first one wins. Source: design.md 2.7.
    fn void_if_stale(&self, fact: &mut Fact) -> bool {
        let takes_notice = !fact.key.kind.is_beside_ticket();
        let What::Command(command) = &mut fact.what else {
            return false;
        };
        let ticket = self.card.state.ticket.as_ref();
        let stale = command
            .revision
            .is_some_and(|decided_on| decided_on != ticket.map_or(0, |ticket| ticket.revision));
        let elsewhere = command
            .ticket
            .is_some_and(|meant| ticket.is_none_or(|ticket| ticket.id != meant));
        command.void = takes_notice && (stale || elsewhere);
        command.void
    }

    /// Tells a message that carries a click code which click that was.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn set_click(&mut self, rows: &dyn Rows, message: &SortKey, click: &ClickFact) -> Result<(), RowsError> {
        self.dirty |= self.ledger.set_click(rows, &mut self.card.state, message, click)?;
        self.recall(rows)
    }

    /// Takes over everything of `other`, which turned out to be the same person, and removes its rows.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn absorb(&mut self, rows: &dyn Rows, mut other: Self, changes: &mut Changes) -> Result<(), RowsError> {
        let lines = other.thread.drain(rows, changes)?;
        let mut lines: BTreeMap<SortKey, Line> = lines.into_iter().map(|line| (line.key, line)).collect();
        for fact in other.ledger.drain(rows, changes)? {
            let (key, offset) = (fact.key, fact.position.offset);
            calendar::forget(changes, AccountKey::of(&other.card.account), other.conversation, &fact);
            let entries = calendar::entries(&fact);
            match self.ledger.insert(rows, &mut self.card.state, fact, false)? {
                Inserted::Duplicate { .. } => {
                    lines.remove(&key);
                    self.aside.add(rows, &key, offset)?;
                }
                Inserted::Replaced { key, position } => {
                    lines.remove(&key);
                    self.thread.remove(rows, &key)?;
                    self.aside.add(rows, &key, position.offset)?;
                }
                Inserted::New => self.calendar.note(entries),
            }
        }
        for line in lines.into_values() {
            self.thread.insert(rows, line)?;
        }
        self.aside.absorb(rows, other.conversation, changes)?;
        self.ledger.share_clicks(rows, &mut self.card.state)?;
        self.recall(rows)?;
        self.talked = true;
        let (ours, theirs) = (&mut self.card, &other.card);
        ours.created = ours.created.min(theirs.created);
        ours.position = ours.position.max(theirs.position);
        ours.name = ours.name.take().max(theirs.name.clone());
        ours.username = ours.username.take().max(theirs.username.clone());
        ours.provider = ours.provider.take().max(theirs.provider.clone());
        ours.edited.name = ours.edited.name.take().max(theirs.edited.name.clone());
        ours.edited.phone = ours.edited.phone.take().max(theirs.edited.phone.clone());
        ours.edited.email = ours.edited.email.take().max(theirs.edited.email.clone());
        ours.profile.absorb(&theirs.profile);
        self.numbers = contacts::numbers(identity::load(rows, self.conversation)?.as_ref());
        other.unlist(changes);
        changes.remove(layout::card(other.conversation));
        self.dirty = true;
        Ok(())
    }

    /// Removes the conversation from every list.
    fn unlist(&self, changes: &mut Changes) {
        let account = AccountKey::of(&self.card.account);
        Listing::write(changes, account, self.conversation, self.before.listing.as_ref(), None);
        let nothing = contacts::Named::default();
        contacts::index_words(changes, account, self.conversation, &self.before.named, &nothing);
        let phone = (self.before.phone.as_deref(), None);
        contacts::index_edited(changes, account, self.conversation, phone, &BTreeSet::new());
        leads::moved(changes, account, self.conversation, self.before.lead.as_deref(), None);
        journeys::remove(changes, account, self.conversation);
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn save(mut self, rows: &dyn Rows, changes: &mut Changes) -> Result<(), RowsError> {
        self.aside.save(changes);
        if !self.dirty {
            return Ok(());
        }
        // Once, however many messages came.
        if self.talked {
            self.card.last_message = self.thread.latest(rows)?;
        }
        let account = AccountKey::of(&self.card.account);
        let now = Before::of(&self.card);
        let (old, new) = (self.before.listing.as_ref(), now.listing.as_ref());
        Listing::write(changes, account, self.conversation, old, new);
        contacts::index_words(changes, account, self.conversation, &self.before.named, &now.named);
        if now.phone != self.before.phone && !self.card.group {
            let phone = (self.before.phone.as_deref(), now.phone.as_deref());
            contacts::index_edited(changes, account, self.conversation, phone, &self.numbers);
        }
        let (lead, of) = (self.before.lead.as_deref(), self.conversation);
        leads::moved(changes, account, of, lead, now.lead.as_deref());
        if !self.card.group && (now.journey != self.before.journey || self.ledger.was_refolded()) {
            journeys::save(changes, self.conversation, &self.card, &self.ledger, self.journey);
        }
        self.calendar.save(changes, account, self.conversation);
        self.ledger.save(changes);
        self.thread.save(changes);
        changes.put(layout::card(self.conversation), &self.card);
        Ok(())
    }
}
