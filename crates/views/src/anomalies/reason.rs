//! What can be odd about an event.

use serde::{Deserialize, Serialize};

/// What is odd about an event. The numbers are parts of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No reader understood the payload.
    Unrecognised,
    /// The payload's time cannot be right.
    BadTime,
    /// The aliases of the event belong to two people.
    IdentityConflict,
    /// The command was decided on a stale revision of the ticket.
    Voided,
    /// The command made no sense on the ticket as it was.
    NoEffect,
    /// The event concerns a person and names nobody.
    NoContact,
    /// The record cannot be decoded: it was written by another version, or is damaged.
    Undecodable,
    /// The event waits for a conversation by its click, and too many others wait for the same one already: it is in no
    /// conversation.
    NotJoined,
}

impl Reason {
    /// Every reason, in order of numbers.
    pub const ALL: [Self; 8] = [
        Self::Unrecognised,
        Self::BadTime,
        Self::IdentityConflict,
        Self::Voided,
        Self::NoEffect,
        Self::NoContact,
        Self::Undecodable,
        Self::NotJoined,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unrecognised => "unrecognised",
            Self::BadTime => "bad_time",
            Self::IdentityConflict => "identity_conflict",
            Self::Voided => "voided",
            Self::NoEffect => "no_effect",
            Self::NoContact => "no_contact",
            Self::Undecodable => "undecodable",
            Self::NotJoined => "not_joined",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_numbered_as_listed() {
        for (number, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, number);
        }
    }
}
