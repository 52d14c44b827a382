//! A conversation that differs, told for a person: what it was, what it is, which rule says so and which event proves it.

mod told;

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::event::Kind;
use origem_domain::fact::SortKey;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::rules::Rule;
use origem_domain::ticket::Ticket;
use origem_domain::time::Timestamp;
use origem_domain::touch::Touch;
use origem_views::ledger::Ledger;
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::query::{ThreadRow, TouchView, Whole};
use crate::rebuild::diff::{Part, existing};
use crate::shard::View;

/// A conversation that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Which.
    pub conversation: ConversationId,
    /// The old views have it.
    pub in_old: bool,
    /// The new views have it.
    pub in_new: bool,
    /// What differs; empty if only one of them has it.
    pub differences: Vec<Difference>,
    /// How many more differences there are.
    pub more: u64,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where it is told.
    pub part: Part,
    /// The touch or ticket.
    pub id: Option<String>,
    /// What it was; `None`: it was not there.
    pub old: Option<Told>,
    /// What it is; `None`: it is not there.
    pub new: Option<Told>,
}

/// One of the two sides of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Told {
    /// What, in short. Nothing personal.
    pub text: String,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// The rule that says so.
    pub rule: Option<Rule>,
    /// The kind of event it comes from.
    pub event: Option<Kind>,
    /// Where that event stands in the log.
    pub evidence: Option<Position>,
}

/// What one of the two generations has of the conversation.
struct Side {
    whole: Whole,
    /// Where the events of its facts stand.
    places: BTreeMap<SortKey, Position>,
}

impl Example {
    /// A conversation as it is in both now; `None` if neither has it any more.
    pub(super) fn of(
        old: &View<'_>,
        new: &View<'_>,
        conversation: ConversationId,
    ) -> Result<Option<Self>, EngineError> {
        /// Differences of one conversation that are told.
        const TOLD_MAX: usize = 12;
        let sides = (Side::of(old, conversation)?, Side::of(new, conversation)?);
        let mut differences = match &sides {
            (Some(old), Some(new)) => differences(old, new),
            _ => Vec::new(),
        };
        let more = differences.len().saturating_sub(TOLD_MAX) as u64;
        differences.truncate(TOLD_MAX);
        let (in_old, in_new) = (sides.0.is_some(), sides.1.is_some());
        Ok((in_old || in_new).then_some(Self {
            conversation,
            in_old,
            in_new,
            differences,
            more,
        }))
    }
}

impl Side {
    fn of(view: &View<'_>, id: ConversationId) -> Result<Option<Self>, EngineError> {
        let Some(whole) = existing(view, id)? else {
            return Ok(None);
        };
        let mut ledger = Ledger::new(id, whole.card.channel.kind, view.rulebook);
        let facts = ledger.facts(view.rows)?.into_iter();
        Ok(Some(Self {
            places: facts.map(|fact| (fact.key, fact.position)).collect(),
            whole,
        }))
    }

    /// The position of the event that happened at an instant, of a kind if one is told.
    fn place(&self, at: Timestamp, kind: Option<Kind>) -> Option<Position> {
        let of_instant = self.places.iter().filter(|(key, _)| key.at == at);
        let mut of_kind = of_instant.filter(|(key, _)| kind.is_none_or(|kind| key.kind == kind));
        of_kind.next().map(|(_, position)| *position)
    }

    fn touch(&self, touch: &Touch, text: String) -> Told {
        Told {
            text,
            at: Some(touch.at),
            rule: Some(touch.origin.rule),
            event: Some(touch.fact.kind),
            evidence: self.places.get(&touch.fact).copied(),
        }
    }

    fn ticket(&self, ticket: &Ticket, text: String) -> Told {
        Told {
            text,
            at: Some(ticket.opened_at),
            rule: None,
            event: Some(ticket.opened_by),
            evidence: self.place(ticket.opened_at, Some(ticket.opened_by)),
        }
    }

    fn row(&self, row: &ThreadRow) -> Told {
        let key = told::place(row);
        Told {
            text: told::row(row),
            at: Some(key.at),
            rule: None,
            event: Some(key.kind),
            evidence: self.places.get(&key).copied(),
        }
    }

    /// Something without an event of its own.
    fn plain(text: String) -> Told {
        Told {
            text,
            ..Told::default()
        }
    }
}

