//! An ad: its names, and on which platform it is placed.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_url, check_word};
use crate::time::Timestamp;
use crate::touch::Platform;

/// An ad. Its id is the one that referrals name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ad {
    /// Its names from an instant on, in that order; the first may hold since ever.
    pub names: Vec<AdNames>,
    /// Where it is placed, if that is one platform only: makes what only `fb.me` says certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Where on the platform, in the ads manager's word: `instagram_stories`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<String>,
    /// A picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What an ad and what it belongs to are called from an instant on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdNames {
    /// From when on; absent: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The ad's.
    pub ad: String,
    /// The ad set's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_set: Option<String>,
    /// Id of the ad set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_set_id: Option<String>,
    /// The campaign's, in the ads manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Id of that campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
}

impl Ad {
    /// What it was called at an instant.
    #[must_use]
    pub fn names_at(&self, at: Timestamp) -> Option<&AdNames> {
        let holds = |names: &&AdNames| names.from.is_none_or(|from| from <= at);
        self.names.iter().rev().find(holds).or_else(|| self.names.first())
    }
}

impl Entry for Ad {
    fn check(&self, faults: &mut Faults) {
        if self.names.is_empty() {
            faults.add("names", "an ad must have at least one name");
        }
        for (index, names) in self.names.iter().enumerate() {
            check_word(faults, &format!("names.{index}.ad"), &names.ad);
            let earlier = index.checked_sub(1).and_then(|before| self.names.get(before));
            if earlier.is_some_and(|earlier| names.from <= earlier.from) {
                faults.add(
                    format!("names.{index}.from"),
                    "it must be later than that of the names before",
                );
            }
        }
        if self
            .platform
            .is_some_and(|platform| !matches!(platform, Platform::Facebook | Platform::Instagram))
        {
            faults.add(
                "platform",
                "an ad is placed on `facebook` or `instagram`; leave it out where it is on both",
            );
        }
        check_url(faults, "image_url", self.image_url.as_deref());
        check_url(faults, "url", self.url.as_deref());
    }
}
