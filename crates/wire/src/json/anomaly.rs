//! Anomalies: events that could not be understood or applied, with what is kept of them, and how many there are.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use origem_codec::json::EventJson;
use origem_domain::event::Kind;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_engine::query::{self, Reason, Tally};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Channel;

/// An event that could not be understood or applied; its bytes are in the log at `position`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Anomaly {
    /// The event.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
    /// `unrecognised`, `bad_time`, `identity_conflict`, `voided`, `no_effect`, `no_contact`, `undecodable`, `not_joined`.
    #[schema(value_type = String)]
    pub reason: Reason,
    /// The kind of event; absent if it cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub kind: Option<Kind>,
    /// When it happened: when it was received where the payload tells no time. Absent if it cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// When it was received; absent if it cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Timestamp>,
    /// Whose; absent if it cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// In which conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
    /// More, for a person; without personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Anomaly {
    /// An anomaly.
    #[must_use]
    pub fn of(anomaly: &query::Anomaly) -> Self {
        Self {
            position: anomaly.position,
            reason: anomaly.reason,
            kind: anomaly.kind,
            at: anomaly.at,
            received_at: anomaly.received_at,
            account: anomaly.account.clone(),
            channel: anomaly.channel.as_ref().map(Channel::of),
            conversation: anomaly.conversation,
            detail: anomaly.detail.clone(),
        }
    }
}

/// What is odd about one event, and all that is kept of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Case {
    /// The event.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
    /// What is odd about it.
    pub anomalies: Vec<Anomaly>,
    /// When it was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Timestamp>,
    /// Who wrote it: `meta`, `twilio`, `whatsapp_web`, `event`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The event as it is kept, as far as it can be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub event: Option<serde_json::Value>,
    /// The exact bytes it was read from, where they are text: of a delivery that holds more, the part this event is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The same where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<String>,
    /// A delivery of the same source that reads as the event again: `raw` in its envelope. Absent where `raw` is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// The same where it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_base64: Option<String>,
    /// Why the record cannot be decoded, or not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The whole record as it stands in the log, where it cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_base64: Option<String>,
    /// `true` if the log does not reach back to it any more: then the anomalies are all there is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

impl Case {
    /// The case of one event.
    #[must_use]
    pub fn of(case: &query::Case) -> Self {
        let told = Self {
            position: case.position,
            anomalies: case.anomalies.iter().map(Anomaly::of).collect(),
            gone: case.kept.is_none(),
            ..Self::default()
        };
        let Some(kept) = &case.kept else { return told };
        let recorded = kept.recorded.as_ref();
        let (raw, raw_base64) = text_or_base64(kept.raw.as_deref());
        let delivery = kept.delivery.as_deref();
        let (delivery, delivery_base64) = text_or_base64(delivery.filter(|_| kept.delivery != kept.raw));
        let record = kept.trouble.as_ref().map(|_| STANDARD.encode(&kept.bytes));
        Self {
            received_at: recorded.map(|recorded| recorded.received_at),
            source: recorded.map(|recorded| recorded.source.clone()),
            event: recorded.map(|recorded| EventJson::new(&recorded.event, None).value()),
            raw,
            raw_base64,
            delivery,
            delivery_base64,
            trouble: kept.trouble.clone(),
            record_base64: record,
            ..told
        }
    }
}

/// Bytes as text, or else in base64.
pub(in crate::json) fn text_or_base64(bytes: Option<&[u8]>) -> (Option<String>, Option<String>) {
    match bytes.map(|bytes| (std::str::from_utf8(bytes), bytes)) {
        None => (None, None),
        Some((Ok(text), _)) => (Some(text.to_owned()), None),
        Some((Err(_), bytes)) => (None, Some(STANDARD.encode(bytes))),
    }
}

/// How many anomalies there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnomalyCounts {
    /// In all.
    pub total: u64,
    /// By reason; every reason is named.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub reasons: BTreeMap<&'static str, u64>,
}

impl AnomalyCounts {
    /// The counts.
    #[must_use]
    pub fn of(tally: &Tally) -> Self {
        Self {
            total: tally.total(),
            reasons: tally.iter().map(|(reason, count)| (reason.name(), count)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_where_they_can_be() {
        for (bytes, expected) in [
            (None, (None, None)),
            (Some(&b"oi"[..]), (Some("oi".to_owned()), None)),
            (Some(&b"\xff\x00"[..]), (None, Some("/wA=".to_owned()))),
        ] {
            assert_eq!(text_or_base64(bytes), expected);
        }
    }
}
