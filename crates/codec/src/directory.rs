//! Records of the directory's own log: one change of one entry, as JSON. Format: docs/formats/directory.md.
//!
//! JSON, unlike the records of events: there are few of them, people read them, and no key or personal part has to be told apart.

use origem_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version that is written.
pub const VERSION: u32 = 1;

/// One change of one entry. Kind and value are as they were written: what a later Origem added is kept by whoever does not know it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change {
    /// Of the format.
    pub version: u32,
    /// The tenant.
    pub account: String,
    /// The kind of entry, by name.
    pub kind: String,
    /// The entry.
    pub id: String,
    /// What it says from now on; absent: it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<RawValue>>,
    /// When it was written, by the clock of whoever took it. The order is the log's.
    pub at: Timestamp,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Why bytes are no change.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Written by a newer Origem; nothing is wrong with the bytes.
    #[error(
        "a change of the directory has format version {version}, this build reads up to {VERSION}; install a newer one"
    )]
    Newer {
        /// The version of the record.
        version: u32,
    },
    /// No change at all.
    #[error("not a change of the directory")]
    Json(#[source] serde_json::Error),
}

impl Change {
    /// Its bytes.
    ///
    /// # Errors
    /// None that is known: all of it can be written as JSON.
    pub fn encode(&self) -> Result<Vec<u8>, ChangeError> {
        serde_json::to_vec(self).map_err(ChangeError::Json)
    }

    /// The change that bytes are.
    ///
    /// # Errors
    /// `Newer`, `Json`.
    pub fn decode(bytes: &[u8]) -> Result<Self, ChangeError> {
        /// The part that all versions have.
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Head { version } = serde_json::from_slice(bytes).map_err(ChangeError::Json)?;
        if version > VERSION {
            return Err(ChangeError::Newer { version });
        }
        serde_json::from_slice(bytes).map_err(ChangeError::Json)
    }

    /// What changes of one entry have in common: the key where a log is compacted.
    #[must_use]
    pub fn key(&self) -> String {
        let Self { account, kind, id, .. } = self;
        format!("{account}/{kind}/{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_one_is_read_for_ever() {
        let written = r#"{"version":1,"account":"default","kind":"template","id":"hello.pt_BR","value":{"name":"hello","later":[0.1]},"at":"2026-10-01T00:00:00Z","by":"ana"}"#;
        let gone = r#"{"version":1,"account":"default","kind":"planet","id":"mars","at":"2026-10-01T00:00:00Z"}"#;
        for (bytes, key) in [(written, "default/template/hello.pt_BR"), (gone, "default/planet/mars")] {
            let change = Change::decode(bytes.as_bytes()).unwrap();
            assert_eq!(change.key(), key);
            assert_eq!(String::from_utf8(change.encode().unwrap()).unwrap(), bytes);
        }
    }

    #[test]
    fn what_is_no_change_is_told_from_what_is_too_new() {
        for (bytes, said) in [
            (r#"{"version":2,"what":"ever"}"#, "format version 2"),
            (r#"{"version":1}"#, "not a change"),
            ("{}", "not a change"),
            ("\u{1}", "not a change"),
        ] {
            let error = Change::decode(bytes.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{bytes}: {error}");
        }
    }
}
