//! Aliases: the names under which providers know a person, and the forms in which they are compared.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What kind of name an alias is. The order is the order of matching: the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AliasKind {
    /// Business-scoped user id of WhatsApp, one per person and business portfolio: `BR.1000`.
    Bsuid,
    /// Business-scoped user id across linked portfolios: `BR.ENT.1000`.
    ParentBsuid,
    /// Phone number, digits only, as the provider wrote it.
    Phone,
    /// Page-scoped id of Messenger.
    Psid,
    /// Instagram-scoped id.
    Igsid,
    /// `@lid` of the WhatsApp Web protocol.
    Lid,
    /// Visitor of a web chat widget.
    Visitor,
}

impl AliasKind {
    /// All kinds, strongest first.
    pub const ALL: [AliasKind; 7] = [
        Self::Bsuid,
        Self::ParentBsuid,
        Self::Phone,
        Self::Psid,
        Self::Igsid,
        Self::Lid,
        Self::Visitor,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bsuid => "bsuid",
            Self::ParentBsuid => "parent_bsuid",
            Self::Phone => "phone",
            Self::Psid => "psid",
            Self::Igsid => "igsid",
            Self::Lid => "lid",
            Self::Visitor => "visitor",
        }
    }
}

/// One name of a person. The value is kept as it came (phones: digits only).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Alias {
    /// What kind of name.
    pub kind: AliasKind,
    /// The name itself.
    pub value: String,
}

impl Alias {
    /// An alias of `kind`; a phone is reduced to its digits.
    #[must_use]
    pub fn new(kind: AliasKind, value: &str) -> Self {
        let value = if kind == AliasKind::Phone {
            digits(value)
        } else {
            value.trim().to_owned()
        };
        Self { kind, value }
    }

    /// The form in which two aliases are compared: two aliases name the same person if kind and canonical value are equal.
    #[must_use]
    pub fn canonical(&self) -> Cow<'_, str> {
        if self.kind == AliasKind::Phone {
            canonical_phone(&self.value)
        } else {
            Cow::Borrowed(&self.value)
        }
    }
}

/// The digits of `text`.
#[must_use]
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// `text` is a business-scoped user id: two capital letters, a dot, letters and digits (`ENT.` may stand between).
/// Source: reference/meta-platform.md 1.6.
#[must_use]
pub fn is_bsuid(text: &str) -> bool {
    let mut parts = text.split('.');
    let country = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (rest.len() == 1 || (rest.len() == 2 && rest[0] == "ENT"))
        && rest
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The alias kind of a WhatsApp user id that may be a BSUID or a parent BSUID.
#[must_use]
pub fn bsuid_kind(text: &str) -> AliasKind {
    if text.contains(".ENT.") {
        AliasKind::ParentBsuid
    } else {
        AliasKind::Bsuid
    }
}

/// One form for numbers that one person may be written with in two: the ninth digit of Brazilian mobiles
/// (`55 11 9 8765 4321` is `55 11 8765 4321`) and the `1` after Mexico's code (`52 1 ...` is `52 ...`).
/// Source: reference/meta-platform.md 1.6, rule 6.
#[must_use]
pub fn canonical_phone(phone: &str) -> Cow<'_, str> {
    let bytes = phone.as_bytes();
    if !bytes.is_ascii() {
        return Cow::Borrowed(phone);
    }
    match bytes {
        [b'5', b'5', _, _, b'9', b'6'..=b'9', ..] if bytes.len() == 13 => {
            Cow::Owned(format!("{}{}", &phone[..4], &phone[5..]))
        }
        [b'5', b'2', b'1', ..] if bytes.len() == 13 => Cow::Owned(format!("52{}", &phone[3..])),
        _ => Cow::Borrowed(phone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_person_compare_equal() {
        for (left, right, same) in [
            ("5511987654321", "551187654321", true),
            ("+55 (11) 98765-4321", "5511987654321", true),
            ("5511955550101", "5511955550102", false),
            ("5511955550101", "551155550101", false), // 5... after the ninth digit is a landline prefix, not a mobile
            ("551132654321", "5511932654321", false),
            ("5215512345678", "525512345678", true),
            ("525512345678", "525512345679", false),
            ("15550001111", "15550001111", true),
            ("4915112345678", "491512345678", false),
        ] {
            let (left, right) = (Alias::new(AliasKind::Phone, left), Alias::new(AliasKind::Phone, right));
            assert_eq!(left.canonical() == right.canonical(), same, "{left:?} {right:?}");
        }
    }

    #[test]
    fn a_bsuid_is_told_from_a_phone_by_shape() {
        for (text, yes) in [
            ("BR.1000000000000001", true),
            ("US.ENT.77aB", true),
            ("US.1234", true),
            ("5511955550101", false),
            ("br.1", false),
            ("BR.", false),
            ("BRA.1", false),
            ("BR.1.2", false),
        ] {
            assert_eq!(is_bsuid(text), yes, "{text}");
        }
    }
}
