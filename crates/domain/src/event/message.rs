//! What people and businesses write to each other: messages and what is done to them, comments, calls.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A message of either side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Message {
    /// The provider's id (wamid, mid, sid); opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `text`, `image`, `button`, `interactive`, `postback`, `unsupported`, ...; the provider's word in snake case.
    #[serde(rename = "type", default = "default_type")]
    pub kind: String,
    /// What a person would read: body, caption, button title. As it came: never trimmed, click codes may hide in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What a machine would read: button id, flow response, postback payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// Id of the message this one answers or quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Reference to an attached medium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// The sender forwarded it from elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
}

fn default_type() -> String {
    "text".to_owned()
}

impl Message {
    /// The type of a message whose content the provider withholds: its evidence cannot be had.
    pub const UNSUPPORTED: &'static str = "unsupported";
}

/// A reference to a medium; Origem never fetches it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Media {
    /// The provider's id of the medium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// File name of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Where it can be fetched for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The customer.
    In,
    /// The business.
    Out,
}

/// By what way a business message was sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Via {
    /// The phone app of a coexistence number, or the inbox of a page.
    App,
    /// The web console.
    Web,
    /// The mobile console.
    Mobile,
    /// An integration that calls the provider's API.
    #[default]
    Api,
    /// The OTO integration.
    Oto,
    /// The Dito integration.
    Dito,
    /// A WhatsApp campaign dispatch.
    Campaign,
    /// One message to several recipients, from the web console.
    BulkWeb,
    /// One message to several recipients, from the mobile console.
    BulkMobile,
    /// A CRM, by its name: `salesforce`, ...
    Crm(String),
}

impl Via {
    /// The name in JSON.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::App => "app",
            Self::Web => "web",
            Self::Mobile => "mobile",
            Self::Api => "api",
            Self::Oto => "oto",
            Self::Dito => "dito",
            Self::Campaign => "campaign",
            Self::BulkWeb => "bulk_web",
            Self::BulkMobile => "bulk_mobile",
            Self::Crm(name) => name,
        }
    }

    /// The way of that name; a name that is none of ours is a CRM's.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "app" => Self::App,
            "web" => Self::Web,
            "mobile" => Self::Mobile,
            "api" => Self::Api,
            "oto" => Self::Oto,
            "dito" => Self::Dito,
            "campaign" => Self::Campaign,
            "bulk_web" => Self::BulkWeb,
            "bulk_mobile" => Self::BulkMobile,
            other => Self::Crm(other.to_owned()),
        }
    }
}

impl Serialize for Via {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Via {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::named(&name))
    }
}

/// What a sent message tells besides its content.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SentDetails {
    /// By what way.
    #[serde(default)]
    pub via: Via,
    /// The agent who wrote it, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The campaign it belongs to, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// The template it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
}

/// A message template, by reference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// `pt_BR`, `en_US`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `marketing`, `utility`, `authentication`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// New content of an earlier message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The message edited.
    pub message_id: String,
    /// The type of the new content.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Deletion of an earlier message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoke {
    /// The message deleted.
    pub message_id: String,
}

/// A reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The message reacted to.
    pub message_id: String,
    /// The emoji; absent when the reaction was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
}

/// A comment on a post or ad.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Comment {
    /// The provider's id.
    pub id: String,
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The Instagram medium commented on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    /// The Facebook post commented on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_id: Option<String>,
    /// The comment this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The ad whose post was commented on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_id: Option<String>,
}

/// A voice call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The provider's id.
    pub id: String,
    /// What happened to it.
    pub event: CallEvent,
    /// Who called.
    pub direction: Direction,
    /// Payload of the deep link that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

/// A step of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEvent {
    /// The caller calls.
    Connect,
    /// It ended, answered or not.
    Terminate,
    /// The called side accepted.
    Accepted,
}
