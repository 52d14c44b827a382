//! What people ask of the outbox: lists, one conversion with its request, sending again, and what would be sent.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use origem_domain::alias::AliasKind;
use origem_domain::event::Kind;
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::position::{Position, Positions};
use origem_domain::ticket::Ticket;
use origem_domain::time::Timestamp;
use origem_domain::touch::Touch;
use origem_engine::query::{Conversation, Deed};
use origem_engine::{Engine, EngineError, ErrorCode};
use serde_json::Value;

use crate::conversion::{Conversion, Destination, Item, Reason, State, Trigger};
use crate::decide::{self, Judged};
use crate::feeder;
use crate::outbox::{Counts, Outbox, OutboxError};
use crate::sender::{Condition, Shared};
use crate::settings::Settings;
use crate::{meta, webhook};

/// Why a request about conversions cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ConversionError {
    /// None of that id, or it is forgotten.
    #[error("there is no conversion {key}; `GET /v1/conversions` lists those that are remembered")]
    Unknown {
        /// What was asked for.
        key: String,
    },
    /// Its state does not allow it.
    #[error("the conversion is {}: {advice}", state.name())]
    State {
        /// Where it stands.
        state: State,
        /// What that means.
        advice: &'static str,
    },
    /// Nothing is configured.
    #[error("no destination of conversions is configured here; see conversions.* in `origem config explain`")]
    NotConfigured,
    /// The outbox cannot do it.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The views cannot tell.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl ConversionError {
    /// What a caller is told, in a word.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { .. } => ErrorCode::NotFound,
            Self::State { .. } | Self::NotConfigured => ErrorCode::Conflict,
            Self::Outbox(_) => ErrorCode::LogUnavailable,
            Self::Engine(error) => error.code(),
        }
    }
}

/// Which conversions. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who is told.
    pub destination: Option<Destination>,
    /// Where they stand.
    pub state: Option<State>,
    /// The tenant.
    pub account: Option<String>,
    /// The conversation.
    pub conversation: Option<ConversationId>,
    /// The ticket.
    pub ticket: Option<TicketId>,
    /// What they are called.
    pub event: Option<String>,
}

impl Filter {
    fn fits(&self, item: &Item) -> bool {
        let conversion = &item.conversion;
        self.destination
            .is_none_or(|destination| conversion.destination == destination)
            && self.state.is_none_or(|state| item.state == state)
            && self
                .account
                .as_ref()
                .is_none_or(|account| conversion.account == *account)
            && self
                .conversation
                .is_none_or(|conversation| conversion.conversation == conversation)
            && self.ticket.is_none_or(|ticket| conversion.ticket == Some(ticket))
            && self.event.as_ref().is_none_or(|event| conversion.event == *event)
    }
}

/// A page of conversions, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The conversions.
    pub items: Vec<Item>,
    /// Where the next page begins: below this number; `None` at the end.
    pub next: Option<u64>,
}

/// How a destination is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub destination: Destination,
    /// It is told what happened from here on; `None` until it has begun.
    pub began_at: Option<Timestamp>,
    /// The last event of each partition that was decided for it.
    pub seen: Positions,
    /// Conversions that wait.
    pub waiting: u64,
    /// Since when the oldest of them does.
    pub oldest_at: Option<Timestamp>,
    /// When it last took something, since the start; not told to an account.
    pub taken_at: Option<Timestamp>,
    /// Requests that failed since one did not; of an account, attempts at the latest of its conversions that waits after one.
    pub failures: u32,
    /// Nothing is sent before.
    pub rests_until: Option<Timestamp>,
    /// Why the last request failed, unless one has not since; of an account, why that conversion still waits.
    pub trouble: Option<Reason>,
}

/// What an end, a stage or a lead of a ticket makes by the rules as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// What happened.
    pub trigger: Trigger,
    /// When; of stages and leads, at the latest.
    pub at: Timestamp,
    /// The ticket.
    pub ticket: Option<TicketId>,
    /// The conversions that rules make of it, each with where it stands in the outbox and what its request would hold; empty where
    /// no rule holds.
    pub conversions: Vec<(Judged, Option<State>, Value)>,
}

/// What people ask; cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Parts>);

struct Parts {
    engine: Arc<Engine>,
    outbox: Outbox,
    settings: Arc<Settings>,
    conditions: BTreeMap<Destination, Shared>,
}

