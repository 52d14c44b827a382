//! Identity: which conversation an event belongs to, by the aliases it carries.
//!
//! A contact is a set of aliases on one channel (or in one group). An event that carries two aliases links them; a change
//! event hands over from old to new, the old ones go on to resolve. Two contacts that turn out to be one are merged. It is a
//! conflict, recorded and not merged, only if it would put two different current BSUIDs on one contact without a change event.
//! Source: reference/meta-platform.md 1.6.

use serde::{Deserialize, Serialize};

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::key::{AliasKey, ConversationId};
use origem_domain::position::Position;
use origem_domain::time::Timestamp;

use crate::contacts;
use crate::layout::{self, AccountKey, Scope};
use crate::rows::{self, Overlay, Rows, RowsError};

const VIEW: &str = "identity";

/// What is known of a contact's aliases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Where the contact was first seen; the older of two merged contacts stays.
    pub created: Position,
    /// All aliases ever seen, in the order of their first sight.
    pub aliases: Vec<KnownAlias>,
    /// Aliases that came with another contact's BSUID; reported once each.
    conflicts: Vec<AliasKey>,
}

/// An alias of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownAlias {
    /// Its key.
    pub key: AliasKey,
    /// The alias as it came; empty if it was erased.
    pub value: String,
    /// When another one took its place. It still resolves: late events carry it.
    pub superseded_at: Option<Timestamp>,
}

/// The aliases an event carries: keys, and values where they are not erased.
#[derive(Debug, Clone, Copy)]
pub struct Carried<'a> {
    /// The keys.
    pub keys: &'a [AliasKey],
    /// The aliases behind them, in the same order; empty if erased.
    pub values: &'a [Alias],
}

/// To which conversation an event belongs, and what that changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The conversation.
    pub conversation: ConversationId,
    /// It did not exist before.
    pub created: bool,
    /// Conversations to be merged into it.
    pub merged: Vec<ConversationId>,
    /// The aliases disagree about who it is.
    pub conflict: bool,
}

/// Where aliases are looked up and written.
pub struct Directory<'a, 'r> {
    /// The rows.
    pub rows: &'a mut Overlay<'r>,
    /// Where the aliases are unique.
    pub scope: Scope,
    /// Whose lists find the contact.
    pub account: AccountKey,
}

