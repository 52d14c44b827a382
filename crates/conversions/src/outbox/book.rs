//! The outbox as it is now, in memory: what its records fold to. Bounded: what is settled is forgotten after a while.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::key::TicketId;
use origem_domain::position::Position;
use origem_domain::time::{Micros, Timestamp};

use super::record::{Place, Record};
use crate::conversion::{Conversion, Destination, Item, Reason, State, Trigger};
use crate::decide::Judged;

/// Settled conversions that are kept at most, however young.
const SETTLED_MAX: usize = 200_000;

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The destination has it.
    Sent { trace: Option<String> },
    /// The destination will not take it.
    Refused { reason: Reason, trace: Option<String> },
    /// To be tried again, not before.
    Later { reason: Reason, at: Timestamp },
    /// It is not worth trying any more.
    GaveUp { reason: Reason },
}

/// An attempt to send something, as it was then, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub conversion: Conversion,
    pub outcome: Outcome,
}

/// What the records say.
#[derive(Debug, Default)]
pub(super) struct Book {
    items: BTreeMap<u64, Item>,
    numbers: BTreeMap<String, u64>,
    /// The numbers of those that wait.
    waiting: BTreeMap<Destination, BTreeSet<u64>>,
    places: BTreeMap<Destination, Place>,
    next_number: u64,
}

impl Book {
    /// Takes a record in; the last of an item counts.
    pub(super) fn apply(&mut self, record: Record) {
        if let Some(item) = record.item {
            self.put(item);
        }
        if let Some(place) = record.place {
            self.places.insert(place.destination, place);
        }
        if let Some(destination) = record.ended {
            self.places.remove(&destination);
        }
    }

    fn put(&mut self, item: Item) {
        let waiting = self.waiting.entry(item.conversion.destination).or_default();
        match item.is_settled() {
            true => waiting.remove(&item.number),
            false => waiting.insert(item.number),
        };
        self.next_number = self.next_number.max(item.number + 1);
        self.numbers.insert(item.conversion.key.clone(), item.number);
        self.items.insert(item.number, item);
    }

    pub(super) fn places(&self) -> &BTreeMap<Destination, Place> {
        &self.places
    }

    pub(super) fn place_mut(&mut self, destination: Destination) -> Option<&mut Place> {
        self.places.get_mut(&destination)
    }

    pub(super) fn of_key(&self, key: &str) -> Option<&Item> {
        self.items.get(self.numbers.get(key)?)
    }

    /// All items, the latest first.
    pub(super) fn latest_first(&self) -> impl Iterator<Item = &Item> {
        self.items.values().rev()
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Those of a destination that wait, in order.
    pub(super) fn waiting(&self, destination: Destination) -> impl Iterator<Item = &Item> {
        let numbers = self.waiting.get(&destination).into_iter().flatten();
        numbers.filter_map(|number| self.items.get(number))
    }

    /// What an item becomes by an attempt that was made at `now`; `None` if there is none any more, or nothing changes.
    pub(super) fn settled(&self, attempt: Attempt, now: Timestamp) -> Option<Item> {
        let Attempt { conversion, outcome } = attempt;
        let mut item = self.of_key(&conversion.key)?.clone();
        if item.conversion.position != conversion.position {
            return match outcome {
                Outcome::Sent { trace } => Some(overtaken(item, conversion, trace, now)),
                // It was decided anew meanwhile, and that was not tried yet.
                Outcome::Refused { .. } | Outcome::Later { .. } | Outcome::GaveUp { .. } => None,
            };
        }
        item.attempts = item.attempts.saturating_add(1);
        item.updated_at = now;
        let was_withdrawn = item.state == State::Withdrawn;
        match outcome {
            Outcome::Sent { trace } => {
                // While it was on its way the ticket may have been opened again: sent it is all the same.
                item.state = State::Sent;
                item.trace = trace;
                item.next_at = None;
                item.reason = item.reason.filter(|_| was_withdrawn);
            }
            // Nothing is tried again that was withdrawn.
            _ if was_withdrawn => {}
            Outcome::Refused { reason, trace } => {
                item.state = State::Refused;
                item.reason = Some(reason);
                item.trace = trace;
                item.next_at = None;
            }
            Outcome::GaveUp { reason } => {
                // No attempt was made.
                item.attempts -= 1;
                item.state = State::GaveUp;
                item.reason = Some(reason);
                item.next_at = None;
            }
            Outcome::Later { reason, at } => {
                item.reason = Some(reason);
                item.next_at = Some(at);
            }
        }
        Some(item)
    }

    pub(super) const fn next_number(&self) -> u64 {
        self.next_number
    }

    /// Forgets what was settled longer ago than `keep`, and the oldest beyond what there is room for.
    pub(super) fn forget(&mut self, now: Timestamp, keep: Micros) {
        let settled = self.items.values().filter(|item| item.is_settled());
        let beyond = settled.clone().count().saturating_sub(SETTLED_MAX);
        let gone: Vec<u64> = settled
            .enumerate()
            .filter(|(index, item)| *index < beyond || now.since(item.updated_at) > keep)
            .map(|(_, item)| item.number)
            .collect();
        for number in gone {
            if let Some(item) = self.items.remove(&number) {
                self.numbers.remove(&item.conversion.key);
            }
        }
    }
}

/// A ticket that was opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reopened {
    pub account: String,
    pub ticket: TicketId,
    pub position: Position,
}

