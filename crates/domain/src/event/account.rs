//! Things reported about the business account, preferences and conversions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// An update of the business account: templates, quality, tiers, connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountUpdate {
    /// The provider's name of the update: `message_template_status_update`, ...
    pub field: String,
    /// Its scalar values by name, as text; nested values are in the raw bytes.
    #[serde(flatten)]
    pub values: BTreeMap<String, String>,
}

/// A customer's choice about marketing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// `marketing_messages`.
    pub category: String,
    /// The choice.
    pub value: PreferenceValue,
    /// The sign-up it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signup_id: Option<String>,
}

/// Stop, resume or sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreferenceValue {
    /// No more.
    Stop,
    /// Again.
    Resume,
    /// Signed up.
    Signup,
}

/// A lead or purchase the provider detected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Conversion {
    /// The message it was detected in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `LeadSubmitted`, `Purchase`, ...
    pub name: String,
    /// The ad click it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctwa_clid: Option<String>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What it was worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
}
