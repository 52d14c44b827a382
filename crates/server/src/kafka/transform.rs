//! What Kafka shows of our records, and what becomes of what producers publish.

use std::borrow::Cow;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use origem_codec as codec;
use origem_domain::partition::key_of;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_engine::{Delivery, Engine, Source};
use origem_log_kafka::{Attributes, Described, Inbound, Outgoing, PROTOBUF, Refusal, Transform};
use origem_wire::proto::json_of_bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use serde_json::value::RawValue;

use crate::command::now;

/// Header of a record that says who wrote it: `meta`, `twilio`, `whatsapp_web`, `event`.
pub const SOURCE: &str = "origem-source";
/// Header of a record that says whose it is.
pub const ACCOUNT: &str = "origem-account";
/// What the types of our events begin with.
const EVENT_TYPE: &str = "origem.event.";
/// The content type of a CloudEvent in structured mode.
const STRUCTURED: &str = "application/cloudevents+json";
/// What was published before this, 2015-01-01, was published by a clock that is wrong.
const EARLIEST: Timestamp = Timestamp::from_seconds(1_420_070_400);

/// Key and CloudEvents attributes of a record of the log.
pub fn describe(record: &[u8]) -> Described {
    // Records come from our own encoder; one that will not decode is kept all the same, and shows nothing.
    let Ok(recorded) = codec::decode_structure(Position::default(), record) else {
        return Described::default();
    };
    let event = &recorded.event;
    let kind = event.body.kind().name();
    Described {
        key: key_of(&event.account, &event.channel).into_bytes(),
        attributes: Attributes {
            id: Some(format!("{kind}-{:016x}", recorded.keys.dedup.0)),
            kind: Some(format!("{EVENT_TYPE}{kind}.v1")),
            source: Some(format!("/{}", key_of(&event.account, &event.channel))),
            time: Some(event.occurred_at.to_string()),
            content_type: Some(PROTOBUF.to_owned()),
            ..Attributes::default()
        },
    }
}

/// Makes records of what producers publish.
pub struct Intake {
    pub engine: Arc<Engine>,
    /// The account of deliveries that name none.
    pub account: String,
}

impl Intake {
    fn records(&self, inbound: &Inbound<'_>, source: Source, body: &[u8]) -> Vec<Outgoing> {
        let header = |name| text(inbound, name);
        let prepared = self.engine.prepare([Delivery {
            source,
            body,
            received_at: received_at(inbound.timestamp, now()),
            account: header(ACCOUNT).unwrap_or(&self.account),
        }]);
        // Counted once, whatever there is in it.
        let unrecognised = prepared.unrecognised() > 0;
        let outgoing = |(index, (partition, record)): (usize, (_, Vec<u8>))| Outgoing {
            partition,
            described: describe(&record),
            record,
            unrecognised: unrecognised && index == 0,
        };
        prepared.into_records().enumerate().map(outgoing).collect()
    }
}

impl Transform for Intake {
    fn transform(&self, inbound: &Inbound<'_>) -> Vec<Outgoing> {
        let Some(value) = inbound.value else {
            // A tombstone: there is nothing to keep.
            return Vec::new();
        };
        let Some(delivered) = Delivered::of(inbound, value) else {
            return self.records(inbound, Source::Meta, value);
        };
        if delivered.is_protobuf() {
            // What is kept beside the event is the JSON that was made of it.
            return self.records(inbound, Source::Event, json_of_bytes(&delivered.value).as_bytes());
        }
        self.records(inbound, delivered.source(inbound), &delivered.value)
    }

    fn refused(&self, inbound: &Inbound<'_>, why: Refusal) -> Vec<Outgoing> {
        let Refusal::TooLarge { limit } = why;
        let place = format!("{}/{}:{}", inbound.topic, inbound.partition, inbound.offset);
        let bytes = inbound.value.map_or(0, <[u8]>::len);
        let instead = json!({"too_large": {"delivery": place, "bytes": bytes, "limit": limit}});
        self.records(inbound, Source::Event, instead.to_string().as_bytes())
    }
}

fn text<'a>(inbound: &Inbound<'a>, name: &str) -> Option<&'a str> {
    let found = inbound
        .headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found
        .and_then(|(_, value)| std::str::from_utf8(value).ok())
        .filter(|value| !value.is_empty())
}

/// A delivery with what its CloudEvents attributes say of it, wherever those stood.
#[derive(Debug, PartialEq, Eq)]
struct Delivered<'a> {
    kind: String,
    content_type: String,
    value: Cow<'a, [u8]>,
}