impl Directory<'_, '_> {
    /// Resolves the aliases of an ordinary event at `position`. `None` if it carries none.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn resolve(&mut self, carried: Carried<'_>, position: Position) -> Result<Option<Resolved>, RowsError> {
        let Some(strongest) = self.strongest(carried)? else {
            if carried.keys.is_empty() {
                return Ok(None);
            }
            return self.create(carried, position).map(Some);
        };
        let (owner, owned_by) = strongest;
        let Some(mut identity) = self.identity(owner)? else {
            return self.create(carried, position).map(Some);
        };
        let bsuid = carried.keys.iter().find(|key| key.kind == AliasKind::Bsuid).copied();
        let foreign = |identity: &Identity| bsuid.is_some_and(|bsuid| !identity.may_be(bsuid));
        if foreign(&identity) {
            return self.separate(carried, position, owner, identity, owned_by).map(Some);
        }
        let mut resolved = Resolved {
            conversation: owner,
            ..Resolved::default()
        };
        let before = identity.aliases.len();
        for (index, key) in carried.keys.iter().enumerate() {
            match self.owner(*key)? {
                Some(other) if other == resolved.conversation => {}
                Some(other) => self.join_or_dispute(&mut resolved, &mut identity, other, *key, carried.value(index))?,
                None => self.attach(resolved.conversation, &mut identity, *key, carried.value(index)),
            }
        }
        if identity.aliases.len() != before || !resolved.merged.is_empty() || resolved.conflict {
            self.put(resolved.conversation, &identity);
        }
        Ok(Some(resolved))
    }

    /// Resolves a change of aliases at `at`: `to` takes the place of `from`, on the contact that has either.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn change(
        &mut self,
        from: Carried<'_>,
        to: Carried<'_>,
        at: Timestamp,
        position: Position,
    ) -> Result<Option<Resolved>, RowsError> {
        let owner = match self.strongest(from)? {
            Some((owner, _)) => owner,
            None => {
                let known = if from.keys.is_empty() { to } else { from };
                match self.resolve(known, position)? {
                    Some(resolved) if resolved.created => {
                        return self.change_of(resolved, from, to, at).map(Some);
                    }
                    Some(resolved) => resolved.conversation,
                    None => return Ok(None),
                }
            }
        };
        self.change_of(
            Resolved {
                conversation: owner,
                ..Resolved::default()
            },
            from,
            to,
            at,
        )
        .map(Some)
    }

    fn change_of(
        &mut self,
        mut resolved: Resolved,
        from: Carried<'_>,
        to: Carried<'_>,
        at: Timestamp,
    ) -> Result<Resolved, RowsError> {
        let owner = resolved.conversation;
        let Some(mut identity) = self.identity(owner)? else {
            return Ok(resolved);
        };
        // From here on the old names are not current, so that another BSUID is no conflict.
        let old = from.keys.iter().filter(|key| !to.keys.contains(key));
        for known in identity
            .aliases
            .iter_mut()
            .filter(|known| old.clone().any(|key| *key == known.key))
        {
            known.superseded_at.get_or_insert(at);
        }
        if to.keys.iter().any(|key| key.kind == AliasKind::Bsuid) {
            let bsuids = identity
                .aliases
                .iter_mut()
                .filter(|known| known.key.kind == AliasKind::Bsuid);
            for known in bsuids.filter(|known| !to.keys.contains(&known.key)) {
                known.superseded_at.get_or_insert(at);
            }
        }
        for (list, is_new) in [(from, false), (to, true)] {
            for (index, key) in list.keys.iter().enumerate() {
                match self.owner(*key)? {
                    Some(other) if other == resolved.conversation => {}
                    Some(other) => {
                        self.join_or_dispute(&mut resolved, &mut identity, other, *key, list.value(index))?;
                    }
                    None => self.attach(resolved.conversation, &mut identity, *key, list.value(index)),
                }
                let known = identity.aliases.iter_mut().find(|known| known.key == *key);
                match known {
                    Some(known) if is_new => known.superseded_at = known.superseded_at.filter(|gone| *gone > at),
                    Some(known) if !to.keys.contains(key) => drop(known.superseded_at.get_or_insert(at)),
                    _ => {}
                }
            }
        }
        self.put(resolved.conversation, &identity);
        Ok(resolved)
    }

    /// The conversation of the strongest known alias, and which alias that is.
    fn strongest(&self, carried: Carried<'_>) -> Result<Option<(ConversationId, AliasKey)>, RowsError> {
        let mut keys = carried.keys.to_vec();
        keys.sort();
        for key in keys {
            if let Some(owner) = self.owner(key)? {
                return Ok(Some((owner, key)));
            }
        }
        Ok(None)
    }

    fn owner(&self, key: AliasKey) -> Result<Option<ConversationId>, RowsError> {
        rows::read(self.rows, "alias", &layout::alias(self.scope, key))
    }

    fn identity(&self, conversation: ConversationId) -> Result<Option<Identity>, RowsError> {
        load(self.rows, conversation)
    }

    fn put(&mut self, conversation: ConversationId, identity: &Identity) {
        self.rows.changes.put(layout::identity(conversation), identity);
    }

    /// A new contact with all the aliases carried.
    fn create(&mut self, carried: Carried<'_>, position: Position) -> Result<Resolved, RowsError> {
        let conversation = self.new_id(carried.keys[0])?;
        let mut identity = Identity {
            created: position,
            aliases: Vec::new(),
            conflicts: Vec::new(),
        };
        for (index, key) in carried.keys.iter().enumerate() {
            self.attach(conversation, &mut identity, *key, carried.value(index));
        }
        self.put(conversation, &identity);
        Ok(Resolved {
            conversation,
            created: true,
            ..Resolved::default()
        })
    }

    /// The BSUID says that it is somebody else than the owner of the weaker alias: a new contact for the BSUID. If the alias
    /// had been given up, it was recycled and goes along; else the two disagree.
    fn separate(
        &mut self,
        carried: Carried<'_>,
        position: Position,
        owner: ConversationId,
        mut identity: Identity,
        shared: AliasKey,
    ) -> Result<Resolved, RowsError> {
        let recycled = identity
            .aliases
            .iter()
            .any(|known| known.key == shared && known.superseded_at.is_some());
        let conflict = !recycled && !identity.conflicts.contains(&shared);
        if conflict {
            identity.conflicts.push(shared);
            self.put(owner, &identity);
        }
        let own: Vec<usize> = (0..carried.keys.len())
            .filter(|index| recycled || carried.keys[*index].kind == AliasKind::Bsuid)
            .collect();
        let keys: Vec<AliasKey> = own.iter().map(|index| carried.keys[*index]).collect();
        let values: Vec<Alias> = own
            .iter()
            .filter_map(|index| carried.values.get(*index).cloned())
            .collect();
        let created = self.create(
            Carried {
                keys: &keys,
                values: &values,
            },
            position,
        )?;
        Ok(Resolved { conflict, ..created })
    }

    /// Another contact has one of the aliases: the two are one, unless both have a current BSUID of their own.
    fn join_or_dispute(
        &mut self,
        resolved: &mut Resolved,
        identity: &mut Identity,
        other: ConversationId,
        key: AliasKey,
        value: &str,
    ) -> Result<(), RowsError> {
        let owner = resolved.conversation;
        let Some(mut foreign) = self.identity(other)? else {
            return Ok(());
        };
        let given_up = foreign
            .aliases
            .iter()
            .any(|known| known.key == key && known.superseded_at.is_some());
        if identity.disagrees_with(&foreign) {
            if given_up {
                self.attach(owner, identity, key, value);
            } else if !identity.conflicts.contains(&key) {
                identity.conflicts.push(key);
                resolved.conflict = true;
            }
            return Ok(());
        }
        // The older one stays, whatever the event saw first.
        let ours = std::mem::take(&mut identity.aliases);
        let (stays, goes, mut aliases, others) = if identity.created <= foreign.created {
            (owner, other, ours, foreign.aliases)
        } else {
            (other, owner, foreign.aliases, ours)
        };
        for known in others {
            contacts::unindex_number(&mut self.rows.changes, self.account, goes, &known);
            contacts::index_number(&mut self.rows.changes, self.account, stays, &known);
            self.rows.changes.put(layout::alias(self.scope, known.key), &stays);
            match aliases.iter_mut().find(|twin| twin.key == known.key) {
                Some(twin) => twin.superseded_at = twin.superseded_at.and(known.superseded_at),
                None => aliases.push(known),
            }
        }
        identity.aliases = aliases;
        identity.created = identity.created.min(foreign.created);
        identity.conflicts.append(&mut foreign.conflicts);
        self.rows.changes.remove(layout::identity(goes));
        self.rows.changes.put(layout::moved(goes), &stays);
        resolved.merged.push(goes);
        resolved.conversation = stays;
        Ok(())
    }

    fn attach(&mut self, conversation: ConversationId, identity: &mut Identity, key: AliasKey, value: &str) {
        let known = KnownAlias {
            key,
            value: value.to_owned(),
            superseded_at: None,
        };
        contacts::index_number(&mut self.rows.changes, self.account, conversation, &known);
        self.rows.changes.put(layout::alias(self.scope, key), &conversation);
        identity.aliases.push(known);
    }

    /// The id of a new conversation: made from its first alias. An alias that was recycled gets another one.
    fn new_id(&self, first: AliasKey) -> Result<ConversationId, RowsError> {
        for attempt in 0_u64.. {
            let parts: [&[u8]; 4] = [
                &self.scope.0.to_be_bytes(),
                &[first.kind as u8],
                &first.hash.to_be_bytes(),
                &attempt.to_be_bytes(),
            ];
            let id = ConversationId(layout::hash(&parts));
            let taken = self.rows.get(&layout::identity(id))?.is_some() || self.rows.get(&layout::moved(id))?.is_some();
            if !taken {
                return Ok(id);
            }
        }
        Ok(ConversationId::default())
    }
}

