//! A classification: how a ticket ended.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word};

/// How a ticket ended: a closing code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// Its name, for people.
    pub name: String,
    /// What it means for the business.
    #[serde(default, skip_serializing_if = "Outcome::is_none")]
    pub outcome: Outcome,
    /// Where a department closes in full: a value and its currency must be told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requires_value: bool,
    /// Where a department closes in full: a note must be told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requires_note: bool,
}

/// What an end means for the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Neither: a question was answered, a number was wrong.
    #[default]
    None,
    /// The customer bought.
    Won,
    /// The customer did not buy.
    Lost,
}

impl Outcome {
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's skip_serializing_if hands a reference
    fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl Entry for Classification {
    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
    }
}
