//! Keys: made by chance, shown once, kept as a hash.
//!
//! ```text
//! origem_  1f3a9c0b2d  _  40 hexadecimal digits: 160 bits of chance
//!          id, public     known to the holder only
//! ```
//! The prefix lets scanners of repositories find what was published by mistake; the id tells keys apart in lists.

use origem_domain::access::Role;
use origem_domain::directory::AccessKey;
use origem_domain::time::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use subtle::ConstantTimeEq as _;

use crate::hex::hex;
use crate::secret::Secret;

const PREFIX: &str = "origem_";
const ID_BYTES: usize = 5;
const SECRET_BYTES: usize = 20;

/// What a new key is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What its holder may do.
    pub role: Role,
    /// The only account it is good for.
    pub account: Option<String>,
    /// The agent its holder is.
    pub agent: Option<String>,
    /// What it is for.
    pub name: Option<String>,
    /// It is good until then.
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(Debug)]
pub struct Key {
    /// What it goes by in lists.
    pub id: String,
    /// What is kept of it.
    pub entry: AccessKey,
    /// The key itself, to be shown once.
    pub secret: Secret,
}

/// The system gives no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes, so no key can be made; try again")]
pub struct NoChance;

impl Key {
    /// Makes a key.
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn make(wanted: Wanted) -> Result<Self, NoChance> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoChance)?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        let id = hex(id);
        let text = format!("{PREFIX}{id}_{}", hex(secret));
        let Wanted {
            role,
            account,
            agent,
            name,
            expires_at,
        } = wanted;
        let entry = AccessKey {
            hash: hash(text.as_bytes()),
            role,
            account,
            agent,
            name,
            expires_at,
        };
        Ok(Self {
            id,
            entry,
            secret: text.into(),
        })
    }
}

/// The public id in a key; `None` for what is no key of ours.
pub(crate) fn id(given: &str) -> Option<&str> {
    let (id, secret) = given.strip_prefix(PREFIX)?.split_once('_')?;
    (id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES).then_some(id)
}

/// Whether `given` is the key of an entry, in a time that tells nothing of where they differ.
pub(crate) fn is_of(given: &str, entry: &AccessKey) -> bool {
    hash(given.as_bytes()).as_bytes().ct_eq(entry.hash.as_bytes()).into()
}

fn hash(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_proves_itself_and_no_other() {
        let one = Key::make(Wanted::default()).unwrap();
        let other = Key::make(Wanted::default()).unwrap();
        let text = |key: &Key| String::from_utf8(key.secret.bytes().to_vec()).unwrap();
        assert_eq!(id(&text(&one)), Some(one.id.as_str()));
        assert!(is_of(&text(&one), &one.entry));
        assert!(!is_of(&text(&other), &one.entry));
        assert_ne!(one.id, other.id);
        assert!(!format!("{one:?}").contains(&text(&one)));
        assert!(!text(&one).contains(&one.entry.hash));
    }

    #[test]
    fn what_is_no_key_has_no_id() {
        let secret = "0".repeat(2 * SECRET_BYTES);
        for (given, expected) in [
            (format!("origem_0123456789_{secret}"), Some("0123456789")),
            (format!("origem_0123456789_{secret}0"), None),
            (format!("origem_01234567_{secret}"), None),
            (format!("other_0123456789_{secret}"), None),
            ("origem_".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(id(&given), expected, "{given}");
        }
    }
}
