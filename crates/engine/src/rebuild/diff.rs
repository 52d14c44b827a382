//! What differs between two generations of a partition's views: counts by view, and conversations that show it.
//!
//! ```text
//! ids of both --compare--> Comparison (a verdict a conversation) --diff--> Diff (counts, fingerprints, examples)
//!                ^ changed meanwhile: compared again, the former verdict is replaced
//! ```
//! Comparing reads what is served: nobody stops for it. A conversation that changes meanwhile is compared again, so what counts
//! at the end is how both stand at one position. Nothing in here is personal: texts, names and numbers are told by the views.

mod anomalies;
mod example;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::key::ConversationId;
use origem_domain::position::Offset;
use origem_domain::state::State;
use origem_domain::ticket::Ticket;
use origem_views::card::{self, Card};
use serde::{Deserialize, Serialize};

pub use anomalies::AnomalyCounts;
pub use example::{Difference, Example, Told};
pub use rules::{RuleChange, RuleValue};

use crate::error::EngineError;
use crate::query::{Contents, Whole};
use crate::shard::View;

/// What differs between two generations of views.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Diff {
    /// What the old views say, in two numbers.
    pub old: Contents,
    /// What the new views say, in two numbers.
    pub new: Contents,
    /// Rules that the new views are folded under and the old ones were not.
    pub rules: Vec<RuleChange>,
    /// Conversations, groups included.
    pub conversations: Counts,
    /// The same by what of them is compared.
    pub parts: BTreeMap<Part, Counts>,
    /// Anomalies by reason.
    pub anomalies: AnomalyCounts,
    /// Conversations that differ: those whose origin does first.
    pub examples: Vec<Example>,
}

/// What became of what was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// The same in both.
    pub equal: u64,
    /// In both, and not the same.
    pub changed: u64,
    /// In the old views only.
    pub only_old: u64,
    /// In the new views only.
    pub only_new: u64,
}

/// What of a conversation is compared by itself. In the order of what people ask for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The origin to show.
    Origin,
    /// Status, assignee and team of the latest ticket: its place in the queue.
    Status,
    /// What session windows are told from, at whatever instant.
    Windows,
    /// Every touch.
    Timeline,
    /// Every ticket.
    Tickets,
    /// What else its card shows.
    Conversation,
    /// Messages and events.
    Thread,
    /// The aliases of the contact.
    Contacts,
    /// What later events are folded on, and nobody sees.
    State,
}

/// Conversations of two generations of views with what became of them.
///
/// Its memory grows with the conversations: about 50 bytes each that is equal, twice that each that differs.
#[derive(Debug, Default)]
pub struct Comparison {
    /// With the hash of what they say.
    equal: BTreeMap<ConversationId, u128>,
    differing: BTreeMap<ConversationId, Differing>,
    /// Of those that differ, some in full, as they were after they were compared.
    shown: BTreeMap<ConversationId, Example>,
    anomalies: anomalies::Compared,
}

/// A conversation that is not the same in both.
#[derive(Debug, Clone, Copy)]
struct Differing {
    /// The hash of what the old views say of it.
    old: Option<u128>,
    /// The hash of what the new views say of it.
    new: Option<u128>,
    parts: Parts,
}

/// What became of one conversation.
enum Verdict {
    /// Neither has it.
    Nowhere,
    /// Both say the same; the hash of it.
    Equal(u128),
    Differs(Differing),
}

/// A set of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Parts(u16);