impl Desk {
    /// A desk of an outbox that nobody sends from here.
    #[must_use]
    pub fn new(engine: Arc<Engine>, outbox: Outbox, settings: Arc<Settings>) -> Self {
        Self::with(engine, outbox, settings, BTreeMap::new())
    }

    pub(crate) fn with(
        engine: Arc<Engine>,
        outbox: Outbox,
        settings: Arc<Settings>,
        conditions: BTreeMap<Destination, Shared>,
    ) -> Self {
        Self(Arc::new(Parts {
            engine,
            outbox,
            settings,
            conditions,
        }))
    }

    /// Up to `limit` conversions, the latest first, below a number.
    #[must_use]
    pub fn list(&self, filter: &Filter, below: Option<u64>, limit: usize) -> Page {
        let (items, more) = self.0.outbox.list(|item| filter.fits(item), below, limit);
        let next = items.last().map(|item| item.number).filter(|_| more);
        Page { items, next }
    }

    /// A conversion.
    ///
    /// # Errors
    /// `Unknown`.
    pub fn one(&self, key: &str) -> Result<Item, ConversionError> {
        let missing = || ConversionError::Unknown { key: key.to_owned() };
        self.0.outbox.of_key(key).ok_or_else(missing)
    }

    /// What the request of a conversion holds, but for who the customer is.
    #[must_use]
    pub fn request(&self, conversion: &Conversion) -> Value {
        match (conversion.destination, &self.0.settings.meta) {
            (Destination::Webhook, _) => webhook::body(conversion),
            (Destination::Meta, Some(settings)) => match settings.dataset(&conversion.channel) {
                Some(dataset) => {
                    let hidden = meta::known_by(conversion.channel.kind).map(|_| "(hidden)");
                    meta::body(&[meta::event(conversion, dataset, hidden)], settings)
                }
                None => Value::Null,
            },
            (Destination::Meta, None) => Value::Null,
        }
    }

    /// Has a conversion be sent now: one that was refused, given up or only tried out, or that waits. Durable on return.
    ///
    /// # Errors
    /// `Unknown`; `State` for what was sent, withdrawn or is of no use; `NotConfigured`; `Outbox`.
    pub fn send_again(&self, key: &str, now: Timestamp) -> Result<Item, ConversionError> {
        let again = self.0.outbox.send_again(key, |item| self.may_send_again(item), now)?;
        let item = again.ok_or_else(|| ConversionError::Unknown { key: key.to_owned() })?;
        if let Some(condition) = self.0.conditions.get(&item.conversion.destination) {
            condition.lock().unwrap_or_else(PoisonError::into_inner).rests_until = None;
        }
        // Whoever sends may have looked while it rested.
        self.0.outbox.wake();
        Ok(item)
    }

    fn may_send_again(&self, item: &Item) -> Result<(), ConversionError> {
        let advice = match item.state {
            State::Waiting | State::Refused | State::GaveUp | State::DryRun => None,
            State::Sent => Some("it goes to a destination once"),
            State::Skipped => Some("its reason says why there is no use in sending it"),
            State::Withdrawn => Some("finish the ticket again, and it is decided anew"),
        };
        match advice {
            Some(advice) => Err(ConversionError::State {
                state: item.state,
                advice,
            }),
            None if self.0.settings.has(item.conversion.destination) => Ok(()),
            None => Err(ConversionError::NotConfigured),
        }
    }

    /// How each destination is that is configured: for an account by its own conversions alone, or by all.
    #[must_use]
    pub fn standings(&self, account: Option<&str>) -> Vec<Standing> {
        let (places, counts) = (self.0.outbox.places(), self.0.outbox.counts(account));
        let of = |destination: Destination| {
            let place = places.get(&destination);
            let condition = match account {
                Some(account) => self.condition_for(account, destination),
                None => self.condition(destination),
            };
            Standing {
                destination,
                began_at: place.map(|place| place.began_at),
                seen: place.map(|place| place.seen.clone()).unwrap_or_default(),
                waiting: counts
                    .items
                    .get(&(destination, State::Waiting))
                    .copied()
                    .unwrap_or_default(),
                oldest_at: counts.oldest.get(&destination).copied(),
                taken_at: condition.taken_at,
                failures: condition.failures,
                rests_until: condition.rests_until,
                trouble: condition.trouble,
            }
        };
        self.0.settings.destinations().map(of).collect()
    }

