//! A conversation: one contact on one channel.

use origem_domain::event::{self, Direction};
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::state;
use origem_domain::time::Timestamp;
use origem_engine::Snapshot;
use origem_engine::query::{self, Preview, TouchView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::{Ticket, Touch, Windows};

/// One contact on one channel, as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Conversation {
    /// Its id.
    #[schema(value_type = String, example = "cv_00000000000000ab")]
    pub id: ConversationId,
    /// The tenant.
    pub account: String,
    /// The business address.
    pub channel: Channel,
    /// The customer.
    pub contact: Contact,
    /// The current origin: the latest touch of the current ticket, else of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Touch>,
    /// One conversation: all its touches, in order of time. In lists: the first and the current one, which is all its card
    /// holds; `origins_count` tells how many there are.
    pub origins: Vec<Touch>,
    /// How many touches there are.
    pub origins_count: u32,
    /// The latest ticket, open or finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
    /// What may be sent now, and what it costs. Absent where the shape is of no instant: in topics and in gRPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
    /// Messages and comments of the customer since the business last wrote.
    pub unread: u32,
    /// The latest message of either side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_message_at: Option<Timestamp>,
    /// The latest message of either side, as a list shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_message: Option<LastMessage>,
    /// The latest thing either side did: what lists are ordered by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_activity_at: Option<Timestamp>,
    /// Since when the customer waits for an answer: its first message without one. Absent where it is not our turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub waiting_since: Option<Timestamp>,
    /// The sales stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// How lively the exchange is. Absent where the shape is of no instant: in topics and in gRPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Temperature>,
    /// It is one person's part of a group: no tickets, no origins, in no list. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub group: bool,
    /// The latest event of it.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
}

/// A business address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Channel {
    /// `whatsapp`, `instagram`, `messenger`, `webchat`.
    pub kind: &'static str,
    /// The provider's id of it.
    pub id: String,
}

/// The latest message of a conversation, as it reads now: after edits, and without what was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastMessage {
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `in`, from the customer, or `out`.
    pub direction: &'static str,
    /// `text`, `image`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The beginning of what a person would read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Who wrote it for the business, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// It was deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

impl LastMessage {
    fn of(preview: &Preview) -> Self {
        Self {
            at: preview.at,
            direction: match preview.direction {
                Direction::In => "in",
                Direction::Out => "out",
            },
            kind: preview.kind.clone(),
            text: preview.text.clone(),
            agent: preview.agent.clone(),
            revoked: preview.revoked,
        }
    }
}

/// The customer of a conversation. Contacts are per channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Contact {
    /// Its id: the conversation's number, for there is one contact in it.
    #[schema(example = "ct_00000000000000ab")]
    pub id: String,
    /// What an agent called it, else its profile name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Without `@`. Not an alias: it can change hands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Digits: what an agent wrote, else the latest number seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where a browser or phone opens a chat with that number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://wa.me/5511955550101")]
    pub wa_url: Option<String>,
    /// What an agent wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The first thing either side did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_contact_at: Option<Timestamp>,
    /// The latest word of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_contact_at: Option<Timestamp>,
    /// The latest place that a message of the customer gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Of a chat widget: the page it was opened on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// The host of that page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Where the profile picture can be fetched; renewed at most every seven days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_url: Option<String>,
    /// All aliases ever seen, in the order of their first sight; those that were erased are left out.
    pub aliases: Vec<Alias>,
}

/// A place that a message gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Location {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Latitude and longitude in degrees, as they came.
    #[schema(example = "-23.55,-46.63")]
    pub point: String,
    /// What the place is called, or its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How lively the exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Temperature {
    /// `cold`, `warm` (from 20 degrees on), `hot` (from 60 on).
    pub name: &'static str,
    /// 0 to 100: every word adds, half is lost in two days of silence.
    pub degrees: u32,
}

/// A name under which a provider knows the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Alias {
    /// `bsuid`, `parent_bsuid`, `phone`, `psid`, `igsid`, `lid`, `visitor`.
    pub kind: &'static str,
    /// The name itself.
    pub value: String,
}

impl Conversation {
    /// The same with the names that the directory has for who and what it mentions.
    #[must_use]
    pub fn named(mut self, directory: &Snapshot) -> Self {
        if let Some(ticket) = self.ticket.take() {
            self.ticket = Some(ticket.named(&self.account, directory));
        }
        self
    }

