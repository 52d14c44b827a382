//! Keyed hashes of everything that could identify a person: what the structure part of a record holds instead of names.
//!
//! SipHash-2-4 with 128 bits of output and a secret of the installation. The fold compares keys only, so it still works
//! after a person's part of a record is erased. The same log gives the same views anywhere, because keys are stored, never
//! computed again on replay.

use std::fmt;
use std::hash::Hasher as _;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::alias::{Alias, AliasKind};
use crate::event::{Body, Event};
use crate::marks::wording;

/// The secret of an installation; whoever has it can test guesses of phone numbers against the log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 16]);

impl Secret {
    /// From sixteen random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for keeping them in a file.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    fn hash(&self, domain: &str, text: &str) -> u128 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(domain.as_bytes());
        hasher.write_u8(0);
        hasher.write(text.as_bytes());
        hasher.finish128().as_u128()
    }

    /// The key of a text within one conversation: message ids, dedup keys.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // half of the hash is meant
    pub fn key(&self, text: &str) -> Key {
        Key(self.hash("text", text) as u64)
    }

    /// The key of an alias, by its canonical form.
    #[must_use]
    pub fn alias(&self, alias: &Alias) -> AliasKey {
        AliasKey {
            kind: alias.kind,
            hash: self.hash(alias.kind.name(), &alias.canonical()),
        }
    }

    /// The key of a reference that joins events of different conversations: click codes, click ids.
    #[must_use]
    pub fn join(&self, kind: &str, value: &str) -> JoinKey {
        JoinKey(self.hash(kind, value))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Hash of a text that is compared within one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Key(pub u64);

/// Hash of a reference that is compared across a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct JoinKey(pub u128);

/// Kind and hash of an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AliasKey {
    /// What kind of alias.
    pub kind: AliasKind,
    /// Hash of its canonical form.
    pub hash: u128,
}

/// The keys of one event, computed once at intake and stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    /// Of `dedup_key`.
    pub dedup: Key,
    /// Of the contact's aliases, in the order of the event.
    pub aliases: Vec<AliasKey>,
    /// Of the aliases given up, for an identity change.
    pub from: Vec<AliasKey>,
    /// Of the aliases that take their place.
    pub to: Vec<AliasKey>,
    /// Of the group.
    pub group: Option<Key>,
    /// Of the message's own id, or of the message that a status, edit, deletion or reaction is about.
    pub message: Option<Key>,
    /// Of the message that is answered or quoted.
    pub reply_to: Option<Key>,
    /// Of the click code in a message or click.
    pub code: Option<JoinKey>,
    /// Of the ad click id in a referral or conversion.
    pub ad_click: Option<JoinKey>,
    /// Of how a customer's text begins: see [`crate::marks::wording`].
    pub wording: Vec<u32>,
}

impl Keys {
    /// The keys of `event`.
    #[must_use]
    pub fn of(event: &Event, code: Option<&str>, secret: &Secret) -> Self {
        let aliases = |list: &[Alias]| list.iter().map(|alias| secret.alias(alias)).collect();
        let (message, reply_to) = message_ids(&event.body);
        let (from, to) = match &event.body {
            Body::IdentityChanged { from, to } => (aliases(from), aliases(to)),
            _ => Default::default(),
        };
        Self {
            dedup: secret.key(&event.dedup_key),
            aliases: event
                .contact
                .as_ref()
                .map(|contact| aliases(&contact.aliases))
                .unwrap_or_default(),
            from,
            to,
            group: event.group.as_ref().map(|group| secret.key(&group.id)),
            message: message.map(|id| secret.key(id)),
            reply_to: reply_to.map(|id| secret.key(id)),
            code: code.map(|code| secret.join("code", code)),
            ad_click: ad_click(&event.body).map(|clid| secret.join("ctwa_clid", clid)),
            wording: customer_text(&event.body)
                .map(|text| wording(text, secret))
                .unwrap_or_default(),
        }
    }
}

/// What a customer wrote, if it may be the text of a link: whoever came by an ad or quotes a message has better evidence.
fn customer_text(body: &Body) -> Option<&str> {
    match body {
        Body::MessageReceived {
            message,
            referral: None,
        } if message.reply_to.is_none() => message.text.as_deref(),
        _ => None,
    }
}

/// The message id an event carries or is about, and the one it answers.
fn message_ids(body: &Body) -> (Option<&str>, Option<&str>) {
    match body {
        Body::MessageReceived { message, .. }
        | Body::MessageSent { message, .. }
        | Body::HistoryImported { message, .. } => (message.id.as_deref(), message.reply_to.as_deref()),
        Body::MessageStatus { status } => (status.message_id.as_deref(), None),
        Body::MessageEdited { edit } => (Some(&edit.message_id), None),
        Body::MessageRevoked { revoke } => (Some(&revoke.message_id), None),
        Body::MessageReaction { reaction } => (Some(&reaction.message_id), None),
        _ => (None, None),
    }
}

fn ad_click(body: &Body) -> Option<&str> {
    match body {
        Body::MessageReceived {
            referral: Some(referral),
            ..
        }
        | Body::ReferralOpened {
            referral: Some(referral),
        } => referral.ctwa_clid.as_deref(),
        Body::ConversionReported { conversion } => conversion.ctwa_clid.as_deref(),
        _ => None,
    }
}

/// Hexadecimal text of an id made from a hash: what the outside sees of conversations, touches and tickets.
macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{:016x}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix($prefix)
                    .filter(|hex| hex.len() == 16)
                    .and_then(|hex| u64::from_str_radix(hex, 16).ok())
                    .map(Self)
                    .ok_or(NotAnId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_u64(self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
                } else {
                    u64::deserialize(deserializer).map(Self)
                }
            }
        }
    };
}

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id of this kind")
    }
}

impl std::error::Error for NotAnId {}

public_id! {
    /// A conversation: one contact on one channel. Made from the first alias it was seen under.
    ConversationId, "cv_"
}
public_id! {
    /// A touch. Made from the event that is its evidence, so it is the same in whatever order events come.
    TouchId, "to_"
}
public_id! {
    /// A ticket. Made from the event that opened it.
    TicketId, "tk_"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_depend_on_the_secret_the_kind_and_the_canonical_form() {
        let (one, two) = (Secret::new([1; 16]), Secret::new([2; 16]));
        let phone = |value| Alias::new(AliasKind::Phone, value);
        assert_eq!(one.alias(&phone("5511987654321")), one.alias(&phone("551187654321")));
        assert_ne!(one.alias(&phone("5511987654321")), two.alias(&phone("5511987654321")));
        let psid = Alias::new(AliasKind::Psid, "12");
        let igsid = Alias::new(AliasKind::Igsid, "12");
        assert_ne!(one.alias(&psid).hash, one.alias(&igsid).hash);
    }

    #[test]
    fn ids_are_read_back_from_their_text() {
        let id = ConversationId(0xab);
        assert_eq!(id.to_string(), "cv_00000000000000ab");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("tk_00000000000000ab".parse::<ConversationId>(), Err(NotAnId));
    }
}
