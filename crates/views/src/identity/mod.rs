//! Identity: which conversation an event belongs to, by the aliases it carries.
//!
//! A contact is a set of aliases on one channel (or in one group). An event that carries two aliases links them; a change
//! event hands over from old to new, the old ones go on to resolve. Two contacts that turn out to be one are merged. It is a
//! conflict, recorded and not merged, only if it would put two different current BSUIDs on one contact without a change event.
//! An alias that was given up may come back with somebody else; events of before still find whose it was then.
//! Everything goes by the time of events, so that their order of arrival makes no difference. Source:
//! reference/meta-platform.md 1.6.

mod known;
mod owners;

pub use known::{Identity, KnownAlias};
pub use owners::Settled;

use std::collections::BTreeSet;

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::key::{AliasKey, ConversationId};
use origem_domain::position::Position;
use origem_domain::time::Timestamp;

use crate::contacts;
use crate::layout::{self, AccountKey, Scope};
use crate::rows::{self, Overlay, Rows, RowsError};
use owners::Owners;

const VIEW: &str = "identity";

/// The aliases an event carries: keys, and values where they are not erased.
#[derive(Debug, Clone, Copy)]
pub struct Carried<'a> {
    /// The keys.
    pub keys: &'a [AliasKey],
    /// The aliases behind them, in the same order; empty if erased.
    pub values: &'a [Alias],
}

/// The event that carries aliases.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// When it happened.
    pub at: Timestamp,
    /// Where it stands in the log.
    pub position: Position,
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
    /// The event changed what is known of aliases.
    pub taught: bool,
}

/// Where aliases are looked up and written.
pub struct Directory<'a, 'r> {
    /// The rows.
    pub rows: &'a mut Overlay<'r>,
    /// What needs no looking up.
    pub settled: &'a mut Settled,
    /// Where the aliases are unique.
    pub scope: Scope,
    /// Whose lists find the contact.
    pub account: AccountKey,
}

/// A contact while an event is resolved.
struct Person {
    resolved: Resolved,
    identity: Identity,
    changed: bool,
}

