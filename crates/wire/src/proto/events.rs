//! An event in protobuf: from the domain's, back, and as the JSON of producers, which is what intake reads.

mod from_domain;
mod to_domain;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use origem_codec::json::EventJson;
use origem_domain::event::{self as domain, ChannelKind, DEFAULT_ACCOUNT, TimeSource};
use origem_domain::time::Timestamp;
use prost::Message as _;
use serde::de::value::Error as ValueError;
use serde_json::{Value, json};

use crate::proto::{Event, NotATime};

/// Why a message is not an event; what it says becomes the reason of an `unrecognised` event.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotAnEvent {
    /// The bytes are not the message.
    #[error("not an event: the bytes are not an encoded origem.api.v1.Event")]
    Undecodable(#[from] prost::DecodeError),
    /// A field that every such event has is not set.
    #[error("not an event: `{0}` is missing")]
    Missing(&'static str),
    /// A word nobody knows.
    #[error("not an event: `{field}`: {source}")]
    Word {
        /// Which field.
        field: &'static str,
        /// Which words there are.
        source: ValueError,
    },
    /// A time that is none.
    #[error("not an event: `{field}`: {source}")]
    Time {
        /// Which field.
        field: &'static str,
        /// Why.
        source: NotATime,
    },
}

impl Event {
    /// The message of an event.
    #[must_use]
    pub fn of(event: &domain::Event) -> Self {
        from_domain::event(event)
    }

    /// The event. What may be left out gets its default, the time that of receipt; aliases are as they came.
    ///
    /// # Errors
    /// [`NotAnEvent`] if channel, body or a required part of it is missing, or a word or time makes no sense.
    pub fn to_domain(&self, received_at: Timestamp) -> Result<domain::Event, NotAnEvent> {
        let (occurred_at, time_source) = match &self.occurred_at {
            Some(at) => (to_domain::time("occurred_at", at)?, self.source_of_time()?),
            None => (received_at, TimeSource::Received),
        };
        Ok(domain::Event {
            account: self.account.clone().unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
            channel: to_domain::channel(self.channel.as_ref())?,
            contact: self.contact.as_ref().map(to_domain::contact).transpose()?,
            group: self.group.clone().map(|group| domain::Group { id: group.id }),
            occurred_at,
            time_source,
            dedup_key: self.dedup_key.clone().unwrap_or_default(),
            provider: self.provider.clone(),
            oddities: self.oddities.clone(),
            body: to_domain::body(self.body.as_ref().ok_or(NotAnEvent::Missing("body"))?)?,
        })
    }

    fn source_of_time(&self) -> Result<TimeSource, NotAnEvent> {
        let told = self.time_source.as_deref();
        told.map_or(Ok(TimeSource::Payload), |word| to_domain::word("time_source", word))
    }

    /// One line of JSON as producers write it: what a delivery of source `event` holds. A message that is no event gives an
    /// `unrecognised` one with the reason, and the message itself as `raw_base64`.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.read_json()
            .unwrap_or_else(|reason| self.unrecognised(&reason, &self.encode_to_vec()))
    }

    fn read_json(&self) -> Result<String, NotAnEvent> {
        let event = self.to_domain(Timestamp::default())?;
        let mut value = EventJson::new(&event, None).value();
        if let Value::Object(members) = &mut value {
            // What was left out is intake's to fill in: it knows the account and the time of receipt.
            if self.account.is_none() {
                members.remove("account");
            }
            if self.occurred_at.is_none() {
                members.remove("occurred_at");
                members.remove("time_source");
            }
        }
        Ok(value.to_string())
    }

    fn unrecognised(&self, reason: &NotAnEvent, bytes: &[u8]) -> String {
        let channel = to_domain::channel(self.channel.as_ref()).unwrap_or(domain::Channel {
            kind: ChannelKind::Whatsapp,
            id: "unknown".to_owned(),
        });
        let mut value = json!({
            "kind": "unrecognised",
            "channel": channel,
            "reason": reason.to_string(),
            "raw_base64": BASE64_STANDARD.encode(bytes),
        });
        if let Some(account) = &self.account {
            value["account"] = json!(account);
        }
        value.to_string()
    }
}

/// As [`Event::to_json`], of the encoded message: bytes that are none are kept too.
#[must_use]
pub fn json_of_bytes(bytes: &[u8]) -> String {
    let (message, read) = match Event::decode(bytes) {
        Ok(message) => {
            let read = message.read_json();
            (message, read)
        }
        Err(error) => (Event::default(), Err(error.into())),
    };
    read.unwrap_or_else(|reason| message.unrecognised(&reason, bytes))
}

#[cfg(test)]
mod tests;
