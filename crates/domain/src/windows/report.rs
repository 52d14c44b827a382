//! What a provider's report on a message of ours says of windows and prices.

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::event::{DeliveryState, PricingModel, Status};
use crate::key::Key;
use crate::time::Timestamp;

/// The customer's last message was more than 24 hours ago; 470 is the old number of the same.
const CARE_CLOSED: [i64; 2] = [131_047, 470];
/// The customer stopped marketing.
const MARKETING_STOPPED: i64 = 131_050;

/// A price category, as reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the provider's
pub enum Category {
    Service,
    Utility,
    Marketing,
    Authentication,
    ReferralConversion,
    /// Whatever the business began, until 2023-05-31.
    BusinessInitiated,
    Other,
}

impl Category {
    /// The category of that name, as events have it.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "service" | "user_initiated" => Self::Service,
            "utility" => Self::Utility,
            "marketing" | "marketing_lite" => Self::Marketing,
            "authentication" | "authentication_international" => Self::Authentication,
            "referral_conversion" => Self::ReferralConversion,
            "business_initiated" => Self::BusinessInitiated,
            _ => Self::Other,
        }
    }

    /// Whether the category of that name has the rate of authentication abroad; `None` if it is no authentication.
    #[must_use]
    pub fn is_international(name: &str) -> Option<bool> {
        match name {
            "authentication" => Some(false),
            "authentication_international" => Some(true),
            _ => None,
        }
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Utility => "utility",
            Self::Marketing => "marketing",
            Self::Authentication => "authentication",
            Self::ReferralConversion => "referral_conversion",
            Self::BusinessInitiated => "business_initiated",
            Self::Other => "other",
        }
    }
}

/// How a message was priced, as reported; the meaning depends on the date. Source: reference/meta-platform.md 1.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the provider's
pub enum PricingKind {
    Regular,
    FreeCustomerService,
    FreeEntryPoint,
    Other,
    /// It would have its rate, but the business is exempt.
    Exempt,
}

impl PricingKind {
    /// The kind that type and subtype tell. What is free anyway needs no exemption.
    #[must_use]
    pub fn of(kind: Option<&str>, subtype: Option<&str>) -> Option<Self> {
        match (kind, subtype) {
            (Some("free_customer_service"), _) => Some(Self::FreeCustomerService),
            (Some("free_entry_point"), _) => Some(Self::FreeEntryPoint),
            (_, Some("paid_exempt")) => Some(Self::Exempt),
            (Some("regular"), _) => Some(Self::Regular),
            (Some(_), _) => Some(Self::Other),
            (None, _) => None,
        }
    }
}

/// The part of a report that windows and prices need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// The message, for whoever folds; kept beside it in the fact.
    #[serde(skip)]
    pub message: Option<Key>,
    /// How far it came; as `message`.
    #[serde(skip)]
    pub state: Option<DeliveryState>,
    /// How it was priced.
    pub kind: Option<PricingKind>,
    /// By message or by conversation.
    pub model: Option<PricingModel>,
    /// What it was: the origin of the conversation it was counted in, else its price category.
    pub category: Option<Category>,
    /// The provider says that it charges; to be retired by it.
    pub billable: Option<bool>,
    /// It was counted in a conversation of the provider.
    pub in_conversation: bool,
    /// Which one.
    pub conversation: Option<Key>,
    /// When that ends.
    pub expires_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<i64>,
}

impl Report {
    /// What a status says; `None` if nothing of windows and prices.
    #[must_use]
    pub fn of(status: &Status) -> Option<Self> {
        let pricing = status.pricing.as_ref();
        let conversation = status.conversation.as_ref();
        let origin = conversation.and_then(|conversation| conversation.origin.as_deref());
        let category = origin.or_else(|| pricing.and_then(|pricing| pricing.category.as_deref()));
        let report = Self {
            message: None,
            state: None,
            kind: pricing.and_then(|pricing| PricingKind::of(pricing.kind.as_deref(), pricing.subtype.as_deref())),
            model: pricing.and_then(|pricing| pricing.model),
            category: category.map(Category::named),
            billable: pricing.and_then(|pricing| pricing.billable),
            in_conversation: conversation.is_some(),
            conversation: conversation.and_then(|conversation| conversation.id.as_deref().map(id)),
            expires_at: conversation.and_then(|conversation| conversation.expires_at),
            error: status.error.as_ref().map(|error| error.code),
        };
        let says_something = pricing.is_some() || conversation.is_some() || status.error.is_some();
        says_something.then_some(report)
    }

    /// The report on a message that came so far.
    #[must_use]
    pub fn on(self, message: Option<Key>, state: DeliveryState) -> Self {
        Self {
            message,
            state: Some(state),
            ..self
        }
    }

    /// The message was sent at the time of the report.
    pub(super) fn is_sent(&self) -> bool {
        self.state == Some(DeliveryState::Sent)
    }

    /// The message failed because the customer service window was closed.
    pub(super) fn closes_care(&self) -> bool {
        self.error.is_some_and(|code| CARE_CLOSED.contains(&code))
    }

    /// The message failed because the customer stopped marketing.
    pub(super) fn stops_marketing(&self) -> bool {
        self.error == Some(MARKETING_STOPPED)
    }

    /// Whether the message was free by a free entry point; `None` if that is not told. The type decides, the category only
    /// where there is no type. Source: reference/meta-platform.md 1.7.
    pub(super) fn by_entry_point(&self) -> Option<bool> {
        match (self.kind, self.category) {
            (Some(PricingKind::FreeEntryPoint), _) | (None, Some(Category::ReferralConversion)) => Some(true),
            (Some(PricingKind::Regular | PricingKind::FreeCustomerService | PricingKind::Exempt), _) => Some(false),
            _ => None,
        }
    }

    /// The message is a delivered service message that counts against the number's monthly thousand. Source: design.md 8.
    #[must_use]
    pub fn counts_as_service(&self) -> bool {
        let delivered = matches!(
            self.state,
            Some(DeliveryState::Delivered | DeliveryState::Read | DeliveryState::Played)
        );
        let kind = matches!(
            self.kind,
            Some(PricingKind::Regular | PricingKind::FreeCustomerService | PricingKind::Exempt)
        );
        delivered && kind && self.category == Some(Category::Service)
    }
}

/// An id of the provider's, which names nobody, in eight bytes.
fn id(text: &str) -> Key {
    Key(SipHasher13::new().hash(text.as_bytes()))
}
