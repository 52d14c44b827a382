//! An agent: somebody who answers customers.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word, check_words};
use crate::access::Role;

/// Somebody who answers customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The name that customers and colleagues see.
    pub name: String,
    /// What the agent may do: `agent` (default), `manager`, `administrator`.
    #[serde(default)]
    pub role: Role,
    /// The teams the agent works in, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Left, or away for good: gets no tickets any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inactive: bool,
}

impl Entry for Agent {
    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
        check_words(faults, "teams", &self.teams);
        if matches!(self.role, Role::Operator | Role::Producer) {
            faults.add(
                "role",
                "an agent is `agent`, `manager` or `administrator`; machines and operators have keys",
            );
        }
    }
}
