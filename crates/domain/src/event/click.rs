//! A click on a link.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A click on a link of ours, or on a link in a marketing message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Click {
    /// The provider's or our id of the click.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The code that was put into the customer's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The link followed, by its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// `utm_source` and its kin without the prefix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub utm: BTreeMap<String, String>,
    /// `gclid`, `fbclid` and their kin, verbatim.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub click_ids: BTreeMap<String, String>,
    /// Where the link stood: the address of the page without its query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// On what it was followed: `mobile`, `tablet`, `desktop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The same for the same visitor on one day, and for nobody else: a keyed hash of address and browser, which are not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
}
