//! The ledger of a conversation: its facts in order, and the state before each chunk of them.
//!
//! A fact in order extends the fold by one step. A late one is inserted where it belongs and the fold is done again from the
//! start of its chunk, through later chunks until nothing changes any more. Touches and tickets are not stored: they are
//! what the fold of a chunk gives, a few microseconds each, so they can never disagree with the facts.

mod joined;
mod walk;

pub use walk::Touches;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use origem_domain::event::{ChannelKind, Kind};
use origem_domain::fact::{ClickFact, Fact, SortKey, What};
use origem_domain::fold::{Folding, Outcome, evolve, fold};
use origem_domain::key::{ConversationId, Key};
use origem_domain::position::Position;
use origem_domain::rules::Rulebook;
use origem_domain::state::State;
use origem_domain::time::{DAY, Timestamp};

use crate::chunks::{Chunks, Item, Start};
use crate::layout::LEDGER;
use crate::rows::{Changes, Rows, RowsError};

const NAME: &str = "ledger";

impl Item for Fact {
    fn key(&self) -> SortKey {
        self.key
    }
}

/// What became of a fact that was to be inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is in the ledger now.
    New,
    /// It is in the ledger now, instead of the imported copy of the same message.
    Replaced {
        /// The place of the copy.
        key: SortKey,
        /// Where the copy stands in the log.
        position: Position,
    },
    /// The ledger had it.
    Duplicate {
        /// At this place.
        of: SortKey,
    },
}

/// Whether the ledger may hold the same message live or as an imported copy, a little earlier or later.
fn may_have_twin(state: &State, fact: &Fact) -> bool {
    let imported = state
        .imported_until
        .is_some_and(|until| fact.key.at.since(until) <= DAY);
    fact.key.kind == Kind::HistoryImported || (imported && fact.own_message().is_some())
}

/// What one fact made of the state of its conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The state before it.
    pub before: State,
    /// The state after it.
    pub after: State,
}

/// The ledger of one conversation in a unit of work.
pub struct Ledger {
    channel: ChannelKind,
    rulebook: Arc<Rulebook>,
    chunks: Chunks<State, Fact>,
    refolded: bool,
    /// What all facts gave, as long as every one of them came in this unit of work, and in order.
    whole: Option<Outcome>,
}

impl Ledger {
    /// The ledger of a conversation that may exist.
    #[must_use]
    pub fn new(conversation: ConversationId, channel: ChannelKind, rulebook: &Arc<Rulebook>) -> Self {
        Self {
            channel,
            rulebook: rulebook.clone(),
            chunks: Chunks::new(LEDGER, NAME, conversation),
            refolded: false,
            whole: None,
        }
    }

    /// The rules it is folded by.
    pub(crate) const fn rulebook(&self) -> &Arc<Rulebook> {
        &self.rulebook
    }

    /// The ledger of a conversation that has none yet.
    #[must_use]
    pub fn empty(conversation: ConversationId, channel: ChannelKind, rulebook: &Arc<Rulebook>) -> Self {
        Self {
            channel,
            rulebook: rulebook.clone(),
            chunks: Chunks::empty(LEDGER, NAME, conversation),
            refolded: false,
            whole: Some(Outcome::default()),
        }
    }

