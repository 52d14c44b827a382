//! Sales stages: how far a customer is, in the words of the account.

use serde::{Deserialize, Serialize};

use super::classification::Outcome;

/// A sales stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What events name it by.
    pub id: String,
    /// Its name, for people; absent: consoles have words for the stages every account begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it means for the business.
    #[serde(default)]
    pub outcome: Outcome,
}

/// The stages of an account that names none of its own.
#[must_use]
pub fn usual_stages() -> Vec<Stage> {
    let stages = [
        ("to_contact", Outcome::None),
        ("in_progress", Outcome::None),
        ("won", Outcome::Won),
        ("lost", Outcome::Lost),
    ];
    let stage = |(id, outcome): (&str, Outcome)| Stage {
        id: id.to_owned(),
        name: None,
        outcome,
    };
    stages.map(stage).into()
}
