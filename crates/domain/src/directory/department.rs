//! A department: how tickets of its teams are closed.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word, check_words};

/// Teams that close tickets in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Its name, for people.
    pub name: String,
    /// The classifications its tickets may be closed with, by id; none named: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classifications: Vec<String>,
    /// A ticket is closed only with a classification and with what that requires.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub full_closing: bool,
}

impl Entry for Department {
    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
        check_words(faults, "classifications", &self.classifications);
    }
}