impl<'a> Delivered<'a> {
    /// What headers say, or in structured mode the value itself; `None` where that makes no sense.
    fn of(inbound: &Inbound<'_>, value: &'a [u8]) -> Option<Self> {
        let told = |attribute: &Option<String>| attribute.clone().unwrap_or_default();
        let content_type = told(&inbound.attributes.content_type);
        if media_type(&content_type) == STRUCTURED {
            return Self::unwrapped(value);
        }
        Some(Self {
            kind: told(&inbound.attributes.kind),
            content_type,
            value: Cow::Borrowed(value),
        })
    }

    /// Of a CloudEvent in structured mode; `None` if it is not one, or has no data.
    fn unwrapped(value: &[u8]) -> Option<Self> {
        let event: Structured<'_> = serde_json::from_slice(value).ok()?;
        let data = match (event.data, event.data_base64) {
            // Data that is no JSON, such as a form, stands as text.
            (Some(data), _) => match serde_json::from_str::<String>(data.get()) {
                Ok(text) => text.into_bytes(),
                Err(_) => data.get().as_bytes().to_vec(),
            },
            (None, Some(text)) => BASE64_STANDARD.decode(text).ok()?,
            (None, None) => return None,
        };
        Some(Self {
            kind: event.kind,
            content_type: event.content_type.unwrap_or_default(),
            value: Cow::Owned(data),
        })
    }

    fn is_protobuf(&self) -> bool {
        [
            "application/protobuf",
            "application/x-protobuf",
            "application/vnd.google.protobuf",
        ]
        .contains(&media_type(&self.content_type))
    }

    /// Who wrote it: its header says, or its CloudEvents type, or the topic, or what it looks like.
    fn source(&self, inbound: &Inbound<'_>) -> Source {
        text(inbound, SOURCE)
            .and_then(Source::named)
            .or(self.kind.starts_with(EVENT_TYPE).then_some(Source::Event))
            .or_else(|| inbound.source.and_then(Source::named))
            .unwrap_or_else(|| self.looks_like())
    }

    /// Only our own events have a kind and a channel at the top; only Twilio sends forms.
    fn looks_like(&self) -> Source {
        #[derive(Deserialize)]
        struct Probe {
            #[serde(rename = "kind")]
            _kind: IgnoredAny,
            #[serde(rename = "channel")]
            _channel: IgnoredAny,
        }
        if self.content_type.starts_with("application/x-www-form-urlencoded") {
            Source::Twilio
        } else if serde_json::from_slice::<Probe>(&self.value).is_ok() {
            Source::Event
        } else {
            Source::Meta
        }
    }
}

fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// When a delivery was published, if that can be: producers' clocks are not ours.
fn received_at(told: Option<Timestamp>, now: Timestamp) -> Timestamp {
    told.filter(|at| (EARLIEST..=now).contains(at)).unwrap_or(now)
}

/// A CloudEvent in structured mode: its attributes stand in the value, beside what it tells.
#[derive(Deserialize)]
struct Structured<'a> {
    #[serde(rename = "specversion")]
    _version: IgnoredAny,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "datacontenttype")]
    content_type: Option<String>,
    #[serde(default, borrow)]
    data: Option<&'a RawValue>,
    data_base64: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_delivery_was_published() {
        let now = EARLIEST.plus(1_000);
        for (told, expected) in [
            (Some(now), now),
            (Some(EARLIEST), EARLIEST),
            (Some(EARLIEST.plus(-1)), now),
            (Some(Timestamp::from_micros(0)), now),
            (Some(now.plus(1)), now),
            (None, now),
        ] {
            assert_eq!(received_at(told, now), expected, "{told:?}");
        }
    }

    #[test]
    fn cloud_events_in_structured_mode() {
        for (value, expected) in [
            (
                r#"{"specversion":"1.0","type":"origem.event.x.v1","data":{"kind":"x", "a":1.0}}"#,
                Some(("origem.event.x.v1", "", r#"{"kind":"x", "a":1.0}"#)),
            ),
            (
                r#"{"specversion":"1.0","type":"t","datacontenttype":"text/plain","data":"From=1"}"#,
                Some(("t", "text/plain", "From=1")),
            ),
            (
                r#"{"specversion":"1.0","type":"t","data_base64":"eyJhIjoxfQ=="}"#,
                Some(("t", "", r#"{"a":1}"#)),
            ),
            (r#"{"specversion":"1.0","type":"t","data_base64":"?"}"#, None),
            (r#"{"specversion":"1.0","type":"t"}"#, None),
            (r#"{"type":"t","data":{}}"#, None),
            ("no JSON", None),
        ] {
            let found = Delivered::unwrapped(value.as_bytes());
            let expected = expected.map(|(kind, content_type, data)| Delivered {
                kind: kind.to_owned(),
                content_type: content_type.to_owned(),
                value: Cow::Borrowed(data.as_bytes()),
            });
            assert_eq!(found, expected, "{value}");
        }
    }
}
