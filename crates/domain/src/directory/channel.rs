//! A channel: a business address and who works on it.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word, check_words};
use crate::event::Channel as Address;

/// A business address. Its id is the address itself: `whatsapp:200000000000002`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who connects it: `meta`, `twilio`, `whatsapp_web`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What customers write to: digits of the number, name of the page or profile. Links lead there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// The teams that work on it, by id; none named: every team.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
}

impl Entry for Channel {
    fn check_id(&self, id: &str, faults: &mut Faults) {
        if let Err(error) = id.parse::<Address>() {
            faults.add("id", error.to_string());
        }
    }

    fn check(&self, faults: &mut Faults) {
        for (place, text) in [
            ("name", &self.name),
            ("provider", &self.provider),
            ("handle", &self.handle),
        ] {
            if let Some(text) = text {
                check_word(faults, place, text);
            }
        }
        check_words(faults, "teams", &self.teams);
    }
}