impl Carried<'_> {
    fn value(&self, index: usize) -> &str {
        self.values.get(index).map_or("", |alias| alias.value.as_str())
    }
}

impl Identity {
    /// Whether a person with that BSUID may be this contact: it has it, or has no current other one.
    fn may_be(&self, bsuid: AliasKey) -> bool {
        self.aliases.iter().any(|known| known.key == bsuid) || self.current_bsuids().next().is_none()
    }

    fn disagrees_with(&self, other: &Identity) -> bool {
        let shared = self
            .current_bsuids()
            .any(|ours| other.aliases.iter().any(|theirs| theirs.key == ours))
            || other
                .current_bsuids()
                .any(|theirs| self.aliases.iter().any(|ours| ours.key == theirs));
        !shared && self.current_bsuids().next().is_some() && other.current_bsuids().next().is_some()
    }

    fn current_bsuids(&self) -> impl Iterator<Item = AliasKey> {
        let current = self.aliases.iter().filter(|known| known.superseded_at.is_none());
        current
            .map(|known| known.key)
            .filter(|key| key.kind == AliasKind::Bsuid)
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
            .find(|known| known.superseded_at.is_none())
            .or_else(|| phones().next())
            .map(|known| known.value.as_str())
    }
}

/// The identity of a conversation.
///
/// # Errors
/// As reading rows does.
pub fn load(rows: &dyn Rows, conversation: ConversationId) -> Result<Option<Identity>, RowsError> {
    rows::read(rows, VIEW, &layout::identity(conversation))
}

/// Where a conversation is now: itself, or what it was merged into.
///
/// # Errors
/// As reading rows does.
pub fn current(rows: &dyn Rows, mut conversation: ConversationId) -> Result<ConversationId, RowsError> {
    while let Some(moved) = rows::read(rows, "moved", &layout::moved(conversation))? {
        conversation = moved;
    }
    Ok(conversation)
}

/// The conversation that has an alias in a scope.
///
/// # Errors
/// As reading rows does.
pub fn owner(rows: &dyn Rows, scope: Scope, alias: AliasKey) -> Result<Option<ConversationId>, RowsError> {
    rows::read(rows, "alias", &layout::alias(scope, alias))
}
