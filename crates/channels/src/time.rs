//! When something happened, by the provider's time or by ours. Source: reference/meta-platform.md 3.4, contract.md "Time".

use chrono::{DateTime, NaiveDateTime};
use origem_domain::event::TimeSource;
use origem_domain::time::{DAY, Timestamp};

use crate::json::Node;

/// The time of an event and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    /// The time to use.
    pub(crate) at: Timestamp,
    /// Where it comes from.
    pub(crate) source: TimeSource,
    /// The payload should have told it and did not, or told nonsense.
    pub(crate) bad: bool,
}

impl At {
    /// The time of receipt, for payloads that by nature carry no time.
    pub(crate) const fn received(received_at: Timestamp) -> Self {
        Self {
            at: received_at,
            source: TimeSource::Received,
            bad: false,
        }
    }

    /// The time `node` tells, if it is a sensible one, else the time of receipt, marked as bad.
    pub(crate) fn of(node: Option<Node<'_, '_>>, received_at: Timestamp) -> Self {
        Self::told(node.and_then(read), received_at)
    }

    /// The time `text` tells, by the same rule.
    pub(crate) fn of_text(text: &str, received_at: Timestamp) -> Self {
        Self::told(parse(text), received_at)
    }

    fn told(told: Option<Timestamp>, received_at: Timestamp) -> Self {
        match told {
            Some(at) if is_sensible(at, received_at) => Self {
                at,
                source: TimeSource::Payload,
                bad: false,
            },
            _ => Self {
                at: received_at,
                source: TimeSource::Received,
                bad: true,
            },
        }
    }
}

/// The instant a text or number stands for.
pub(crate) fn read(node: Node<'_, '_>) -> Option<Timestamp> {
    parse(&node.scalar()?)
}

/// Reads digits (below 1e11 seconds, below 1e14 milliseconds, else microseconds; a fraction is cut) or ISO 8601, with `Z`,
/// an offset with or without colon, or neither (UTC).
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.is_empty()
        && [whole, fraction]
            .iter()
            .all(|part| part.bytes().all(|b| b.is_ascii_digit()))
    {
        let number: i64 = whole.parse().ok()?;
        return Some(match number {
            number if number < 100_000_000_000 => Timestamp::from_seconds(number),
            number if number < 100_000_000_000_000 => Timestamp::from_millis(number),
            number => Timestamp::from_micros(number),
        });
    }
    let instant = Timestamp::parse(text).or_else(|| {
        let with_offset = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok();
        let micros = with_offset.map(|at| at.timestamp_micros()).or_else(|| {
            let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
            Some(naive.and_utc().timestamp_micros())
        })?;
        Some(Timestamp::from_micros(micros))
    });
    instant.filter(|at| at.micros() > 0)
}

/// Not before 2015 and not more than a day ahead of receipt.
pub(crate) fn is_sensible(at: Timestamp, received_at: Timestamp) -> bool {
    const YEAR_2015: Timestamp = Timestamp::from_seconds(1_420_070_400);
    at >= YEAR_2015 && at <= received_at.plus(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Doc;

    #[test]
    fn times_are_read_in_any_unit_and_spelling() {
        for (json, read_as) in [
            ("1790416800", Some("2026-09-26T10:00:00Z")),
            ("\"1790416800\"", Some("2026-09-26T10:00:00Z")),
            ("1790416800.75", Some("2026-09-26T10:00:00Z")),
            ("1790416800123", Some("2026-09-26T10:00:00.123Z")),
            ("\"1790416800123456\"", Some("2026-09-26T10:00:00.123456Z")),
            ("\"2026-09-26T07:00:00-03:00\"", Some("2026-09-26T10:00:00Z")),
            ("\"2026-09-26T10:00:00+0000\"", Some("2026-09-26T10:00:00Z")),
            ("\"2026-09-26T10:00:00.5\"", Some("2026-09-26T10:00:00.500Z")),
            // Not a time, before 2015, more than a day ahead.
            ("\"soon\"", None),
            ("null", None),
            ("-5", None),
            ("1e9", None),
            ("[1790416800]", None),
            ("0", None),
            ("1420070399", None),
            ("1790503201", None),
            ("99999999999999999999999", None),
        ] {
            let received = Timestamp::parse("2026-09-26T10:00:00Z").unwrap();
            let doc = Doc::parse(json.as_bytes()).unwrap();
            let at = At::of(Some(doc.root()), received);
            let text = (at.source == TimeSource::Payload).then(|| at.at.to_string());
            assert_eq!(text.as_deref(), read_as, "{json}");
            assert_eq!(at.bad, read_as.is_none(), "{json}");
        }
    }
}
