//! Where the records stand that concern a conversation: what its past is folded from.
//!
//! Nearly every record of a conversation is a fact of its ledger, which holds its position; that costs nothing. What concerns a
//! conversation and is no fact of it, or is none any more, is kept in other places, written only when it happens:
//!
//! | record | where its position is |
//! |---|---|
//! | whatever names the contact: messages, statuses, reactions, edits, deletions, comments, calls, changes of identity, what agents did | ledger |
//! | a click that names the contact; a conversion that was joined to it | ledger |
//! | the imported copy of a message that came live later | here |
//! | the copy of an event that a merge found in both conversations | here |
//! | another delivery of an event, if it says that it happened earlier, or if it brought an alias | here |
//! | a click that names nobody, a conversion that waited, messages of others that carry the same code or ad click | `join` row of the code or ad click |
//! | what others wrote who have, had or dispute an alias of the contact | their own ledgers: [`relatives`](crate::identity::relatives) |
//! | what is told of the channel: service messages delivered, account updates, deliveries without contact | nowhere: no conversation changes by them |
//!
//! Any other delivery of an event that is there changes nothing at any moment of the past either: whenever it counts, so does the
//! first one. Records of a merged conversation move along with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use origem_domain::fact::{Fact, SortKey};
use origem_domain::key::ConversationId;
use origem_domain::position::Offset;
use origem_domain::state::State;
use origem_domain::time::Timestamp;

use crate::chunks::{Chunks, Start};
use crate::layout::{self, LEDGER};
use crate::rows::{self, Changes, Rows, RowsError, prefix_end};

const VIEW: &str = "aside";

/// The records of one event that are no facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Beside {
    /// When it happened, as they say.
    at: Timestamp,
    /// Where they stand, in order.
    offsets: Vec<Offset>,
}

impl Beside {
    fn add(&mut self, offset: Offset) {
        if let Err(place) = self.offsets.binary_search(&offset) {
            self.offsets.insert(place, offset);
        }
    }
}

/// The records beside the ledger of one conversation in a unit of work.
pub(crate) struct Aside {
    conversation: ConversationId,
    changed: BTreeMap<Start, Beside>,
}

impl Aside {
    pub(crate) fn new(conversation: ConversationId) -> Self {
        let changed = BTreeMap::new();
        Self { conversation, changed }
    }

    fn of_event(&mut self, rows: &dyn Rows, key: &SortKey) -> Result<&mut Beside, RowsError> {
        let start = layout::start(key);
        let known = match self.changed.remove(&start) {
            Some(known) => Some(known),
            None => rows::read(rows, VIEW, &layout::aside(self.conversation, &start))?,
        };
        let none = Beside {
            at: key.at,
            offsets: Vec::new(),
        };
        Ok(self.changed.entry(start).or_insert(known.unwrap_or(none)))
    }

    /// Notes a record whose fact would have the place `key`.
    pub(crate) fn add(&mut self, rows: &dyn Rows, key: &SortKey, offset: Offset) -> Result<(), RowsError> {
        self.of_event(rows, key)?.add(offset);
        Ok(())
    }

    /// The same, for a record that says nothing which another one of that place does not.
    pub(crate) fn add_first(&mut self, rows: &dyn Rows, key: &SortKey, offset: Offset) -> Result<(), RowsError> {
        let known = self.of_event(rows, key)?;
        if known.offsets.is_empty() {
            known.add(offset);
        }
        Ok(())
    }

    /// Takes over those of a conversation that was merged into this one.
    pub(crate) fn absorb(
        &mut self,
        rows: &dyn Rows,
        from: ConversationId,
        changes: &mut Changes,
    ) -> Result<(), RowsError> {
        let prefix = layout::asides(from);
        for row in rows.scan(&prefix, &prefix_end(&prefix)) {
            let (key, bytes) = row?;
            let theirs: Beside = rows::decode(VIEW, &bytes)?;
            let start: Start = key[prefix.len()..].try_into().unwrap_or_default();
            let ours = rows::read(rows, VIEW, &layout::aside(self.conversation, &start))?;
            match self.changed.remove(&start).or(ours) {
                Some(mut ours) => {
                    theirs.offsets.into_iter().for_each(|offset| ours.add(offset));
                    self.changed.insert(start, ours);
                }
                None => drop(self.changed.insert(start, theirs)),
            }
            changes.remove(key);
        }
        Ok(())
    }

    /// Writes what changed.
    pub(crate) fn save(&mut self, changes: &mut Changes) {
        for (start, beside) in std::mem::take(&mut self.changed) {
            changes.put(layout::aside(self.conversation, &start), &beside);
        }
    }
}

/// Where the records stand that a conversation is made of, in no particular order, each with when it happened; those of its ledger and
/// those beside it. What a click code or ad click brings from elsewhere is told by [`joined`](crate::resolve::joined).
///
/// # Errors
/// As reading rows does.
pub fn of(rows: &dyn Rows, conversation: ConversationId) -> Result<Vec<(Offset, Timestamp)>, RowsError> {
    let mut ledger: Chunks<State, Fact> = Chunks::new(LEDGER, "ledger", conversation);
    ledger.load_all(rows)?;
    let facts = ledger.iter_from([0; 17]).flat_map(|(_, chunk)| &chunk.items);
    let mut found: Vec<(Offset, Timestamp)> = facts.map(|fact| (fact.position.offset, fact.key.at)).collect();
    let prefix = layout::asides(conversation);
    for row in rows.scan(&prefix, &prefix_end(&prefix)) {
        let beside: Beside = rows::decode(VIEW, &row?.1)?;
        found.extend(beside.offsets.into_iter().map(|offset| (offset, beside.at)));
    }
    Ok(found)
}
