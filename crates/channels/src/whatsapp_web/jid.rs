//! Addresses of the WhatsApp Web protocol: `5511955550101:12@s.whatsapp.net`. Source: reference/meta-platform.md 5.3.

use origem_domain::alias::{Alias, AliasKind, digits};

/// Who or what an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Jid {
    /// A person, by phone number, digits.
    Phone(String),
    /// A person, by an id that hides the number.
    Lid(String),
    /// A group.
    Group(String),
    /// Status updates, newsletters: never a conversation.
    Noise,
    /// Anything else: broadcast lists, bots.
    Other,
}

impl Jid {
    /// Reads an address. The device and agent behind the user (`:12`, `.0`) do not belong to the person; a bare number is a
    /// phone.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        let (user, server) = text.split_once('@').unwrap_or((text, ""));
        let person = user.split([':', '.']).next().unwrap_or_default();
        match server {
            "s.whatsapp.net" | "c.us" | "hosted" => Self::phone(person),
            "" if user.bytes().all(|b| b.is_ascii_digit() || b == b'+') => Self::phone(user),
            "lid" | "hosted.lid" if !person.is_empty() => Self::Lid(person.to_owned()),
            "g.us" => Self::Group(text.to_owned()),
            "newsletter" => Self::Noise,
            "broadcast" if user == "status" => Self::Noise,
            _ => Self::Other,
        }
    }

    fn phone(user: &str) -> Self {
        let digits = digits(user);
        if digits.is_empty() {
            Self::Other
        } else {
            Self::Phone(digits)
        }
    }

    /// The alias of a person.
    pub(super) fn alias(&self) -> Option<Alias> {
        match self {
            Self::Phone(digits) => Some(Alias::new(AliasKind::Phone, digits)),
            Self::Lid(lid) => Some(Alias::new(AliasKind::Lid, lid)),
            Self::Group(_) | Self::Noise | Self::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_by_their_server() {
        let phone = |digits: &str| Jid::Phone(digits.to_owned());
        for (text, jid) in [
            ("5511955550101@s.whatsapp.net", phone("5511955550101")),
            ("5511955550101:12@s.whatsapp.net", phone("5511955550101")),
            ("5511955550101.0:12@s.whatsapp.net", phone("5511955550101")),
            ("5511955550101@c.us", phone("5511955550101")),
            ("+5511955550101", phone("5511955550101")),
            ("123456789@lid", Jid::Lid("123456789".to_owned())),
            ("123456789:3@lid", Jid::Lid("123456789".to_owned())),
            ("1203630000@g.us", Jid::Group("1203630000@g.us".to_owned())),
            ("status@broadcast", Jid::Noise),
            ("120363@newsletter", Jid::Noise),
            ("1500000000@broadcast", Jid::Other),
            ("@s.whatsapp.net", Jid::Other),
            ("@lid", Jid::Other),
            ("", Jid::Other),
            ("loja", Jid::Other),
        ] {
            assert_eq!(Jid::parse(text), jid, "{text}");
        }
    }
}