impl Part {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Origin,
        Self::Status,
        Self::Windows,
        Self::Timeline,
        Self::Tickets,
        Self::Conversation,
        Self::Thread,
        Self::Contacts,
        Self::State,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Status => "status",
            Self::Windows => "windows",
            Self::Timeline => "timeline",
            Self::Tickets => "tickets",
            Self::Conversation => "conversation",
            Self::Thread => "thread",
            Self::Contacts => "contacts",
            Self::State => "state",
        }
    }

    /// Whether it is the same in both.
    fn is_equal(self, old: &Whole, new: &Whole) -> bool {
        let (before, after) = (&old.card.state, &new.card.state);
        match self {
            Self::Origin => old.origin == new.origin,
            Self::Status => place_in_queue(before) == place_in_queue(after),
            Self::Windows => before.windows == after.windows,
            Self::Timeline => old.timeline == new.timeline,
            Self::Tickets => old.tickets == new.tickets,
            Self::Conversation => shown(&old.card) == shown(&new.card),
            Self::Thread => old.thread == new.thread,
            Self::Contacts => old.names == new.names,
            Self::State => carried(before) == carried(after),
        }
    }
}

/// What a queue sorts by.
fn place_in_queue(state: &State) -> Option<(&'static str, Option<&str>, Option<&str>)> {
    let place = |ticket: &'_ Ticket| ticket.status().name();
    let ticket = state.ticket.as_ref()?;
    Some((place(ticket), ticket.assignee.as_deref(), ticket.team.as_deref()))
}

/// The card without what is compared by itself.
fn shown(card: &Card) -> Card {
    let State {
        last_message_at,
        last_inbound_at,
        last_outbound_at,
        last_activity_at,
        unread,
        touches,
        stage,
        lead,
        imported_until,
        ..
    } = card.state.clone();
    let mut state = State::default();
    (state.last_message_at, state.last_inbound_at) = (last_message_at, last_inbound_at);
    (state.last_outbound_at, state.last_activity_at) = (last_outbound_at, last_activity_at);
    (state.unread, state.touches) = (unread, touches);
    (state.stage, state.lead, state.imported_until) = (stage, lead, imported_until);
    Card { state, ..card.clone() }
}

/// The state without what is shown.
fn carried(state: &State) -> State {
    let mut state = state.clone();
    let nothing = State::default();
    (state.last_message_at, state.last_inbound_at) = (None, None);
    (state.last_outbound_at, state.last_activity_at) = (None, None);
    (state.unread, state.touches) = (0, 0);
    (state.stage, state.lead, state.imported_until) = (None, None, None);
    (state.ticket, state.landmarks, state.windows) = (None, nothing.landmarks, nothing.windows);
    state
}

impl Parts {
    const ALL: Self = Self((1 << Part::ALL.len()) - 1);

    fn of(old: &Whole, new: &Whole) -> Self {
        let differs = Part::ALL.into_iter().filter(|part| !part.is_equal(old, new));
        Self(differs.fold(0, |parts, part| parts | 1 << part as u16))
    }

    const fn has(self, part: Part) -> bool {
        self.0 & (1 << part as u16) != 0
    }
}

impl Differing {
    /// Counts it where it belongs.
    const fn count(self, counts: &mut Counts) {
        match (self.old, self.new) {
            (Some(_), None) => counts.only_old += 1,
            (None, Some(_)) => counts.only_new += 1,
            _ => counts.changed += 1,
        }
    }

    /// What is shown first: what there is in one of the two only, then by the first part that differs.
    const fn rank(self) -> u32 {
        match (self.old, self.new) {
            (Some(_), Some(_)) => 1 + self.parts.0.trailing_zeros(),
            _ => 0,
        }
    }
}

impl Verdict {
    fn of(old: &View<'_>, new: &View<'_>, id: ConversationId) -> Result<Self, EngineError> {
        let (before, after) = (existing(old, id)?, existing(new, id)?);
        let hashes = (before.as_ref().map(Whole::hash), after.as_ref().map(Whole::hash));
        Ok(match (hashes, before.zip(after)) {
            ((Some(hash), Some(other)), _) if hash == other => Self::Equal(hash),
            ((None, None), _) => Self::Nowhere,
            ((old, new), both) => {
                let parts = both.map_or(Parts::ALL, |(before, after)| Parts::of(&before, &after));
                Self::Differs(Differing { old, new, parts })
            }
        })
    }
}

