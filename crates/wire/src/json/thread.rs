//! A row of a thread: a message, the marker of an origin, or something else that happened.

use origem_domain::event::Direction;
use origem_domain::time::Timestamp;
use origem_engine::query;
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Touch;

/// One row of a thread, in order of time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ThreadRow {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `message`, `touch`, `event`.
    pub kind: &'static str,
    /// Of a message: `in` or `out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<&'static str>,
    /// Of a message, or the message that is the evidence of a touch: the provider's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Of a message: `text`, `image`, ...; of an event: its kind, such as `message_reaction`; of a touch: the kind of origin.
    #[serde(rename = "type")]
    pub type_: String,
    /// What a person would read, after edits; absent once deleted. Of a touch: its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Who wrote or did it for the business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The name of that agent, by the directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    /// Of a message: what is attached; absent once deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// Of a message: what it says is not kept, only that it came. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
    /// The message was edited. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// The message was deleted. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// The command was decided too late and changed nothing. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub voided: bool,
    /// The touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touch: Option<Touch>,
}

/// A reference to a medium, which stays with the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attachment {
    /// The provider's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// MIME type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// File name of a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Where it can be fetched for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Attachment {
    fn of(attachment: &query::Attachment) -> Self {
        Self {
            id: attachment.id.clone(),
            mime_type: attachment.mime_type.clone(),
            filename: attachment.filename.clone(),
            url: attachment.url.clone(),
        }
    }
}

impl ThreadRow {
    /// The same with the name of its agent.
    #[must_use]
    pub fn named<'a>(self, name: impl FnOnce(&str) -> Option<&'a str>) -> Self {
        let agent_name = self.agent.as_deref().and_then(name).map(str::to_owned);
        Self { agent_name, ..self }
    }

    /// A row of a thread.
    #[must_use]
    pub fn of(row: &query::ThreadRow) -> Self {
        match row {
            query::ThreadRow::Message {
                key,
                direction,
                id,
                kind,
                text,
                agent,
                attachment,
                withheld,
                edited,
                revoked,
            } => Self {
                direction: Some(match direction {
                    Direction::In => "in",
                    Direction::Out => "out",
                }),
                message_id: id.clone(),
                text: text.clone(),
                agent: agent.clone(),
                attachment: attachment.as_ref().map(Attachment::of),
                withheld: *withheld,
                edited: *edited,
                revoked: *revoked,
                ..Self::new(key.at, "message", kind)
            },
            query::ThreadRow::Touch(view) => Self {
                message_id: view.message_id.clone(),
                text: Some(view.touch.origin.label().to_owned()),
                touch: Some(Touch::of(view)),
                ..Self::new(view.touch.at, "touch", view.touch.origin.kind.name())
            },
            query::ThreadRow::Event {
                key,
                kind,
                text,
                agent,
                voided,
            } => Self {
                text: text.clone(),
                agent: agent.clone(),
                voided: *voided,
                ..Self::new(key.at, "event", kind)
            },
        }
    }

    fn new(at: Timestamp, kind: &'static str, type_: &str) -> Self {
        Self {
            at,
            kind,
            direction: None,
            message_id: None,
            type_: type_.to_owned(),
            text: None,
            agent: None,
            agent_name: None,
            attachment: None,
            withheld: false,
            edited: false,
            revoked: false,
            voided: false,
            touch: None,
        }
    }
}
