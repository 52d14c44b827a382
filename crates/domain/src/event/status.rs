//! What a provider reports about a message of ours.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A report on a message of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The message; absent for a Messenger watermark, which covers everything up to the event's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// How far it came.
    pub state: DeliveryState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ProviderError>,
    /// What it cost, in the provider's terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
    /// The provider's conversation it was counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ProviderConversation>,
    /// What the sender asked to be told back: our correlation key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_data: Option<String>,
}

/// How far a message came, in order; `Failed` wins over `Sent` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Accepted by the provider.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Read.
    Read,
    /// Listened to.
    Played,
    /// Not delivered, and will not be.
    Failed,
    /// Deleted by us (on-premises API).
    Deleted,
    /// Delivered with a warning (on-premises API).
    Warning,
}

impl DeliveryState {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
            Self::Warning => "warning",
        }
    }
}

/// An error a provider reported.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProviderError {
    /// The provider's number for it.
    pub code: i64,
    /// Short text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Longer text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
}

/// The price category of a message, as reported.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pricing {
    /// Per message or per conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<PricingModel>,
    /// `regular`, `free_customer_service`, `free_entry_point`, `free_group_customer_service`. The meaning depends on the
    /// date: reference/meta-platform.md 1.7.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `marketing`, `utility`, `authentication`, `authentication_international`, `service`, `referral_conversion`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// `paid_exempt`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// Whether the provider charges; to be retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billable: Option<bool>,
}

/// How a provider charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PricingModel {
    /// Per message.
    Pmp,
    /// Per conversation, until 2025-06-30.
    Cbp,
    /// Per notification, before that.
    Nbp,
}

/// The provider's own session a message was counted in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProviderConversation {
    /// The provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What opened it: `referral_conversion`, `service`, `marketing`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}
