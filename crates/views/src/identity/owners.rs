//! Whose an alias is, was, and need not be asked again.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use origem_domain::event::Channel;
use origem_domain::key::{AliasKey, ConversationId, Key};
use origem_domain::time::Timestamp;

use crate::layout::{AccountKey, Scope};

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
///
/// A table that grows up to a bound. Each set has its place in one of the slots of a group; where these are taken, another set gives
/// way. So with more sets than slots some are looked up again, not all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    slots: Vec<Slot>,
    taken: usize,
    slots_max: usize,
    /// Those who lost an alias or were merged, by when: what was remembered of them before that is void.
    unsettled: BTreeMap<ConversationId, u64>,
    /// Counts these changes.
    changes: u64,
    /// Where the latest event was.
    place: Option<Place>,
}

/// A channel, or a group of it, with its hashes: they are worked out once for many events in a row.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    account: String,
    channel: Channel,
    group: Option<Key>,
    scope: Scope,
    key: AccountKey,
}

/// A set of aliases in a scope; all zero: free.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Slot {
    /// High and low half of a hash of the set and its scope.
    set: [u64; 2],
    conversation: ConversationId,
    /// Changes before it was remembered.
    since: u64,
}

impl Default for Settled {
    /// Of 16 MB at most.
    fn default() -> Self {
        Self::within(16 << 20)
    }
}

impl Settled {
    /// Slots that a set may be in.
    const GROUP: usize = 8;
    /// Changes that are told apart; more, and all is forgotten.
    const UNSETTLED_MAX: usize = 1 << 16;

    /// Nothing yet; takes so many bytes at most.
    #[must_use]
    pub fn within(bytes: usize) -> Self {
        let slots = (bytes / size_of::<Slot>()).max(Self::GROUP);
        Self {
            slots: vec![Slot::default(); Self::GROUP],
            taken: 0,
            // The largest power of two that is not more.
            slots_max: 1 << slots.ilog2(),
            unsettled: BTreeMap::new(),
            changes: 0,
            place: None,
        }
    }

    /// Where aliases of an event on a channel are unique, and whose lists find its contact.
    pub(crate) fn place(&mut self, account: &str, channel: &Channel, group: Option<Key>) -> (Scope, AccountKey) {
        let same = |place: &&Place| place.group == group && place.account == account && place.channel == *channel;
        if let Some(place) = self.place.as_ref().filter(same) {
            return (place.scope, place.key);
        }
        let (scope, key) = (Scope::of(account, channel, group), AccountKey::of(account));
        self.place = Some(Place {
            account: account.to_owned(),
            channel: channel.clone(),
            group,
            scope,
            key,
        });
        (scope, key)
    }

    fn set_of(scope: Scope, keys: &[AliasKey]) -> [u64; 2] {
        let set = keys.iter().fold(0_u128, |set, key| set.rotate_left(5) ^ key.hash);
        let [high, low] = [set >> 64, set].map(|half| (half & u128::from(u64::MAX)) as u64);
        [high ^ scope.0, low ^ scope.0]
    }

    /// The slots that a set may be in: aliases are hashed already, so groups fill about equally.
    fn group(&self, set: [u64; 2]) -> Range<usize> {
        let groups = (self.slots.len() / Self::GROUP) as u64;
        let first = usize::try_from(set[1] % groups).unwrap_or_default() * Self::GROUP;
        first..first + Self::GROUP
    }

    pub(super) fn find(&self, scope: Scope, keys: &[AliasKey]) -> Option<ConversationId> {
        let set = Self::set_of(scope, keys);
        let slot = self.slots[self.group(set)].iter().find(|slot| slot.set == set)?;
        let changed = self.unsettled.get(&slot.conversation);
        let holds = changed.is_none_or(|changed| slot.since >= *changed);
        (slot.set != [0; 2] && holds).then_some(slot.conversation)
    }

    /// Aliases of these change hands, or they are merged.
    pub(super) fn forget(&mut self, conversations: impl IntoIterator<Item = ConversationId>) {
        self.changes += 1;
        let changes = self.changes;
        self.unsettled
            .extend(conversations.into_iter().map(|conversation| (conversation, changes)));
        if self.unsettled.len() > Self::UNSETTLED_MAX {
            *self = Self::within(self.slots_max * size_of::<Slot>());
        }
    }

    pub(super) fn remember(&mut self, scope: Scope, keys: &[AliasKey], conversation: ConversationId) {
        // From half on, groups overflow.
        if 2 * self.taken >= self.slots.len() && self.slots.len() < self.slots_max {
            let larger = vec![Slot::default(); 2 * self.slots.len()];
            let slots = std::mem::replace(&mut self.slots, larger);
            self.taken = 0;
            slots
                .into_iter()
                .filter(|slot| slot.set != [0; 2])
                .for_each(|slot| self.put(slot));
        }
        self.put(Slot {
            set: Self::set_of(scope, keys),
            conversation,
            since: self.changes,
        });
    }

    fn put(&mut self, slot: Slot) {
        let group = self.group(slot.set);
        let first = group.start;
        // Which one gives way is as good as drawn, and the same every time.
        let other = usize::try_from(slot.set[0] % Self::GROUP as u64).unwrap_or_default();
        let group = &mut self.slots[group];
        let own = group.iter().position(|other| other.set == slot.set);
        let free = || group.iter().position(|other| other.set == [0; 2]);
        let place = own.or_else(free).unwrap_or(other);
        self.taken += usize::from(group[place].set == [0; 2]);
        self.slots[first + place] = slot;
    }
}

#[cfg(test)]
mod tests {
    use origem_domain::alias::AliasKind;

    use super::*;

    fn keys(number: u64) -> [AliasKey; 1] {
        let hash = (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        [AliasKey {
            kind: AliasKind::Phone,
            hash,
        }]
    }

    #[test]
    fn it_remembers_what_fits_and_some_of_what_does_not() {
        const SCOPE: Scope = Scope(7);
        // sets for 1,024 slots, and how many of them are found at least
        for (sets, least) in [(100, 100), (600, 570), (1_000, 800), (4_000, 900)] {
            let mut settled = Settled::within(1_024 * size_of::<Slot>());
            for number in 0..sets {
                settled.remember(SCOPE, &keys(number), ConversationId(number));
            }
            let found = (0..sets).filter(|number| {
                let found = settled.find(SCOPE, &keys(*number));
                assert!(found.is_none_or(|found| found.0 == *number));
                found.is_some()
            });
            let found = found.count();
            assert!(found >= least, "{found} of {sets}");
            assert!(settled.slots.len() <= 1_024);
            assert_eq!(settled.find(Scope(8), &keys(1)), None);
        }
    }

    #[test]
    fn whoever_changes_is_looked_up_again_and_nobody_else() {
        const SCOPE: Scope = Scope(7);
        let mut settled = Settled::default();
        for number in 0..3 {
            settled.remember(SCOPE, &keys(number), ConversationId(number));
        }
        settled.forget([ConversationId(1)]);
        let found = |settled: &Settled| {
            (0..3)
                .map(|number| settled.find(SCOPE, &keys(number)).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(found(&settled), [true, false, true]);
        settled.remember(SCOPE, &keys(1), ConversationId(1));
        assert_eq!(found(&settled), [true; 3]);
        settled.forget((0..=Settled::UNSETTLED_MAX as u64).map(ConversationId));
        assert_eq!(found(&settled), [false; 3]);
    }
}
