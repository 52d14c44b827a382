//! A plan: what an account may use, and how many customers it is meant for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word};

/// What an account has booked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its name, for people.
    pub name: String,
    /// Features by name, on or off; a feature that is not named is on. For whoever offers the plan to read: no route asks them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, bool>,
    /// Customers with a message in a calendar month that it is meant for. Told beside the count, never enforced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_active_customers: Option<u64>,
}

impl Plan {
    /// Whether a feature is booked. Told, never enforced.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.get(feature).copied().unwrap_or(true)
    }
}

impl Entry for Plan {
    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
        for feature in self.features.keys() {
            check_word(faults, "features", feature);
        }
    }
}