    fn folding(&self) -> Folding<'_> {
        Folding {
            channel: self.channel,
            rulebook: &self.rulebook,
        }
    }

    /// Inserts a fact and brings `state`, the state after the last fact, up to date. With `any_time`, a fact of the same
    /// kind and dedup key counts as the same whatever its time: the time of receipt differs between deliveries.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn insert(
        &mut self,
        rows: &dyn Rows,
        state: &mut State,
        mut fact: Fact,
        any_time: bool,
    ) -> Result<Inserted, RowsError> {
        let start = self.chunks.locate(rows, &fact.key)?;
        let everywhere = any_time || may_have_twin(state, &fact);
        if everywhere {
            self.chunks.load_all(rows)?;
        }
        let among = if everywhere {
            [0; 17]..=[u8::MAX; 17]
        } else {
            start..=start
        };
        let others = self.chunks.iter_in(among);
        // History that was handed over repeats messages we had live: the live one counts.
        let mut twin = None;
        for (start, other) in others.flat_map(|(start, chunk)| chunk.items.iter().map(move |item| (*start, item))) {
            if other.key.kind == fact.key.kind && other.key.dedup == fact.key.dedup {
                return Ok(Inserted::Duplicate { of: other.key });
            }
            if fact.own_message().is_some() && other.own_message() == fact.own_message() {
                match (fact.key.kind, other.key.kind) {
                    (Kind::HistoryImported, _) => return Ok(Inserted::Duplicate { of: other.key }),
                    (_, Kind::HistoryImported) => twin = Some((start, other.key, other.position)),
                    _ => {}
                }
            }
        }
        self.complete(rows, &mut fact)?;
        let last = self.chunks.last(rows)?;
        let mut from = start;
        if let Some((start, key, _)) = twin
            && let Some(chunk) = self.chunks.get_mut(&start)
        {
            chunk.items.retain(|other| other.key != key);
            from = from.min(start);
        }
        // Not by the method: the chunk is borrowed meanwhile.
        let folding = Folding {
            channel: self.channel,
            rulebook: &self.rulebook,
        };
        let Some(chunk) = self.chunks.get_mut(&start) else {
            return Ok(Inserted::Duplicate { of: fact.key });
        };
        let place = chunk.items.partition_point(|other| other.key < fact.key);
        let in_order = start == last && place == chunk.items.len() && twin.is_none();
        let about_ours = fact.about_ours();
        let tells_back = joined::tells_back(&self.rulebook, &fact);
        if in_order {
            match &mut self.whole {
                Some(whole) => evolve(state, folding, &fact, whole),
                None => evolve(state, folding, &fact, &mut Outcome::default()),
            }
        }
        chunk.items.insert(place, fact);
        if let Some(upper) = self.chunks.split(&start) {
            self.refresh_head(&start, &upper);
        }
        let told = match about_ours.filter(|_| tells_back) {
            Some(message) => self.tell_back(rows, message)?,
            None => None,
        };
        if let Some(told) = told {
            from = from.min(told);
        }
        if !in_order || told.is_some() {
            if let Some(message) = about_ours {
                self.requote(rows, &from, message)?;
            }
            self.refold(rows, &from, state)?;
        }
        Ok(twin.map_or(Inserted::New, |(_, key, position)| Inserted::Replaced { key, position }))
    }

    /// The place of the last fact.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn last(&mut self, rows: &dyn Rows) -> Result<Option<SortKey>, RowsError> {
        let start = self.chunks.last(rows)?;
        Ok(self
            .chunks
            .get(&start)
            .and_then(|chunk| chunk.items.last())
            .map(|fact| fact.key))
    }

    /// Tells a message that carries a click code which click that was. `false` if there is no such message.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn set_click(
        &mut self,
        rows: &dyn Rows,
        state: &mut State,
        message: &SortKey,
        click: &ClickFact,
    ) -> Result<bool, RowsError> {
        let start = self.chunks.locate(rows, message)?;
        let Some(chunk) = self.chunks.get_mut(&start) else {
            return Ok(false);
        };
        let Some(fact) = chunk.items.iter_mut().find(|fact| fact.key == *message) else {
            return Ok(false);
        };
        let What::Inbound(inbound) = &mut fact.what else {
            return Ok(false);
        };
        inbound.click = Some(Box::new(click.clone()));
        self.refold(rows, &start, state)?;
        Ok(true)
    }

    /// After a merge: whoever was the first to use a click code is the same person as who used it again.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn share_clicks(&mut self, rows: &dyn Rows, state: &mut State) -> Result<(), RowsError> {
        self.chunks.load_all(rows)?;
        let facts = self.chunks.iter_from([0; 17]).flat_map(|(_, chunk)| &chunk.items);
        let used: Vec<(SortKey, &String, &ClickFact)> = facts
            .filter_map(|fact| match &fact.what {
                What::Inbound(inbound) => Some((fact.key, inbound.code.as_ref()?, inbound.click.as_deref()?)),
                _ => None,
            })
            .collect();
        let own: BTreeMap<&String, &ClickFact> = used
            .iter()
            .filter(|(_, _, click)| click.first_use)
            .map(|(_, code, click)| (*code, *click))
            .collect();
        let others = used.iter().filter(|(_, _, click)| !click.first_use);
        let shared: Vec<(SortKey, ClickFact)> = others
            .filter_map(|(message, code, _)| Some((*message, (*own.get(code)?).clone())))
            .collect();
        for (message, click) in shared {
            self.set_click(rows, state, &message, &click)?;
        }
        Ok(())
    }

    /// Folds everything, giving each fact's chunk in order with what it produced.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn outcome(&mut self, rows: &dyn Rows) -> Result<Outcome, RowsError> {
        self.chunks.load_all(rows)?;
        let mut all = Outcome::default();
        for (_, chunk) in self.chunks.iter_from([0; 17]) {
            let mut state = chunk.head.clone();
            let part = fold(&mut state, self.folding(), &chunk.items);
            all.touches.extend(part.touches);
            all.tickets.extend(part.tickets);
        }
        Ok(all)
    }

    /// Whether facts came in other than at the end in this unit of work.
    pub(crate) fn was_refolded(&self) -> bool {
        self.refolded
    }

    /// Whether something changed in this unit of work, and nothing in the first chunk.
    pub(crate) fn changed_behind_first(&self) -> bool {
        self.chunks.first_dirty().is_some_and(|start| start != [0; 17])
    }

    /// The state before the first chunk that changed in this unit of work, and what it and all later ones give; `None` if none did.
    pub(crate) fn changed_part(&self) -> Option<(&State, Cow<'_, Outcome>)> {
        // Whoever changes a chunk that is not the last has loaded those after it.
        let start = self.chunks.first_dirty()?;
        let before = &self.chunks.get(&start)?.head;
        if let Some(whole) = &self.whole {
            return Some((before, Cow::Borrowed(whole)));
        }
        let mut all = Outcome::default();
        for (_, chunk) in self.chunks.iter_from(start) {
            let mut state = chunk.head.clone();
            let part = fold(&mut state, self.folding(), &chunk.items);
            all.touches.extend(part.touches);
            all.tickets.extend(part.tickets);
        }
        Some((before, Cow::Owned(all)))
    }

    /// The state after all facts that happened up to `at`.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn state_at(&mut self, rows: &dyn Rows, at: Timestamp) -> Result<State, RowsError> {
        let last_of_instant = SortKey {
            at,
            kind: Kind::Unrecognised,
            dedup: Key(u64::MAX),
        };
        let start = self.chunks.locate(rows, &last_of_instant)?;
        let mut state = State::default();
        if let Some(chunk) = self.chunks.get(&start) {
            state.clone_from(&chunk.head);
            let until = chunk.items.iter().take_while(|fact| fact.key.at <= at);
            fold(&mut state, self.folding(), until);
        }
        Ok(state)
    }

    /// What the fact at `key` made of the state; `None` if there is none there, or one of another event than that at `position`:
    /// whoever delivers something twice changes nothing the second time. Reads two chunks at most.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn step(&mut self, rows: &dyn Rows, key: &SortKey, position: Position) -> Result<Option<Step>, RowsError> {
        let start = self.chunks.locate(rows, key)?;
        let Some(chunk) = self.chunks.get(&start) else {
            return Ok(None);
        };
        let found = chunk.items.binary_search_by(|fact| fact.key.cmp(key));
        let Some(index) = found.ok().filter(|index| chunk.items[*index].position == position) else {
            return Ok(None);
        };
        let mut before = chunk.head.clone();
        fold(&mut before, self.folding(), &chunk.items[..index]);
        let mut after = before.clone();
        evolve(&mut after, self.folding(), &chunk.items[index], &mut Outcome::default());
        Ok(Some(Step { before, after }))
    }

    /// All facts, in order.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn facts(&mut self, rows: &dyn Rows) -> Result<Vec<Fact>, RowsError> {
        self.chunks.load_all(rows)?;
        Ok(self
            .chunks
            .iter_from([0; 17])
            .flat_map(|(_, chunk)| chunk.items.iter().cloned())
            .collect())
    }

    /// Takes all facts out and removes the rows: for a merge.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn drain(&mut self, rows: &dyn Rows, changes: &mut Changes) -> Result<Vec<Fact>, RowsError> {
        self.whole = None;
        self.chunks.drain(rows, changes)
    }

    /// Writes what changed.
    pub fn save(&mut self, changes: &mut Changes) {
        self.chunks.save(changes);
    }

    /// Sets the state before the chunk `upper`, which was split off `start`.
    fn refresh_head(&mut self, start: &Start, upper: &Start) {
        let Some(chunk) = self.chunks.get(start) else { return };
        let mut state = chunk.head.clone();
        fold(&mut state, self.folding(), &chunk.items);
        if let Some(upper) = self.chunks.get_mut(upper) {
            upper.head = state;
        }
    }

    /// Folds again from the chunk `start` to the end; `state` becomes the state after the last fact.
    fn refold(&mut self, rows: &dyn Rows, start: &Start, state: &mut State) -> Result<(), RowsError> {
        self.refolded = true;
        self.whole = None;
        if *start != self.chunks.last(rows)? {
            self.chunks.load_all(rows)?;
        }
        let starts: Vec<Start> = self.chunks.iter_from(*start).map(|(start, _)| *start).collect();
        let mut running: Option<State> = None;
        for start in starts {
            if let Some(before) = running.take() {
                if self.chunks.get(&start).is_some_and(|chunk| chunk.head == before)
                    && !self.chunks.is_dirty_from(&start)
                {
                    // Nothing that follows can differ: the state at the end is what it was.
                    return Ok(());
                }
                if let Some(chunk) = self.chunks.get_mut(&start) {
                    chunk.head = before;
                }
            }
            let Some(chunk) = self.chunks.get(&start) else { continue };
            let mut after = chunk.head.clone();
            fold(&mut after, self.folding(), &chunk.items);
            running = Some(after);
        }
        if let Some(after) = running {
            *state = after;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
