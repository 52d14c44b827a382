//! Who a person is, from ids that may be phones or business-scoped user ids. Source: reference/meta-platform.md 1.6.

use origem_domain::alias::{Alias, AliasKind, bsuid_kind, canonical_phone, digits, is_bsuid};
use origem_domain::event::Contact;

use crate::json::Node;

/// What one item, or one element of `contacts`, tells about a person. The first id of a kind stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) bsuid: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) name: Option<String>,
    pub(super) username: Option<String>,
}

impl Person {
    /// From an element of `contacts`.
    pub(super) fn of_contact(contact: Node<'_, '_>) -> Self {
        let mut person = Self::default();
        person.user(contact.word("user_id"));
        person.user(contact.word("parent_user_id"));
        person.address(contact.word("wa_id"));
        if let Some(profile) = contact.get("profile") {
            person.name = profile.text("name");
            person.username = profile.word("username").and_then(|name| username(&name));
        }
        person
    }

    /// From the members of `item` named by `addresses` (phone or id, by shape) and `users` (business-scoped ids).
    pub(super) fn of_item(item: Node<'_, '_>, addresses: &[&str], users: &[&str]) -> Self {
        let mut person = Self::default();
        users.iter().for_each(|key| person.user(item.word(key)));
        addresses.iter().for_each(|key| person.address(item.word(key)));
        person
    }

    /// From the contact of an event.
    pub(super) fn of_event(contact: &Contact) -> Self {
        let mut person = Self::default();
        for alias in &contact.aliases {
            let place = match alias.kind {
                AliasKind::Bsuid => &mut person.bsuid,
                AliasKind::ParentBsuid => &mut person.parent,
                _ => &mut person.phone,
            };
            place.get_or_insert_with(|| alias.value.clone());
        }
        person
    }

    /// Adds what stands where a phone is expected: a business-scoped id by its shape, else the digits.
    pub(super) fn address(&mut self, word: Option<String>) {
        match word {
            Some(word) if is_bsuid(&word) => self.user(Some(word)),
            Some(word) => {
                let digits = digits(&word);
                if !digits.is_empty() {
                    self.phone.get_or_insert(digits);
                }
            }
            None => {}
        }
    }

    /// Adds what stands where a business-scoped id is expected.
    pub(super) fn user(&mut self, word: Option<String>) {
        let Some(word) = word else { return };
        if bsuid_kind(&word) == AliasKind::ParentBsuid {
            self.parent.get_or_insert(word);
        } else {
            self.bsuid.get_or_insert(word);
        }
    }

    /// Fills what is missing from `other`, who is the same person.
    pub(super) fn complete(&mut self, other: &Self) {
        let fill = |mine: &mut Option<String>, theirs: &Option<String>| {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        };
        fill(&mut self.bsuid, &other.bsuid);
        fill(&mut self.parent, &other.parent);
        fill(&mut self.phone, &other.phone);
        fill(&mut self.name, &other.name);
        fill(&mut self.username, &other.username);
    }

    /// Both have the same business-scoped id.
    pub(super) fn has_id_of(&self, other: &Self) -> bool {
        let equal = |mine: &Option<String>, theirs: &Option<String>| mine.is_some() && mine == theirs;
        equal(&self.bsuid, &other.bsuid) || (!self.excludes(other) && equal(&self.parent, &other.parent))
    }

    /// Both have the same phone, and not two different business-scoped ids.
    pub(super) fn has_phone_of(&self, other: &Self) -> bool {
        let same = match (&self.phone, &other.phone) {
            (Some(mine), Some(theirs)) => canonical_phone(mine) == canonical_phone(theirs),
            _ => false,
        };
        same && !self.excludes(other)
    }

    /// They have two different business-scoped ids, so they are not one person.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        self.bsuid.is_some() && other.bsuid.is_some() && self.bsuid != other.bsuid
    }

    /// The aliases, strongest first.
    pub(super) fn aliases(&self) -> Vec<Alias> {
        let kinds = [
            (AliasKind::Bsuid, &self.bsuid),
            (AliasKind::ParentBsuid, &self.parent),
            (AliasKind::Phone, &self.phone),
        ];
        kinds
            .into_iter()
            .filter_map(|(kind, value)| Some(Alias::new(kind, value.as_deref()?)))
            .collect()
    }

    /// The contact of an event; `None` if nothing names the person.
    pub(super) fn into_contact(self) -> Option<Contact> {
        let aliases = self.aliases();
        (!aliases.is_empty()).then_some(Contact {
            aliases,
            name: self.name,
            username: self.username,
            photo_url: None,
        })
    }
}

/// A username without the `@` that some of Meta's examples put before it.
pub(super) fn username(text: &str) -> Option<String> {
    let name = text.trim().trim_start_matches('@');
    (!name.is_empty()).then(|| name.to_owned())
}
