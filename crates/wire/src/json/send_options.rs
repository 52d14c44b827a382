//! What can be sent to somebody, and what each of it costs.

use origem_domain::windows;
use origem_engine::query;
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::{Channel, Send, Windows};

/// What can be sent to somebody on a channel.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SendOptions {
    /// The tenant.
    pub account: String,
    /// From where it is sent.
    pub channel: Channel,
    /// The conversation there is already. Absent: there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cv_5f1c0a9be3d27764")]
    pub conversation: Option<String>,
    /// The country the contact is charged as, ISO 3166-1 alpha-2. Absent: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "BR")]
    pub country: Option<&'static str>,
    /// What holds for the contact now.
    pub windows: Windows,
    /// Everything that may be sent, the cheapest first.
    pub items: Vec<SendOption>,
}

/// One thing that may be sent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SendOption {
    /// `free_form`, `utility`, `marketing`, `authentication`, `human_agent`, `private_reply`.
    pub way: &'static str,
    /// Which template. Absent: what somebody writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<OfferedTemplate>,
    /// What it costs.
    #[serde(flatten)]
    pub send: Send,
}

/// A template to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OfferedTemplate {
    /// Its id in the directory.
    #[schema(example = "hello.pt_BR")]
    pub id: String,
    /// Its name, by which it is sent.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The text, with the places of its variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl SendOptions {
    /// What can be sent.
    #[must_use]
    pub fn of(told: &query::SendOptions) -> Self {
        let option = |option: &windows::SendOption| SendOption {
            way: option.way.name(),
            template: option.template.as_ref().map(|(id, template)| OfferedTemplate {
                id: id.clone(),
                name: template.name.clone(),
                language: template.language.clone(),
                body: template.body.clone(),
            }),
            send: Send::of(&option.send, &told.windows),
        };
        Self {
            account: told.account.clone(),
            channel: Channel::of(&told.channel),
            conversation: told.conversation.map(|id| id.to_string()),
            country: told.country.map(|country| country.code()),
            windows: Windows::of(&told.windows),
            items: told.options.iter().map(option).collect(),
        }
    }
}
