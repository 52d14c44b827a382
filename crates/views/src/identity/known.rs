//! What is known of one contact: its aliases and when each was taken up and given up.

use serde::{Deserialize, Serialize};

use origem_domain::alias::AliasKind;
use origem_domain::key::AliasKey;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;

/// What is known of a contact's aliases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Where the contact was first seen; the older of two merged contacts stays.
    pub created: Position,
    /// All aliases ever seen, in the order of their first sight.
    pub aliases: Vec<KnownAlias>,
    /// When a change last brought a new number or BSUID: BSUIDs of before are not current, even if they are seen only now.
    pub(super) renewed_at: Option<Timestamp>,
    /// Aliases that came with this contact's BSUID and are another contact's; reported once each.
    pub(super) conflicts: Vec<AliasKey>,
}

/// An alias of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownAlias {
    /// Its key.
    pub key: AliasKey,
    /// The alias as it came; empty if it was erased.
    pub value: String,
    /// The time of the event that showed it first.
    pub(super) since: Timestamp,
    /// When a change last brought it.
    pub(super) taken_at: Option<Timestamp>,
    /// When a change last put another in its place. It still resolves: late events carry it.
    pub(super) given_up_at: Option<Timestamp>,
}

impl KnownAlias {
    pub(super) fn alias(&self) -> (AliasKind, &str) {
        (self.key.kind, &self.value)
    }

    /// When another took its place, unless it was taken up again.
    pub(super) fn given_up(&self) -> Option<Timestamp> {
        self.given_up_at.filter(|given_up| Some(*given_up) > self.taken_at)
    }
}

impl Identity {
    pub(super) fn known(&self, key: AliasKey) -> Option<&KnownAlias> {
        self.aliases.iter().find(|known| known.key == key)
    }

    pub(super) fn known_mut(&mut self, key: AliasKey) -> Option<&mut KnownAlias> {
        self.aliases.iter_mut().find(|known| known.key == key)
    }

    pub(super) fn give_up<'a>(&mut self, keys: impl Iterator<Item = &'a AliasKey>, at: Timestamp) {
        for key in keys {
            if let Some(known) = self.known_mut(*key) {
                known.given_up_at = known.given_up_at.max(Some(at));
            }
        }
    }

    /// Whether an event at `at` with that BSUID may be this contact's: it has it, has no current other one, or has got a new
    /// one since.
    pub(super) fn may_be(&self, bsuid: AliasKey, at: Timestamp) -> bool {
        self.known(bsuid).is_some() || self.current_bsuids().next().is_none() || Some(at) < self.renewed_at
    }

    pub(super) fn disagrees_with(&self, other: &Identity) -> bool {
        let shared = self.current_bsuids().any(|ours| other.known(ours).is_some())
            || other.current_bsuids().any(|theirs| self.known(theirs).is_some());
        !shared && self.current_bsuids().next().is_some() && other.current_bsuids().next().is_some()
    }

    pub(super) fn current_bsuids(&self) -> impl Iterator<Item = AliasKey> {
        let bsuids = self.aliases.iter().filter(|known| known.key.kind == AliasKind::Bsuid);
        bsuids.filter(|known| self.is_current(known)).map(|known| known.key)
    }

    /// Whether no other alias has taken the place of this one.
    #[must_use]
    pub fn is_current(&self, known: &KnownAlias) -> bool {
        let seen = known.taken_at.max(Some(known.since));
        let renewed = known.key.kind == AliasKind::Bsuid && self.renewed_at > seen;
        known.given_up().is_none() && !renewed
    }

    /// The number to show: the latest current one, else the latest.
    #[must_use]
    pub fn phone(&self) -> Option<&str> {
        let phones = || {
            self.aliases
                .iter()
                .rev()
                .filter(|known| known.key.kind == AliasKind::Phone && !known.value.is_empty())
        };
        phones()
            .find(|known| self.is_current(known))
            .or_else(|| phones().next())
            .map(|known| known.value.as_str())
    }
}
