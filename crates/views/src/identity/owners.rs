//! Whose an alias is, was, and need not be asked again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use origem_domain::key::{AliasKey, ConversationId};
use origem_domain::time::Timestamp;

use crate::layout::Scope;

/// Whose an alias is, and whose it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owners {
    pub(super) now: ConversationId,
    /// Until when it was whose, in order.
    pub(super) before: Vec<(Timestamp, ConversationId)>,
    /// Whose events carried it too, although it was another's.
    pub(super) disputed: Vec<ConversationId>,
}

impl Owners {
    /// Whose it was at that time, if it has changed hands since.
    pub(super) fn before(&self, at: Timestamp) -> Option<ConversationId> {
        let then = self.before.iter().find(|(until, _)| at < *until);
        then.map(|(_, whose)| *whose)
    }

    /// Everybody who has, had or disputes it, as they were called when that was written.
    pub(super) fn everybody(&self) -> impl Iterator<Item = ConversationId> {
        let before = self.before.iter().map(|(_, whose)| *whose);
        before.chain(self.disputed.iter().copied()).chain([self.now])
    }

    /// From `at` on, up to the next change of hands, it is `to`'s.
    pub(super) fn hand_over(&mut self, at: Timestamp, to: ConversationId) {
        let place = self.before.partition_point(|(until, _)| *until <= at);
        let Some((until, from)) = self.before.get(place).copied() else {
            self.before.push((at, std::mem::replace(&mut self.now, to)));
            return;
        };
        self.before[place] = (at, from);
        let next = self.before.get(place + 1).map_or(self.now, |(_, whose)| *whose);
        if next != to {
            self.before.insert(place + 1, (until, to));
        }
    }
}

/// What needs no looking up again: sets of aliases that all belong to one contact and never changed hands. It makes no
/// difference to what is found, only to how fast. Whoever keeps it from one batch to the next commits every batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settled(BTreeMap<(Scope, u128), ConversationId>);

impl Settled {
    /// About 20 MB. A new start costs less than keeping count of what was used last.
    const SETS_MAX: usize = 1 << 18;

    fn set_of(keys: &[AliasKey]) -> u128 {
        keys.iter().fold(0, |set, key| set.rotate_left(5) ^ key.hash)
    }

    pub(super) fn find(&self, scope: Scope, keys: &[AliasKey]) -> Option<ConversationId> {
        self.0.get(&(scope, Self::set_of(keys))).copied()
    }

    /// An alias changes hands, or contacts are merged: rare enough to begin anew.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    pub(super) fn remember(&mut self, scope: Scope, keys: &[AliasKey], conversation: ConversationId) {
        if self.0.len() >= Self::SETS_MAX {
            self.0.clear();
        }
        self.0.insert((scope, Self::set_of(keys)), conversation);
    }
}
