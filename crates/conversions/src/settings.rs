//! What is sent where, and how.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use origem_domain::event::{Channel, ChannelKind};
use origem_domain::time::{DAY, Micros, Timestamp};

use crate::conversion::Destination;
use crate::pace::Pace;
use crate::rule::Rule;

/// How conversions are made and sent.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What becomes a conversion; the first that holds counts.
    pub rules: Vec<Rule>,
    /// From when on destinations that are new are told; `None`: from the moment they are first configured.
    pub since: Option<Timestamp>,
    /// Decide and keep, and send nothing.
    pub dry_run: bool,
    /// The currency of values that name none.
    pub currency: Option<String>,
    /// How long settled conversions are kept.
    pub keep: Micros,
    /// Meta.
    pub meta: Option<MetaSettings>,
    /// A server of the business.
    pub webhook: Option<WebhookSettings>,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How failures slow sending down.
    pub pace: Pace,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            since: None,
            dry_run: false,
            currency: None,
            keep: 90 * DAY,
            meta: None,
            webhook: None,
            timeout: Duration::from_secs(30),
            pace: Pace::default(),
        }
    }
}

impl Settings {
    /// Whether a destination is configured.
    #[must_use]
    pub const fn has(&self, destination: Destination) -> bool {
        match destination {
            Destination::Meta => self.meta.is_some(),
            Destination::Webhook => self.webhook.is_some(),
        }
    }

    /// The destinations that are configured.
    pub fn destinations(&self) -> impl Iterator<Item = Destination> {
        Destination::ALL
            .into_iter()
            .filter(|destination| self.has(*destination))
    }
}

/// Meta's Conversions API for Business Messaging. Source: reference/meta-platform.md 6.1.
#[derive(Debug, Clone)]
pub struct MetaSettings {
    /// Where the Graph API is, with its version: `https://graph.facebook.com/v25.0`.
    pub url: String,
    /// An access token that may write events.
    pub token: Token,
    /// Where the events of a channel go: `None` as the id is any channel of the kind.
    pub datasets: BTreeMap<(ChannelKind, Option<String>), Dataset>,
    /// The names of events that Meta takes.
    pub events: Vec<String>,
    /// What Meta calls whoever sends.
    pub partner_agent: String,
    /// Events are shown in the test tool of Meta and count nowhere.
    pub test_event_code: Option<String>,
    /// How long before a conversion the click on the ad may have been.
    pub click_age_max: Micros,
    /// Events of one request at most.
    pub batch_max: usize,
}

impl MetaSettings {
    /// The names of Meta's guide.
    pub const EVENTS: [&'static str; 14] = [
        "Purchase",
        "LeadSubmitted",
        "InitiateCheckout",
        "AddToCart",
        "ViewContent",
        "OrderCreated",
        "OrderShipped",
        "OrderDelivered",
        "OrderCanceled",
        "OrderReturned",
        "CartAbandoned",
        "QualifiedLead",
        "RatingProvided",
        "ReviewProvided",
    ];

    /// Where the events of a channel go; `None`: nowhere.
    #[must_use]
    pub fn dataset(&self, channel: &Channel) -> Option<&Dataset> {
        let own = self.datasets.get(&(channel.kind, Some(channel.id.clone())));
        own.or_else(|| self.datasets.get(&(channel.kind, None)))
    }
}

/// A dataset of Meta's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its id.
    pub id: String,
    /// The id of the WhatsApp Business account, for WhatsApp; of the page or the Instagram account where that is not the channel's own.
    pub business: Option<String>,
}

/// A server of the business. Requests are signed as Standard Webhooks has it.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Where.
    pub url: String,
    /// What requests are signed with; `whsec_` and base64, or any text.
    pub secret: Token,
}

/// A token or secret. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}
