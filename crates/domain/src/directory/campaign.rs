//! A campaign: what origins of ads, links and dispatches belong to.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_url, check_word};
use crate::time::Timestamp;

/// A campaign. Its id is the one that events name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Its name, for people.
    pub name: String,
    /// What it is, in the business's own word: `dispatch`, `ads`, `flyer`, ...
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// When it was sent, or began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatched_at: Option<Timestamp>,
    /// A picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Where its system shows it. Told to managers and administrators only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard_url: Option<String>,
}

impl Entry for Campaign {
    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
        check_url(faults, "image_url", self.image_url.as_deref());
        check_url(faults, "dashboard_url", self.dashboard_url.as_deref());
    }
}
