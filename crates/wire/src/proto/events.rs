//! An event in protobuf: from the domain's, back, and as the JSON of producers, which is what intake reads.

mod from_domain;
mod to_domain;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use origem_codec::json::EventJson;
use origem_domain::event::{self as domain, ChannelKind, DEFAULT_ACCOUNT, TimeSource};
use origem_domain::time::Timestamp;
use prost::Message as _;
use serde_json::{Value, json};

use crate::proto::Event;
use crate::proto::read::{NotUnderstood, time, word};

impl Event {
    /// The message of an event.
    #[must_use]
    pub fn of(event: &domain::Event) -> Self {
        from_domain::event(event)
    }

    /// The event. What may be left out gets its default, the time that of receipt; aliases are as they came.
    ///
    /// # Errors
    /// [`NotUnderstood`] if channel, body or a required part of it is missing, or a word or time makes no sense.
    pub fn to_domain(&self, received_at: Timestamp) -> Result<domain::Event, NotUnderstood> {
        let (occurred_at, time_source) = match &self.occurred_at {
            Some(at) => (time("occurred_at", at)?, self.source_of_time()?),
            None => (received_at, TimeSource::Received),
        };
        Ok(domain::Event {
            account: self.account.clone().unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
            channel: self.channel_told()?,
            contact: self.contact.as_ref().map(to_domain::contact).transpose()?,
            group: self.group.clone().map(|group| domain::Group { id: group.id }),
            occurred_at,
            time_source,
            dedup_key: self.dedup_key.clone().unwrap_or_default(),
            provider: self.provider.clone(),
            oddities: self.oddities.clone(),
            body: to_domain::body(self.body.as_ref().ok_or(NotUnderstood::Missing("body"))?)?,
        })
    }

    fn channel_told(&self) -> Result<domain::Channel, NotUnderstood> {
        self.channel
            .as_ref()
            .ok_or(NotUnderstood::Missing("channel"))?
            .to_domain()
    }

    fn source_of_time(&self) -> Result<TimeSource, NotUnderstood> {
        let told = self.time_source.as_deref();
        told.map_or(Ok(TimeSource::Payload), |told| word("time_source", told))
    }

    /// One line of JSON as producers write it: what a delivery of source `event` holds. A message that is no event gives an
    /// `unrecognised` one with the reason, and the message itself as `raw_base64`.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.read_json()
            .unwrap_or_else(|reason| self.unrecognised(&reason, &self.encode_to_vec()))
    }

    fn read_json(&self) -> Result<String, NotUnderstood> {
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

    fn unrecognised(&self, reason: &NotUnderstood, bytes: &[u8]) -> String {
        let channel = self.channel_told().unwrap_or(domain::Channel {
            kind: ChannelKind::Whatsapp,
            id: "unknown".to_owned(),
        });
        let mut value = json!({
            "kind": "unrecognised",
            "channel": channel,
            "reason": format!("not an event: {reason}"),
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
