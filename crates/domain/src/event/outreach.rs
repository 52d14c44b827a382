//! Outreach: a message that somebody in the business wants sent to a contact. Sending is the channel's; that it was sent is told by
//! `message_sent`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::event::Template;
use crate::time::Timestamp;

/// What is to be sent: a template with the values of its variables, or what somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outreach {
    /// The template, by its id in the directory. Absent: `text` is to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Values of the variables of the template, by the name of their place: `1` for `{{1}}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// What somebody wrote. Absent: the template is to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What was told of it when it was wanted. Absent: nothing was told (imported past).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
}

/// What was told of a message before it was sent: as what it goes out, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offer {
    /// `free_form`, `utility`, `marketing`, `authentication`, `human_agent`, `private_reply`.
    pub way: String,
    /// The template as the directory knew it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// `free`, `rate` or `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<String>,
    /// The list price. Absent: nothing is charged, or the price is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
    /// ISO 4217; goes with the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Until when that holds if nothing else happens. Absent: no end is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Outreach {
    /// What a person reads of it in a thread: what is to be written, else which template.
    #[must_use]
    pub fn gist(&self) -> Option<&str> {
        let template = self.offer.as_ref().and_then(|offer| offer.template.as_ref());
        let name = template.map(|template| template.name.as_str());
        self.text.as_deref().or(name).or(self.template.as_deref())
    }
}
