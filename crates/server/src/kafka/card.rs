//! What an instance tells about itself in the group, and by what the others know that it is one of them.
//!
//! Whoever may commit to the group could write a card. Where a card leads, questions go with the token of the installation,
//! so a card is sealed with a key that follows from the secret, and one without the seal is nobody's.

use hmac::{Hmac, KeyInit as _, Mac as _};
use origem_domain::key::Secret;
use origem_log_kafka::Owner;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What an instance tells about itself in the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Where it is asked.
    pub url: String,
    /// Tells secrets apart without telling them.
    pub secret: String,
    /// Its version.
    pub version: String,
    /// HMAC-SHA256 of the rest, in hexadecimal.
    seal: String,
}

/// Whose a card is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Of an instance of this installation.
    Ours,
    /// Of an instance that has another secret.
    AnotherSecret,
    /// It says that it is one of ours and was not written with our secret.
    Forged,
}

impl Card {
    /// The card of this instance.
    pub fn new(url: &str, secret: &Secret) -> Self {
        let unsealed = Self {
            url: url.trim_end_matches('/').to_owned(),
            secret: fingerprint(secret),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seal: String::new(),
        };
        Self {
            seal: hex(&unsealed.mac(secret).finalize().into_bytes()),
            ..unsealed
        }
    }

    /// As text, for the group.
    pub fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The card of an owner, whoever wrote it; `None` if it is none.
    pub fn of(owner: &Owner) -> Option<Self> {
        serde_json::from_str(&owner.card).ok()
    }

    /// The card of an owner that has our secret; `None` if it is another's.
    pub fn ours(owner: &Owner, secret: &Secret) -> Option<Self> {
        Self::of(owner).filter(|card| card.standing(secret) == Standing::Ours)
    }

    /// Whose it is, seen by an instance that has `secret`.
    pub fn standing(&self, secret: &Secret) -> Standing {
        if self.secret != fingerprint(secret) {
            return Standing::AnotherSecret;
        }
        let sealed = bytes(&self.seal).is_some_and(|seal| self.mac(secret).verify_slice(&seal).is_ok());
        if sealed { Standing::Ours } else { Standing::Forged }
    }

    fn mac(&self, secret: &Secret) -> Hmac<Sha256> {
        // Any key will do for HMAC; a digest has the length that is right for its block.
        let key = digest(secret, "card");
        let block: [u8; 64] = std::array::from_fn(|at| key.get(at).copied().unwrap_or(0));
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in [&self.url, &self.secret, &self.version] {
            // With its length, so that no two cards give the same bytes.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

/// Tells a secret from others without telling it.
pub fn fingerprint(secret: &Secret) -> String {
    hex(&digest(secret, "fingerprint")[..8])
}

/// The token that instances of one installation show each other.
pub fn token(secret: &Secret) -> String {
    hex(&digest(secret, "peer"))
}

/// Something that follows from the secret and does not lead back to it.
fn digest(secret: &Secret, purpose: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"origem/")
        .chain_update(purpose)
        .chain_update(secret.bytes())
        .finalize()
        .into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use origem_domain::position::Offset;

    use super::*;

    #[test]
    fn a_card_is_ours_if_our_secret_wrote_it() {
        let (ours, theirs) = (Secret::new([7; 16]), Secret::new([8; 16]));
        let card = Card::new("http://10.0.0.1:8080/", &ours);
        let changed = |change: &dyn Fn(&mut Card)| {
            let mut card = card.clone();
            change(&mut card);
            card
        };
        for (what, card, expected) in [
            ("as it was written", card.clone(), Standing::Ours),
            (
                "leads elsewhere",
                changed(&|card| card.url = "http://elsewhere".to_owned()),
                Standing::Forged,
            ),
            (
                "another version",
                changed(&|card| card.version = "99".to_owned()),
                Standing::Forged,
            ),
            ("no seal", changed(&|card| card.seal.clear()), Standing::Forged),
            (
                "no hexadecimal",
                changed(&|card| card.seal = "é".to_owned()),
                Standing::Forged,
            ),
            (
                "another secret",
                Card::new("http://10.0.0.1:8080", &theirs),
                Standing::AnotherSecret,
            ),
        ] {
            assert_eq!(card.standing(&ours), expected, "{what}");
            let owner = Owner {
                card: card.text(),
                offset: Offset(0),
            };
            assert_eq!(Card::of(&owner), Some(card), "{what}");
            assert_eq!(
                Card::ours(&owner, &ours).is_some(),
                expected == Standing::Ours,
                "{what}"
            );
        }
        assert_eq!(card.url, "http://10.0.0.1:8080");
    }
}