impl Reopened {
    /// Whether an item is of its end, and not withdrawn yet.
    pub(super) fn concerns(&self, item: &Item) -> bool {
        let conversion = &item.conversion;
        conversion.ticket == Some(self.ticket)
            && conversion.account == self.account
            && conversion.trigger == Trigger::Finished
            && conversion.position < self.position
            && item.withdrawn_at.is_none()
    }
}

/// What an item becomes whose ticket was opened again.
pub(super) fn withdrawn(item: &Item, now: Timestamp) -> Item {
    let (state, message) = match item.state {
        State::Sent => (
            State::Sent,
            "the ticket was opened again after this was sent; it cannot be taken back",
        ),
        _ => (State::Withdrawn, "the ticket was opened again before this was sent"),
    };
    Item {
        state,
        reason: Some(Reason::new("withdrawn", message)),
        withdrawn_at: Some(now),
        updated_at: now,
        ..item.clone()
    }
}

/// What an item becomes that was decided anew while what it was before was on its way, and arrived: the destination has what was
/// sent. It goes there once, so what it is by now does not.
fn overtaken(item: Item, sent: Conversion, trace: Option<String>, now: Timestamp) -> Item {
    let was_withdrawn = item.state == State::Withdrawn;
    let before = || {
        Reason::new(
            "sent_before",
            "the ticket was opened and finished again while this was on its way; it is not sent twice",
        )
    };
    Item {
        state: State::Sent,
        reason: item.reason.filter(|_| was_withdrawn).or_else(|| Some(before())),
        attempts: item.attempts.saturating_add(1),
        updated_at: now,
        next_at: None,
        trace,
        conversion: Conversion {
            position: item.conversion.position,
            ..sent
        },
        ..item
    }
}

/// What a conversion that was decided makes of the item with its key, or under `number` where there is none; `None`: nothing.
pub(super) fn decided(
    known: Option<&Item>,
    judged: Judged,
    dry_run: bool,
    now: Timestamp,
    number: u64,
) -> Option<Item> {
    let Judged { conversion, objection } = judged;
    let position = conversion.position;
    let new = Item {
        number: known.map_or(number, |known| known.number),
        conversion,
        state: match (&objection, dry_run) {
            (Some(_), _) => State::Skipped,
            (None, true) => State::DryRun,
            (None, false) => State::Waiting,
        },
        reason: objection,
        attempts: 0,
        queued_at: now,
        updated_at: now,
        next_at: None,
        withdrawn_at: None,
        trace: None,
    };
    match known {
        // Read again after a restart.
        Some(known) if known.conversion.position >= position => None,
        // It goes to a destination once. That it holds again is worth knowing.
        Some(known) if known.state == State::Sent => known.withdrawn_at.is_some().then(|| Item {
            conversion: Conversion {
                position,
                ..known.conversion.clone()
            },
            withdrawn_at: None,
            reason: Some(Reason::new(
                "sent_before",
                "the ticket was opened and finished again after this was sent; it is not sent twice",
            )),
            updated_at: now,
            ..known.clone()
        }),
        // What was not sent is told as it is by now.
        Some(_) | None => Some(new),
    }
}
