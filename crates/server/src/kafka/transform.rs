//! What Kafka shows of our records, and what becomes of what producers publish.

use std::sync::Arc;

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

use crate::command::now;

/// Header of a record that says who wrote it: `meta`, `twilio`, `whatsapp_web`, `event`.
pub const SOURCE: &str = "origem-source";
/// Header of a record that says whose it is.
pub const ACCOUNT: &str = "origem-account";
/// What the types of our events begin with.
const EVENT_TYPE: &str = "origem.event.";

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
            received_at: received_at(inbound),
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
        if is_protobuf(inbound) {
            return self.records(inbound, Source::Event, json_of_bytes(value).as_bytes());
        }
        self.records(inbound, source_of(inbound, value), value)
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

fn is_protobuf(inbound: &Inbound<'_>) -> bool {
    let content_type = inbound.attributes.content_type.as_deref().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    [
        "application/protobuf",
        "application/x-protobuf",
        "application/vnd.google.protobuf",
    ]
    .contains(&media_type)
}

/// Who wrote a delivery: its header says, or its CloudEvents type, or the topic, or what it looks like.
fn source_of(inbound: &Inbound<'_>, value: &[u8]) -> Source {
    let ours = inbound
        .attributes
        .kind
        .as_deref()
        .is_some_and(|kind| kind.starts_with(EVENT_TYPE));
    text(inbound, SOURCE)
        .and_then(Source::named)
        .or(ours.then_some(Source::Event))
        .or_else(|| inbound.source.and_then(Source::named))
        .unwrap_or_else(|| looks_like(inbound, value))
}

/// Only our own events have a kind and a channel at the top; only Twilio sends forms.
fn looks_like(inbound: &Inbound<'_>, value: &[u8]) -> Source {
    #[derive(Deserialize)]
    struct Probe {
        #[serde(rename = "kind")]
        _kind: IgnoredAny,
        #[serde(rename = "channel")]
        _channel: IgnoredAny,
    }
    let content_type = inbound.attributes.content_type.as_deref().unwrap_or_default();
    if content_type.starts_with("application/x-www-form-urlencoded") {
        Source::Twilio
    } else if serde_json::from_slice::<Probe>(value).is_ok() {
        Source::Event
    } else {
        Source::Meta
    }
}

/// When a delivery was published, unless that lies in the future.
fn received_at(inbound: &Inbound<'_>) -> Timestamp {
    let now = now();
    inbound.timestamp.filter(|at| *at <= now).unwrap_or(now)
}
