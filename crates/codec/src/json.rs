//! Events as the JSON of the public contract. The shape of an event is the domain's; here the raw bytes join it.

use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use origem_domain::event::{Body, Event};
use origem_domain::position::Position;
use origem_domain::record::Recorded;
use origem_domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::record::RawParts;

/// An event as JSON; an `unrecognised` one with the bytes it is about as `raw`, or `raw_base64` when they are not UTF-8.
#[derive(Debug, Serialize)]
pub struct EventJson<'a> {
    #[serde(flatten)]
    event: &'a Event,
    #[serde(flatten)]
    raw: RawJson<'a>,
}

impl<'a> EventJson<'a> {
    /// The JSON of `event`, which was read from `raw`; `None`: erased.
    #[must_use]
    pub fn new(event: &'a Event, raw: Option<RawParts<'a>>) -> Self {
        let raw = raw.filter(|_| matches!(event.body, Body::Unrecognised { .. }));
        Self {
            event,
            raw: RawJson::new(raw),
        }
    }

    /// One line of JSON, without a line break.
    #[must_use]
    pub fn line(&self) -> String {
        line(self)
    }

    /// The JSON as a value.
    #[must_use]
    pub fn value(&self) -> Value {
        // Cannot fail: every key is a string and every number finite. Null, should that ever change, beats a panic.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A line of `log export`: a record with the bytes it was read from.
#[derive(Debug, Serialize)]
pub struct ExportLine<'a> {
    position: Position,
    received_at: Timestamp,
    source: &'a str,
    event: EventJson<'a>,
    #[serde(flatten)]
    raw: RawJson<'a>,
}

impl<'a> ExportLine<'a> {
    /// The line of `recorded`, which was read from `raw`; `None`: erased, and absent in the line.
    #[must_use]
    pub fn new(recorded: &'a Recorded, raw: Option<RawParts<'a>>) -> Self {
        Self {
            position: recorded.position,
            received_at: recorded.received_at,
            source: &recorded.source,
            event: EventJson::new(&recorded.event, raw),
            raw: RawJson::new(raw),
        }
    }

    /// One line of JSON, without a line break.
    #[must_use]
    pub fn line(&self) -> String {
        line(self)
    }
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() // as in `value` above
}

/// Bytes as text where they are text.
#[derive(Debug, Default, Serialize)]
struct RawJson<'a> {
    #[serde(rename = "raw", skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(rename = "raw_base64", skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl<'a> RawJson<'a> {
    fn new(parts: Option<RawParts<'a>>) -> Self {
        match parts.map(|parts| (str::from_utf8(parts.raw), parts.raw)) {
            None => Self::default(),
            Some((Ok(text), _)) => Self {
                text: Some(text),
                base64: None,
            },
            Some((Err(_), bytes)) => Self {
                text: None,
                base64: Some(STANDARD.encode(bytes)),
            },
        }
    }
}
