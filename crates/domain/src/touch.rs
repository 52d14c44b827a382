//! A touch: one origin observed at one instant.

use serde::{Deserialize, Serialize};

use crate::event::{ChannelKind, Via};
use crate::fact::{ClickFact, Hint, SortKey};
use crate::key::{TicketId, TouchId};
use crate::position::Position;
use crate::rules::Rule;
use crate::time::Timestamp;

/// What kind of origin. Source: design.md 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the table of design.md 6 is in docs/origins.md
pub enum OriginKind {
    Ad,
    WhatsappCampaign,
    NewMessage,
    BulkMessage,
    Crm,
    Link,
    Hashtag,
    Comment,
    Takeover,
    Organic,
    Unknown,
}

impl OriginKind {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ad => "ad",
            Self::WhatsappCampaign => "whatsapp_campaign",
            Self::NewMessage => "new_message",
            Self::BulkMessage => "bulk_message",
            Self::Crm => "crm",
            Self::Link => "link",
            Self::Hashtag => "hashtag",
            Self::Comment => "comment",
            Self::Takeover => "takeover",
            Self::Organic => "organic",
            Self::Unknown => "unknown",
        }
    }
}

/// The platform an origin is seen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Platform {
    Facebook,
    Instagram,
    Whatsapp,
    Webchat,
    Unknown,
}

impl Platform {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Whatsapp => "whatsapp",
            Self::Webchat => "webchat",
            Self::Unknown => "unknown",
        }
    }

    /// The platform a channel is on.
    #[must_use]
    pub const fn of(channel: ChannelKind) -> Self {
        match channel {
            ChannelKind::Whatsapp => Self::Whatsapp,
            ChannelKind::Instagram => Self::Instagram,
            ChannelKind::Messenger => Self::Facebook,
            ChannelKind::Webchat => Self::Webchat,
        }
    }
}

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The best explanation at hand, with little behind it.
    Guess,
    /// The usual case, with exceptions known.
    Likely,
    /// The evidence says so itself.
    Certain,
}

impl Confidence {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guess => "guess",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// The identifier a customer entered by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Entry {
    /// An ad, or a boosted post, by id or link.
    Ad(String),
    /// An ordinary post or medium, by id.
    Post(String),
    /// A custom link, by code or `ref`.
    Link(String),
    /// A hashtag.
    Hashtag(String),
}

/// An origin: what a touch says apart from when, where in the log and in which ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What kind.
    pub kind: OriginKind,
    /// On which platform, where that means something.
    pub platform: Option<Platform>,
    /// How sure the platform is.
    pub platform_confidence: Option<Confidence>,
    /// By what way: `web`, `app`, `post`, `salesforce`, ...
    pub via: Option<String>,
    /// The identifier the customer entered by.
    pub entry: Option<Entry>,
    /// The campaign.
    pub campaign_id: Option<String>,
    /// The ad.
    pub ad: Option<Box<AdReference>>,
    /// The click of a link.
    pub click: Option<Box<ClickFact>>,
    /// How sure the kind is.
    pub confidence: Confidence,
    /// The rule that says so.
    pub rule: Rule,
    /// The operator's rule that says that it answers a dispatch, and of which campaign.
    pub recognised_by: Option<String>,
}

/// An ad as the evidence tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AdReference {
    /// Its id.
    pub id: Option<String>,
    /// Its click id.
    pub ctwa_clid: Option<String>,
    /// Its headline as shown.
    pub headline: Option<String>,
    /// Its link.
    pub source_url: Option<String>,
    /// Its image.
    pub image_url: Option<String>,
}

impl Origin {
    /// An origin of `kind` by `rule` with nothing else known.
    #[must_use]
    pub fn new(kind: OriginKind, rule: Rule, confidence: Confidence) -> Self {
        Self {
            kind,
            platform: None,
            platform_confidence: None,
            via: None,
            entry: None,
            campaign_id: None,
            ad: None,
            click: None,
            confidence,
            rule,
            recognised_by: None,
        }
    }

    /// The same by a way.
    #[must_use]
    pub fn via(self, via: &Via) -> Self {
        Self {
            via: Some(via.name().to_owned()),
            ..self
        }
    }

    /// What people call it, in Brazilian Portuguese. Source: design.md 6.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match (self.kind, self.platform) {
            (OriginKind::Ad, Some(Platform::Facebook)) => "Campanha Facebook",
            (OriginKind::Ad, Some(Platform::Instagram)) => "Campanha Instagram",
            (OriginKind::Ad, _) => "Campanha Meta",
            (OriginKind::WhatsappCampaign, _) => "Campanha WhatsApp",
            (OriginKind::NewMessage, _) => "Nova mensagem",
            (OriginKind::BulkMessage, _) => "Múltiplos destinatários",
            (OriginKind::Crm, _) => "Integração CRM",
            (OriginKind::Link, _) => "Link",
            (OriginKind::Hashtag, _) => "Hashtag",
            (OriginKind::Comment, Some(Platform::Instagram)) => "Comentário Instagram",
            (OriginKind::Comment, _) => "Comentário Facebook",
            (OriginKind::Takeover, _) => "Assumir atendimento",
            (OriginKind::Organic, _) => "Orgânico",
            (OriginKind::Unknown, _) => "Desconhecido",
        }
    }

    /// What makes two observations the same origin within one interaction: same ad and click, same hashtag, same link,
    /// same campaign. `None` for origins that have no identity of their own.
    #[must_use]
    pub(crate) fn mark(&self) -> Option<String> {
        match self.kind {
            OriginKind::Ad => {
                let ad = self.ad.as_deref()?;
                let id = ad
                    .id
                    .as_deref()
                    .or(ad.source_url.as_deref())
                    .or(ad.headline.as_deref())
                    .unwrap_or_default();
                Some(format!("ad\0{id}\0{}", ad.ctwa_clid.as_deref().unwrap_or_default()))
            }
            OriginKind::Link | OriginKind::Hashtag => match self.entry.as_ref()? {
                Entry::Link(value) => Some(format!("link\0{value}")),
                Entry::Hashtag(value) => Some(format!("hashtag\0{value}")),
                Entry::Ad(_) | Entry::Post(_) => None,
            },
            OriginKind::WhatsappCampaign | OriginKind::BulkMessage | OriginKind::Crm => Some(format!(
                "{}\0{}\0{}",
                self.kind.name(),
                self.via.as_deref().unwrap_or_default(),
                self.campaign_id.as_deref().unwrap_or_default()
            )),
            OriginKind::Comment => self.entry.as_ref().map(|entry| format!("comment\0{entry:?}")),
            OriginKind::NewMessage | OriginKind::Takeover | OriginKind::Organic | OriginKind::Unknown => None,
        }
    }
}

/// One origin observed at one instant, with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// Made from the evidence.
    pub id: TouchId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub origin: Origin,
    /// Where the event stands in the log.
    pub position: Position,
    /// Where its fact stands in the ledger.
    pub fact: SortKey,
    /// The ticket it happened in; `None` before any was open. See [`crate::ticket::Ticket::adopts`].
    pub ticket: Option<TicketId>,
    /// What else the same message gives evidence of; precedence picked `origin`.
    pub also: Vec<Origin>,
    /// What of the message's text the catalogue may know.
    pub hint: Option<Box<Hint>>,
}