impl Comparison {
    /// Compares conversations; those that were compared before, again: their former verdict is replaced. One that neither of the
    /// two has is forgotten.
    ///
    /// # Errors
    /// `Rows`.
    pub fn compare(
        &mut self,
        old: &View<'_>,
        new: &View<'_>,
        ids: impl IntoIterator<Item = ConversationId>,
    ) -> Result<(), EngineError> {
        for id in ids {
            self.take(id, Verdict::of(old, new, id)?);
        }
        Ok(())
    }

    /// The same in so many threads.
    ///
    /// # Errors
    /// `Rows`.
    pub fn compare_in(
        &mut self,
        threads: usize,
        old: &View<'_>,
        new: &View<'_>,
        ids: &[ConversationId],
    ) -> Result<(), EngineError> {
        let share = ids.len().div_ceil(threads.max(1)).max(1);
        let verdicts = |ids: &[ConversationId]| -> Result<Vec<Verdict>, EngineError> {
            ids.iter().map(|id| Verdict::of(old, new, *id)).collect()
        };
        let verdicts: Result<Vec<Vec<Verdict>>, EngineError> = std::thread::scope(|scope| {
            let threads: Vec<_> = ids
                .chunks(share)
                .map(|ids| scope.spawn(move || verdicts(ids)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        for (id, verdict) in ids.iter().zip(verdicts?.into_iter().flatten()) {
            self.take(*id, verdict);
        }
        Ok(())
    }

    fn take(&mut self, id: ConversationId, verdict: Verdict) {
        self.equal.remove(&id);
        self.differing.remove(&id);
        self.shown.remove(&id);
        match verdict {
            Verdict::Nowhere => {}
            Verdict::Equal(hash) => drop(self.equal.insert(id, hash)),
            Verdict::Differs(differing) => drop(self.differing.insert(id, differing)),
        }
    }

    /// Compares the anomalies below an offset of the partition that were not compared yet: both must be projected as far. What an
    /// event gives is known once it is projected and stays, so none is compared twice.
    ///
    /// # Errors
    /// `Rows`.
    pub fn compare_anomalies(&mut self, old: &View<'_>, new: &View<'_>, below: Offset) -> Result<(), EngineError> {
        self.anomalies.compare(old, new, below)
    }

    /// How many conversations are compared.
    #[must_use]
    pub fn compared(&self) -> u64 {
        (self.equal.len() + self.differing.len()) as u64
    }

    /// How many of them differ.
    #[must_use]
    pub fn differing(&self) -> u64 {
        self.differing.len() as u64
    }

    /// Those that differ, in order of ids.
    pub fn differing_ids(&self) -> impl Iterator<Item = ConversationId> + '_ {
        self.differing.keys().copied()
    }

    /// The first `examples` of those that differ.
    fn first(&self, examples: usize) -> Vec<ConversationId> {
        let ranked = self.differing.iter().map(|(id, differing)| (differing.rank(), *id));
        let mut ranked: Vec<(u32, ConversationId)> = ranked.collect();
        ranked.sort_unstable();
        ranked.into_iter().take(examples).map(|(_, id)| id).collect()
    }

    /// Reads the first `examples` of those that differ in full, those of them that were not read since they were compared.
    ///
    /// # Errors
    /// `Rows`.
    pub fn show(&mut self, old: &View<'_>, new: &View<'_>, examples: usize) -> Result<(), EngineError> {
        for id in self.first(examples) {
            if !self.shown.contains_key(&id)
                && let Some(example) = Example::of(old, new, id)?
            {
                self.shown.insert(id, example);
            }
        }
        Ok(())
    }

    /// What was found, with `examples` conversations at most in full: as they are now, if every one that has changed was compared
    /// again.
    ///
    /// # Errors
    /// `Rows`.
    pub fn diff(&mut self, old: &View<'_>, new: &View<'_>, examples: usize) -> Result<Diff, EngineError> {
        let mut diff = Diff {
            rules: rules::changes(old.rulebook, new.rulebook),
            anomalies: self.anomalies.counts.clone(),
            parts: Part::ALL.map(|part| (part, Counts::default())).into(),
            ..Diff::default()
        };
        let equal = self.equal.len() as u64;
        for hash in self.equal.values() {
            diff.old.add(*hash);
            diff.new.add(*hash);
        }
        diff.conversations.equal = equal;
        for differing in self.differing.values() {
            differing.old.into_iter().for_each(|hash| diff.old.add(hash));
            differing.new.into_iter().for_each(|hash| diff.new.add(hash));
            differing.count(&mut diff.conversations);
        }
        for (part, counts) in &mut diff.parts {
            counts.equal = equal;
            for differing in self.differing.values() {
                if differing.parts.has(*part) {
                    differing.count(counts);
                } else {
                    counts.equal += 1;
                }
            }
        }
        self.show(old, new, examples)?;
        let first = self.first(examples);
        diff.examples = first.iter().filter_map(|id| self.shown.get(id).cloned()).collect();
        Ok(diff)
    }
}

/// Every conversation of either, groups included, in order of ids; each once.
///
/// # Errors
/// The items are `Rows` where one cannot be read.
pub fn conversations<'a>(
    old: &View<'a>,
    new: &View<'a>,
) -> impl Iterator<Item = Result<ConversationId, EngineError>> + 'a {
    let mut old = card::all(old.rows).peekable();
    let mut new = card::all(new.rows).peekable();
    std::iter::from_fn(move || {
        let from_old = match (old.peek(), new.peek()) {
            (Some(Ok(before)), Some(Ok(after))) if before == after => {
                drop(old.next());
                false
            }
            (Some(Ok(before)), Some(Ok(after))) => before < after,
            // An error is given by whoever has it.
            (Some(before), Some(_)) => before.is_err(),
            (before, _) => before.is_some(),
        };
        let next = if from_old { old.next() } else { new.next() };
        next.map(|id| id.map_err(EngineError::from))
    })
}

/// What a view says of a conversation; `None` if it has none of that id, or has merged it into another.
fn existing(view: &View<'_>, id: ConversationId) -> Result<Option<Whole>, EngineError> {
    match view.whole(id) {
        Ok(whole) => Ok(Some(whole).filter(|whole| whole.id == id)),
        Err(EngineError::NoConversation { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Counts {
    /// How many were compared.
    #[must_use]
    pub const fn compared(&self) -> u64 {
        self.equal + self.differing()
    }

    /// How many are not the same in both.
    #[must_use]
    pub const fn differing(&self) -> u64 {
        self.changed + self.only_old + self.only_new
    }

    const fn add(&mut self, other: Self) {
        self.equal += other.equal;
        self.changed += other.changed;
        self.only_old += other.only_old;
        self.only_new += other.only_new;
    }
}

impl Diff {
    /// Whether both say the same. The rules may differ all the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nothing = |counts: &Counts| counts.differing() == 0;
        nothing(&self.conversations) && self.anomalies.values().all(nothing)
    }

    /// Adds what differs in another partition, with `examples` conversations at most.
    pub fn add(&mut self, other: Self, examples: usize) {
        self.old = self.old.and(other.old);
        self.new = self.new.and(other.new);
        let known: BTreeSet<RuleChange> = self.rules.drain(..).chain(other.rules).collect();
        self.rules.extend(known);
        self.conversations.add(other.conversations);
        for (part, counts) in other.parts {
            self.parts.entry(part).or_default().add(counts);
        }
        for (reason, counts) in other.anomalies {
            self.anomalies.entry(reason).or_default().add(counts);
        }
        self.examples.extend(other.examples);
        self.examples.truncate(examples);
    }
}
