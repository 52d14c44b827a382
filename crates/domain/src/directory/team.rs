//! A team: a unit of agents who work on the same channels.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word};

/// A unit of agents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its name, for people.
    pub name: String,
    /// The department it belongs to, by id: what its tickets may be closed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
}

impl Entry for Team {
    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
        if let Some(department) = &self.department {
            check_word(faults, "department", department);
        }
    }
}
