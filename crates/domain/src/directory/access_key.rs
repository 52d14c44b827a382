//! A key that somebody proves with who they are. Of the key itself only a hash is kept: whoever reads the directory learns none.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word};
use crate::access::Role;
use crate::time::Timestamp;

/// The account under which keys of all accounts are kept: whoever shows one names it by its id alone.
pub const KEYS: &str = "";

/// A key, by its public id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// SHA-256 of the key, in lower-case hexadecimal. A slow hash would protect what people make up; keys are chance, of more bits
    /// than anybody can try, and are checked with every request.
    pub hash: String,
    /// What its holder may do.
    pub role: Role,
    /// The only account it is good for; operators have none; producers without one bring events of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The agent its holder is, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// What it is for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// It is good until then; absent: until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Entry for AccessKey {
    fn check(&self, faults: &mut Faults) {
        if self.hash.len() != 64 || !self.hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            faults.add("hash", "it is not the SHA-256 of a key in lower-case hexadecimal");
        }
        if self.role == Role::Agent && self.agent.is_none() {
            faults.add("agent", "a key of the role agent says which agent holds it");
        }
        if matches!(self.role, Role::Operator | Role::Producer) && self.agent.is_some() {
            faults.add("agent", "operators and producers are no agents");
        }
        if matches!(self.role, Role::Agent | Role::Manager | Role::Administrator) && self.account.is_none() {
            faults.add("account", "a key of this role is of one account");
        }
        if self.role == Role::Operator && self.account.is_some() {
            faults.add(
                "account",
                "operators look after the whole installation, not one account",
            );
        }
        for (place, text) in [("account", &self.account), ("agent", &self.agent), ("name", &self.name)] {
            if let Some(text) = text {
                check_word(faults, place, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::directory::{Item, Kind};

    #[test]
    fn a_key_says_whose_it_is() {
        let hash = "0".repeat(64);
        for (members, said) in [
            (r#""role":"operator""#, ""),
            (r#""role":"operator","account":"acme""#, "account: operators look after"),
            (r#""role":"producer""#, ""),
            (r#""role":"manager","account":"acme""#, ""),
            (
                r#""role":"agent","account":"acme","agent":"ana","name":"phone","expires_at":"2027-01-01T00:00:00Z""#,
                "",
            ),
            (r#""role":"agent","account":"acme""#, "agent: a key of the role agent"),
            (r#""role":"agent","agent":"ana""#, "account: a key of this role"),
            (r#""role":"administrator""#, "account: a key of this role"),
            (r#""role":"producer","agent":"ana""#, "agent: operators and producers"),
            (r#""role":"operator","name":" ""#, "name: it must not be empty"),
            (r#""role":"owner""#, "unknown variant `owner`"),
            (r#""role":"operator","key":"origem_1""#, "unknown field `key`"),
        ] {
            let text = format!(r#"{{"hash":"{hash}",{members}}}"#);
            let read = Item::read(Kind::AccessKey, &mut serde_json::Deserializer::from_str(&text));
            let faults = match read {
                Ok(item) => item
                    .check_as("id")
                    .err()
                    .map(|faults| faults.to_string())
                    .unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            assert!(
                faults.contains(said) && faults.is_empty() == said.is_empty(),
                "{members}: {faults}"
            );
        }
        let text = r#"{"hash":"ABC","role":"operator"}"#;
        let item = Item::read(Kind::AccessKey, &mut serde_json::Deserializer::from_str(text)).unwrap();
        assert!(
            item.check()
                .unwrap_err()
                .to_string()
                .contains("hash: it is not the SHA-256")
        );
    }
}