    /// The same with its windows.
    #[must_use]
    pub fn with_windows(self, windows: Windows) -> Self {
        Self {
            windows: Some(windows),
            ..self
        }
    }

    /// The same with its temperature at an instant.
    #[must_use]
    pub fn with_temperature(self, conversation: &query::Conversation, now: Timestamp) -> Self {
        let degrees = conversation.card.state.warmth.degrees(now);
        let name = state::Temperature::of(degrees).name();
        Self {
            temperature: Some(Temperature { name, degrees }),
            ..self
        }
    }

    /// A conversation; `timeline` are all its touches, `None` for a row of a list, which shows those its card holds.
    #[must_use]
    pub fn of(conversation: &query::Conversation, timeline: Option<&[TouchView]>) -> Self {
        let query::Conversation { id, card, .. } = conversation;
        let state = &card.state;
        let origins = match timeline {
            Some(timeline) => timeline.iter().map(Touch::of).collect(),
            None => held(conversation),
        };
        // The timeline knows more of the same touch: its ticket and its message.
        let current = state.landmarks.current();
        let origin = current.and_then(|touch| origins.iter().find(|known: &&Touch| known.id == touch.id).cloned());
        Self {
            id: *id,
            account: card.account.clone(),
            channel: Channel::of(&card.channel),
            contact: Contact::of(conversation),
            origin: origin.or_else(|| current.map(Touch::bare)),
            origins,
            origins_count: state.touches,
            ticket: state.ticket.as_ref().map(Ticket::bare),
            windows: None,
            unread: state.unread,
            last_message_at: state.last_message_at,
            last_message: card.last_message.as_ref().map(LastMessage::of),
            last_activity_at: state.last_activity_at,
            waiting_since: state.waiting_since().filter(|_| !card.group),
            stage: state.stage.clone(),
            lead: state.lead.clone(),
            temperature: None,
            group: card.group,
            position: card.position,
        }
    }
}

/// The touches a card holds: the first and the current one.
fn held(conversation: &query::Conversation) -> Vec<Touch> {
    let landmarks = &conversation.card.state.landmarks;
    let first = landmarks.first();
    let current = landmarks
        .current()
        .filter(|current| first.is_none_or(|first| first.id != current.id));
    first.into_iter().chain(current).map(Touch::bare).collect()
}

impl Channel {
    /// A channel.
    #[must_use]
    pub fn of(channel: &event::Channel) -> Self {
        Self {
            kind: channel.kind.name(),
            id: channel.id.clone(),
        }
    }
}

impl Contact {
    fn of(conversation: &query::Conversation) -> Self {
        let query::Conversation { id, card, identity } = conversation;
        let edited_phone = card.edited.phone.as_ref().map(|seen| seen.value.as_str());
        let aliases = identity.aliases.iter().filter(|known| !known.value.is_empty());
        let phone = edited_phone.or_else(|| identity.phone());
        let page = card.profile.page.as_ref().map(|seen| seen.value.as_str());
        Self {
            id: format!("ct_{:016x}", id.0),
            name: card.shown_name().map(str::to_owned),
            username: card.username.as_ref().map(|seen| seen.value.clone()),
            phone: phone.map(str::to_owned),
            wa_url: phone.map(|digits| format!("https://wa.me/{digits}")),
            email: card.edited.email.as_ref().map(|seen| seen.value.clone()),
            first_contact_at: card.state.first_activity_at,
            last_contact_at: card.state.last_inbound_at,
            location: card.profile.location.as_ref().map(|place| Location {
                at: place.at,
                point: place.point.clone(),
                name: place.name.clone(),
            }),
            page_url: page.map(str::to_owned),
            site: page.and_then(site).map(str::to_owned),
            photo_url: card.profile.photo.as_ref().map(|photo| photo.url.clone()),
            aliases: aliases
                .map(|known| Alias {
                    kind: known.key.kind.name(),
                    value: known.value.clone(),
                })
                .collect(),
        }
    }
}

/// The host in the address of a page.
fn site(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(host.rsplit('@').next().unwrap_or(host)).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::site;

    #[test]
    fn the_site_is_the_host_of_the_page() {
        for (page, host) in [
            ("https://shop.example/a?b", Some("shop.example")),
            ("http://shop.example", Some("shop.example")),
            ("https://user@shop.example:8080/", Some("shop.example:8080")),
            ("shop.example/a", None),
            ("https:///a", None),
        ] {
            assert_eq!(site(page), host, "{page}");
        }
    }
}
