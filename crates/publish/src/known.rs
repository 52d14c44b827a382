//! What the topics hold, as far as a publisher remembers it, so that it publishes no value again.
//!
//! After a takeover it knows every digest, until all conversations were compared; from then on only those of some, in a
//! table of fixed size. Forgetting costs a record that says nothing new, never a wrong one.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use origem_domain::key::ConversationId;
use origem_log::Projected;

use crate::digest::Digest;

/// How many conversations are remembered while following: 8 MB.
const RECENT: usize = 1 << 16;

/// The digests of a conversation's values, by topic; `None`: the topic has none.
pub(crate) type Digests = [Option<Digest>; Projected::ALL.len()];

/// What the topics hold.
#[derive(Debug)]
pub(crate) struct Known {
    /// Everything, after a takeover.
    all: Option<HashMap<ConversationId, Digests>>,
    /// One conversation a slot; the latest stays.
    recent: Vec<Option<(ConversationId, Digests)>>,
    /// Conversations of which a publication may or may not have come through.
    unsure: HashSet<ConversationId>,
    hasher: RandomState,
}

impl Known {
    /// Nothing is known.
    pub(crate) fn new() -> Self {
        Self {
            all: None,
            recent: vec![None; RECENT],
            unsure: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// Begins to learn everything that the topics hold, by [`Known::found`].
    pub(crate) fn learn(&mut self) {
        *self = Self::new();
        self.all = Some(HashMap::new());
    }

    /// A topic holds, or no longer holds, a value of a conversation. The last call counts.
    pub(crate) fn found(&mut self, id: ConversationId, topic: Projected, digest: Option<Digest>) {
        if let Some(all) = self.all.as_mut() {
            all.entry(id).or_default()[topic as usize] = digest;
        }
    }

    /// Every conversation that was found.
    pub(crate) fn conversations(&self) -> impl Iterator<Item = ConversationId> + '_ {
        self.all.iter().flat_map(HashMap::keys).copied()
    }

    /// All conversations were compared: only some are remembered from now on. Whether that is news.
    pub(crate) fn settle(&mut self) -> bool {
        self.all.take().is_some()
    }

    /// What the topics hold of a conversation; `None` if that is not known.
    pub(crate) fn of(&self, id: ConversationId) -> Option<Digests> {
        if self.unsure.contains(&id) {
            return None;
        }
        match (&self.all, self.recent[self.slot(id)]) {
            (Some(all), _) => Some(all.get(&id).copied().unwrap_or_default()),
            (None, Some((known, digests))) if known == id => Some(digests),
            (None, _) => None,
        }
    }

    /// The topics hold this of a conversation now.
    pub(crate) fn set(&mut self, id: ConversationId, digests: Digests) {
        self.unsure.remove(&id);
        if let Some(all) = self.all.as_mut() {
            all.insert(id, digests);
        }
        let slot = self.slot(id);
        self.recent[slot] = Some((id, digests));
    }

    /// Nobody knows what the topics hold of a conversation, until it is [set](Known::set).
    pub(crate) fn doubt(&mut self, id: ConversationId) {
        self.unsure.insert(id);
    }

    #[allow(clippy::cast_possible_truncation)] // some bits of the hash are meant
    fn slot(&self, id: ConversationId) -> usize {
        self.hasher.hash_one(id) as usize % RECENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ConversationId = ConversationId(1);
    const OTHER: ConversationId = ConversationId(2);

    #[test]
    fn after_a_takeover_everything_is_known_and_later_what_was_set() {
        let digests = |text: &str| [None, Some(Digest::of("", text.as_bytes())), None, None];
        let mut known = Known::new();
        assert_eq!(known.of(ID), None);
        known.learn();
        known.found(ID, Projected::Touches, digests("a")[1]);
        assert_eq!(known.of(ID), Some(digests("a")));
        assert_eq!(
            known.of(OTHER),
            Some(Digests::default()),
            "the topics have nothing of it"
        );
        known.set(ID, digests("b"));
        known.doubt(OTHER);
        assert_eq!((known.of(ID), known.of(OTHER)), (Some(digests("b")), None));
        assert!(known.settle());
        assert!(!known.settle());
        assert_eq!((known.of(ID), known.of(OTHER)), (Some(digests("b")), None));
        known.doubt(ID);
        assert_eq!(known.of(ID), None);
        known.set(ID, digests("c"));
        assert_eq!(known.of(ID), Some(digests("c")));
    }
}
