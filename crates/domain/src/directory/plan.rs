//! A plan: what an account may use, and how many customers it is meant for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word};

/// Something that a plan may leave out. Which routes need which is said in the crate `access`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// What agents do with tickets, and the counts of their queue.
    Queue,
    /// Custom links, their pictures and numbers. Whoever follows one is led on all the same.
    Links,
    /// The catalogue of campaigns and ads.
    Campaigns,
    /// Reports, and the ad spend that they reckon with.
    Reports,
    /// What became of sales that are told to others.
    Conversions,
    /// Session windows, and what can be sent.
    Windows,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Queue,
        Self::Links,
        Self::Campaigns,
        Self::Reports,
        Self::Conversions,
        Self::Windows,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Links => "links",
            Self::Campaigns => "campaigns",
            Self::Reports => "reports",
            Self::Conversions => "conversions",
            Self::Windows => "windows",
        }
    }
}

/// What an account has booked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its name, for people.
    pub name: String,
    /// Features by name, on or off; a feature that is not named is on. Entries of before may have names that are no [`Feature`]'s:
    /// they are told, and switch nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, bool>,
    /// Customers with a message in a calendar month that it is meant for. Told beside the count, never enforced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_active_customers: Option<u64>,
}

impl Plan {
    /// Whether a feature is booked.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.features.get(feature.name()).copied().unwrap_or(true)
    }
}

impl Entry for Plan {
    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
        for told in self.features.keys() {
            // A name with a typo would switch nothing off in silence.
            if Feature::ALL.iter().all(|feature| feature.name() != told) {
                let names = Feature::ALL.map(Feature::name).join(", ");
                faults.add("features", format!("`{told}` is no feature: there are {names}"));
            }
        }
    }
}