    /// A destination as an account sees it: the trouble of the latest of its own conversions that waits after an attempt. What was
    /// taken of others, and what was said of theirs, is not told.
    fn condition_for(&self, account: &str, destination: Destination) -> Condition {
        let waits = |item: &Item| {
            item.conversion.account == account
                && item.conversion.destination == destination
                && item.state == State::Waiting
                && item.reason.is_some()
        };
        let (mut own, _) = self.0.outbox.list(waits, None, 1);
        let Some(item) = own.pop() else {
            return Condition::default();
        };
        Condition {
            failures: item.attempts,
            rests_until: self.condition(destination).rests_until,
            trouble: item.reason,
            ..Condition::default()
        }
    }

    /// How many conversions there are: of an account, or of all.
    #[must_use]
    pub fn counts(&self, account: Option<&str>) -> Counts {
        self.0.outbox.counts(account)
    }

    /// Requests since the start by what became of them, and conversions likewise.
    #[must_use]
    pub fn attempts(&self, destination: Destination) -> (BTreeMap<&'static str, u64>, BTreeMap<&'static str, u64>) {
        let condition = self.condition(destination);
        (condition.requests, condition.settled)
    }

    fn condition(&self, destination: Destination) -> Condition {
        let shared = self.0.conditions.get(&destination);
        let held = shared.map(|shared| shared.lock().unwrap_or_else(PoisonError::into_inner).clone());
        held.unwrap_or_default()
    }

    /// What the rules make of all that happened in a conversation, whether it was decided already or not. Changes nothing, sends
    /// nothing. Blocks.
    ///
    /// # Errors
    /// `Engine`.
    pub fn explain(&self, id: ConversationId, now: Timestamp) -> Result<Vec<Explained>, ConversionError> {
        let engine = &self.0.engine;
        let conversation = engine.conversation(id)?;
        let touches: Vec<Touch> = engine.timeline(id)?.into_iter().map(|view| view.touch).collect();
        let tickets: Vec<Ticket> = engine.tickets(id)?.into_iter().map(|view| view.ticket).collect();
        let mut explained = Vec::new();
        for deed in deeds(&conversation, &tickets, &touches) {
            let Some(trigger) = decide::trigger(deed.kind) else {
                continue;
            };
            let conversions = feeder::decide(engine, &self.0.settings, &deed, now)?;
            let conversions = conversions.into_iter().map(|judged| {
                let known = self.0.outbox.of_key(&judged.conversion.key).map(|item| item.state);
                let request = self.request(&judged.conversion);
                (judged, known, request)
            });
            explained.push(Explained {
                trigger,
                at: deed.at,
                ticket: deed.ticket.as_ref().map(|ticket| ticket.id),
                conversions: conversions.collect(),
            });
        }
        Ok(explained)
    }
}

/// What happened in a conversation, as far as it shows that today.
fn deeds(conversation: &Conversation, tickets: &[Ticket], touches: &[Touch]) -> Vec<Deed> {
    let card = &conversation.card;
    let deed = |kind, at, ticket: Option<&Ticket>| Deed {
        position: Position::default(),
        kind,
        at,
        account: card.account.clone(),
        channel: card.channel.clone(),
        conversation: conversation.id,
        ticket: ticket.cloned(),
        stage: None,
        lead: None,
        touches: touches.to_vec(),
    };
    let finished = tickets.iter().filter_map(|ticket| {
        let at = ticket.closed_at?;
        Some(deed(Kind::TicketFinished, at, Some(ticket)))
    });
    let mut deeds: Vec<Deed> = finished.collect();
    let (last, latest) = (tickets.last(), card.state.last_activity_at.unwrap_or_default());
    if card.state.lead.is_some() {
        deeds.push(Deed {
            lead: card.state.lead.clone(),
            ..deed(Kind::LeadLinked, latest, last)
        });
    }
    if card.state.stage.is_some() {
        deeds.push(Deed {
            stage: card.state.stage.clone(),
            ..deed(Kind::StageSet, latest, last)
        });
    }
    deeds
}

/// The alias by which a destination knows the person of a conversation.
pub(crate) fn person(engine: &Engine, conversion: &Conversion, kind: AliasKind) -> Result<Option<String>, Reason> {
    let conversation = match engine.conversation(conversion.conversation) {
        Ok(conversation) => conversation,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(Reason::new("views", error.to_string())),
    };
    let identity = &conversation.identity;
    let known = || {
        identity
            .aliases
            .iter()
            .rev()
            .filter(|known| known.key.kind == kind && !known.value.is_empty())
    };
    let current = known().find(|known| identity.is_current(known));
    Ok(current.or_else(|| known().next()).map(|known| known.value.clone()))
}