impl Directory<'_, '_> {
    /// Resolves the aliases of an ordinary event. `None` if it carries none.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn resolve(&mut self, carried: Carried<'_>, by: Evidence) -> Result<Option<Resolved>, RowsError> {
        let Some(first) = carried.keys.first() else {
            return Ok(None);
        };
        if let Some(conversation) = self.settled.find(self.scope, carried.keys) {
            return Ok(Some(Resolved {
                conversation,
                ..Resolved::default()
            }));
        }
        let bsuid = carried.keys.iter().find(|key| key.kind == AliasKind::Bsuid);
        let mut person = match (self.strongest(carried, by.at)?, bsuid) {
            // The BSUID says that it is somebody else than the owner of the weaker alias: a new contact.
            (Some(person), Some(bsuid)) if !person.identity.may_be(*bsuid, by.at) => {
                let mut person = self.create(*bsuid, by.position)?;
                let value = carried.keys.iter().position(|key| key == bsuid);
                let owners = self.owners(*bsuid)?;
                self.attach(
                    &mut person,
                    *bsuid,
                    carried.value(value.unwrap_or_default()),
                    by.at,
                    owners,
                )?;
                person
            }
            (Some(person), _) => person,
            (None, _) => self.create(*first, by.position)?,
        };
        for (index, key) in carried.keys.iter().enumerate() {
            self.link(&mut person, *key, carried.value(index), by.at)?;
        }
        let resolved = self.save(person);
        if self.is_settled(carried.keys, resolved.conversation)? {
            self.settled.remember(self.scope, carried.keys, resolved.conversation);
        }
        Ok(Some(resolved))
    }

    /// Whether all these aliases are and always were that contact's.
    fn is_settled(&self, keys: &[AliasKey], conversation: ConversationId) -> Result<bool, RowsError> {
        for key in keys {
            let owners = self.owners(*key)?;
            if owners.is_none_or(|owners| owners.now != conversation || !owners.before.is_empty()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Resolves a change of aliases: `to` takes the place of `from`, on the contact that has either.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn change(&mut self, from: Carried<'_>, to: Carried<'_>, by: Evidence) -> Result<Option<Resolved>, RowsError> {
        let Some(first) = from.keys.first().or(to.keys.first()) else {
            return Ok(None);
        };
        let mut person = match self.strongest(from, by.at)? {
            Some(person) => person,
            None => match self.strongest(to, by.at)? {
                Some(person) => person,
                None => self.create(*first, by.position)?,
            },
        };
        let before = person.identity.clone();
        let given_up = |key: &AliasKey| !to.keys.contains(key);
        // From here on the old names are not current, so that another BSUID is no conflict. Meta gives a new BSUID to whoever
        // changes the number, so a new number alone makes the old BSUID void too.
        let renews = |key: &AliasKey| match key.kind {
            AliasKind::Bsuid => from.keys != to.keys,
            AliasKind::Phone => from
                .keys
                .iter()
                .any(|old| old.kind == AliasKind::Phone && given_up(old)),
            _ => false,
        };
        if to.keys.iter().any(renews) {
            person.identity.renewed_at = person.identity.renewed_at.max(Some(by.at));
        }
        person
            .identity
            .give_up(from.keys.iter().filter(|key| given_up(key)), by.at);
        for (list, is_new) in [(from, false), (to, true)] {
            for (index, key) in list.keys.iter().enumerate() {
                self.link(&mut person, *key, list.value(index), by.at)?;
                if is_new && let Some(known) = person.identity.known_mut(*key) {
                    known.taken_at = known.taken_at.max(Some(by.at));
                }
            }
            person
                .identity
                .give_up(from.keys.iter().filter(|key| given_up(key)), by.at);
        }
        person.resolved.taught |= person.identity != before;
        person.changed = true;
        Ok(Some(self.save(person)))
    }

    /// The contact that had the strongest known alias at that time.
    fn strongest(&self, carried: Carried<'_>, at: Timestamp) -> Result<Option<Person>, RowsError> {
        let mut keys = carried.keys.to_vec();
        keys.sort();
        for key in keys {
            if let Some(conversation) = self.owner(key, at)?
                && let Some(identity) = load(self.rows, conversation)?
            {
                return Ok(Some(Person {
                    resolved: Resolved {
                        conversation,
                        ..Resolved::default()
                    },
                    identity,
                    changed: false,
                }));
            }
        }
        Ok(None)
    }

    fn owners(&self, key: AliasKey) -> Result<Option<Owners>, RowsError> {
        rows::read(self.rows, "alias", &layout::alias(self.scope, key))
    }

    fn owner(&self, key: AliasKey, at: Timestamp) -> Result<Option<ConversationId>, RowsError> {
        self.owner_of(self.owners(key)?.as_ref(), at)
    }

    fn owner_of(&self, owners: Option<&Owners>, at: Timestamp) -> Result<Option<ConversationId>, RowsError> {
        match owners {
            None => Ok(None),
            // A merge redirects only whose it is now.
            Some(owners) => match owners.before(at) {
                Some(then) => current(self.rows, then).map(Some),
                None => Ok(Some(owners.now)),
            },
        }
    }

    /// A new contact, without aliases yet.
    fn create(&self, first: AliasKey, position: Position) -> Result<Person, RowsError> {
        Ok(Person {
            resolved: Resolved {
                conversation: self.new_id(first)?,
                created: true,
                ..Resolved::default()
            },
            identity: Identity {
                created: position,
                aliases: Vec::new(),
                renewed_at: None,
                conflicts: Vec::new(),
            },
            changed: true,
        })
    }

    fn save(&mut self, person: Person) -> Resolved {
        if person.changed {
            let key = layout::identity(person.resolved.conversation);
            self.rows.changes.put(key, &person.identity);
        }
        person.resolved
    }

    /// An event at `at` says that `person` has an alias.
    fn link(&mut self, person: &mut Person, key: AliasKey, value: &str, at: Timestamp) -> Result<(), RowsError> {
        // The usual case, without reading a row: an alias changes hands only after it was given up.
        let own = person.identity.known(key);
        if own.is_some_and(|known| known.given_up_at.is_none() && known.since <= at) {
            return Ok(());
        }
        let owners = self.owners(key)?;
        let Some(other) = self.owner_of(owners.as_ref(), at)? else {
            return self.attach(person, key, value, at, owners);
        };
        if other == person.resolved.conversation {
            return Ok(());
        }
        let Some(foreign) = load(self.rows, other)? else {
            return Ok(());
        };
        let given_up_at = foreign.known(key).and_then(KnownAlias::given_up);
        // Of before the other gave the alias up: then both are one person, under an older BSUID and a newer one.
        let late = given_up_at.is_some_and(|given_up_at| at < given_up_at);
        if late || !person.identity.disagrees_with(&foreign) {
            return self.merge(person, other, foreign);
        }
        if given_up_at.is_some() {
            return self.attach(person, key, value, at, owners);
        }
        if !person.identity.conflicts.contains(&key) {
            person.identity.conflicts.push(key);
            person.resolved.conflict = true;
            person.resolved.taught = true;
            person.changed = true;
        }
        self.dispute(key, person.resolved.conversation)
    }

    /// Notes that events of a contact carry an alias that is another's.
    fn dispute(&mut self, key: AliasKey, by: ConversationId) -> Result<(), RowsError> {
        if let Some(mut owners) = self.owners(key)?
            && !owners.disputed.contains(&by)
        {
            owners.disputed.push(by);
            self.rows.changes.put(layout::alias(self.scope, key), &owners);
        }
        Ok(())
    }

    /// Another contact is the same person. The older one stays, whatever the event saw first.
    fn merge(&mut self, person: &mut Person, other: ConversationId, foreign: Identity) -> Result<(), RowsError> {
        let identity = &mut person.identity;
        let owner = person.resolved.conversation;
        self.settled.forget([owner, other]);
        let ours = std::mem::take(&mut identity.aliases);
        let (stays, goes, aliases, others) = if identity.created <= foreign.created {
            (owner, other, ours, foreign.aliases)
        } else {
            (other, owner, foreign.aliases, ours)
        };
        identity.aliases = aliases;
        for known in others {
            contacts::unindex_number(&mut self.rows.changes, self.account, goes, known.alias());
            contacts::index_number(&mut self.rows.changes, self.account, stays, known.alias());
            if let Some(mut owners) = self.owners(known.key)?
                && owners.now == goes
            {
                owners.now = stays;
                self.rows.changes.put(layout::alias(self.scope, known.key), &owners);
            }
            match identity.known_mut(known.key) {
                Some(twin) => {
                    twin.since = twin.since.min(known.since);
                    twin.taken_at = twin.taken_at.max(known.taken_at);
                    twin.given_up_at = twin.given_up_at.max(known.given_up_at);
                }
                None => identity.aliases.push(known),
            }
        }
        identity.created = identity.created.min(foreign.created);
        identity.renewed_at = identity.renewed_at.max(foreign.renewed_at);
        identity.conflicts.extend(foreign.conflicts);
        self.rows.changes.remove(layout::identity(goes));
        self.rows.changes.put(layout::moved(goes), &stays);
        person.resolved.merged.push(goes);
        person.resolved.taught = true;
        person.resolved.conversation = stays;
        person.changed = true;
        Ok(())
    }

    /// Gives an alias to a contact, from `at` on if another had it: one of `owners`.
    fn attach(
        &mut self,
        person: &mut Person,
        key: AliasKey,
        value: &str,
        at: Timestamp,
        owners: Option<Owners>,
    ) -> Result<(), RowsError> {
        let conversation = person.resolved.conversation;
        let owners = match owners {
            Some(before) => {
                self.settled.forget(before.everybody());
                let mut owners = before.clone();
                owners.hand_over(at, conversation);
                person.resolved.taught |= owners != before;
                owners
            }
            None => Owners {
                now: conversation,
                before: Vec::new(),
                disputed: Vec::new(),
            },
        };
        self.rows.changes.put(layout::alias(self.scope, key), &owners);
        person.changed = true;
        if let Some(known) = person.identity.known_mut(key) {
            let taken_at = known.taken_at.max(Some(at));
            person.resolved.taught |= taken_at != known.taken_at;
            known.taken_at = taken_at;
            return Ok(());
        }
        person.resolved.taught = true;
        let known = KnownAlias {
            key,
            value: value.to_owned(),
            since: at,
            taken_at: None,
            given_up_at: None,
        };
        contacts::index_number(&mut self.rows.changes, self.account, conversation, known.alias());
        person.identity.aliases.push(known);
        Ok(())
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

/// The contacts without whom the past of a contact cannot be told, itself included: those who have, had or dispute an alias of it,
/// those who do so with one of theirs, and so on. Usually nobody else.
///
/// # Errors
/// As reading rows does.
pub fn relatives(
    rows: &dyn Rows,
    scope: Scope,
    conversation: ConversationId,
) -> Result<BTreeSet<ConversationId>, RowsError> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![conversation];
    while let Some(one) = waiting.pop() {
        if !found.insert(one) {
            continue;
        }
        let Some(identity) = load(rows, one)? else { continue };
        let own = identity.aliases.iter().map(|known| known.key);
        for key in own.chain(identity.conflicts.iter().copied()) {
            let owners: Option<Owners> = rows::read(rows, "alias", &layout::alias(scope, key))?;
            for other in owners.iter().flat_map(Owners::everybody) {
                waiting.push(current(rows, other)?);
            }
        }
    }
    Ok(found)
}

/// The conversation that has an alias in a scope now.
///
/// # Errors
/// As reading rows does.
pub fn owner(rows: &dyn Rows, scope: Scope, alias: AliasKey) -> Result<Option<ConversationId>, RowsError> {
    let owners: Option<Owners> = rows::read(rows, "alias", &layout::alias(scope, alias))?;
    Ok(owners.map(|owners| owners.now))
}