fn differences(old: &Side, new: &Side) -> Vec<Difference> {
    let differing = Part::ALL
        .into_iter()
        .filter(|part| !part.is_equal(&old.whole, &new.whole));
    differing.flat_map(|part| of_part(part, old, new)).collect()
}

fn of_part(part: Part, old: &Side, new: &Side) -> Vec<Difference> {
    let one = |old: Option<Told>, new: Option<Told>| {
        vec![Difference {
            part,
            id: None,
            old,
            new,
        }]
    };
    let plain = |(old, new): (String, String)| one(Some(Side::plain(old)), Some(Side::plain(new)));
    let (before, after) = (&old.whole, &new.whole);
    match part {
        Part::Origin => {
            let told = |side: &Side| {
                let touch = side.whole.origin.as_ref()?;
                Some(side.touch(touch, told::origin(&touch.origin)))
            };
            one(told(old), told(new))
        }
        Part::Status => {
            let told = |side: &Side| {
                let ticket = side.whole.card.state.ticket.as_ref()?;
                Some(side.ticket(ticket, told::status(ticket)))
            };
            one(told(old), told(new))
        }
        Part::Windows => {
            let (texts, at) = told::windows(&before.card, &after.card);
            let told = |side: &Side, text: String| Told {
                text,
                at,
                evidence: at.and_then(|at| side.place(at, None)),
                ..Told::default()
            };
            one(Some(told(old, texts.0)), Some(told(new, texts.1)))
        }
        Part::Timeline => touches(old, new),
        Part::Tickets => tickets(old, new),
        Part::Conversation => plain(told::card(&before.card, &after.card)),
        Part::Thread => thread(old, new),
        Part::Contacts => plain((told::names(&before.names), told::names(&after.names))),
        Part::State => one(None, None),
    }
}

/// Touches that differ, in order of time. The same evidence gives the same touch, whatever it is taken for.
fn touches(old: &Side, new: &Side) -> Vec<Difference> {
    let keyed = |side: &Side| -> BTreeMap<_, TouchView> {
        let views = side.whole.timeline.iter();
        views
            .map(|view| ((view.touch.fact, view.touch.id), view.clone()))
            .collect()
    };
    paired(keyed(old), keyed(new), |(_, id), before, after| {
        let texts = told::touches(before, after);
        Difference {
            part: Part::Timeline,
            id: Some(id.to_string()),
            old: before.map(|view| old.touch(&view.touch, texts.0)),
            new: after.map(|view| new.touch(&view.touch, texts.1)),
        }
    })
}

/// Tickets that differ, in order of opening.
fn tickets(old: &Side, new: &Side) -> Vec<Difference> {
    let keyed = |side: &Side| -> BTreeMap<_, Ticket> {
        let tickets = side.whole.tickets.iter();
        tickets
            .map(|ticket| ((ticket.opened_at, ticket.id), ticket.clone()))
            .collect()
    };
    paired(keyed(old), keyed(new), |(_, id), before, after| Difference {
        part: Part::Tickets,
        id: Some(id.to_string()),
        old: before.map(|ticket| old.ticket(ticket, told::ticket(ticket))),
        new: after.map(|ticket| new.ticket(ticket, told::ticket(ticket))),
    })
}

/// Rows of the thread that differ, in order of time.
fn thread(old: &Side, new: &Side) -> Vec<Difference> {
    let keyed = |side: &Side| -> BTreeMap<SortKey, ThreadRow> {
        let rows = side.whole.thread.iter();
        rows.map(|row| (told::place(row), row.clone())).collect()
    };
    paired(keyed(old), keyed(new), |_, before, after| Difference {
        part: Part::Thread,
        id: None,
        old: before.map(|row| old.row(row)),
        new: after.map(|row| new.row(row)),
    })
}

/// What is not the same in both, in order of keys.
fn paired<K: Ord + Copy, V: PartialEq>(
    old: BTreeMap<K, V>,
    new: BTreeMap<K, V>,
    told: impl Fn(&K, Option<&V>, Option<&V>) -> Difference,
) -> Vec<Difference> {
    let keys: BTreeSet<K> = old.keys().chain(new.keys()).copied().collect();
    let pairs = keys.iter().map(|key| (key, old.get(key), new.get(key)));
    pairs
        .filter(|(_, before, after)| before != after)
        .map(|(key, before, after)| told(key, before, after))
        .collect()
}
