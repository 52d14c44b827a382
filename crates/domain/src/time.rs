//! Instants as the log stores them. No clock is read here: "now" always comes in as a value.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant: microseconds since 1970-01-01T00:00:00Z. RFC 3339 in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A length of time in microseconds, never negative by convention of its users.
pub type Micros = i64;

/// One hour in microseconds.
pub const HOUR: Micros = 3_600_000_000;
/// One day in microseconds.
pub const DAY: Micros = 24 * HOUR;

/// A length of time as people write it, a whole number with its unit: `90s`, `30m`, `12h`, `7d`, `2w`. `None` if it is not one.
#[must_use]
pub fn parse_length(text: &str) -> Option<Micros> {
    let unit = text.chars().last()?;
    let length = match unit {
        's' => HOUR / 3_600,
        'm' => HOUR / 60,
        'h' => HOUR,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: Micros = digits.parse().ok().filter(|_| is_number)?;
    count.checked_mul(length)
}

impl Timestamp {
    /// The smallest instant; used as an open lower bound.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// The largest instant; used as an open upper bound.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// From microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From milliseconds since the epoch; saturates.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// From seconds since the epoch; saturates.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by `by` microseconds; saturates.
    #[must_use]
    pub const fn plus(self, by: Micros) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// Microseconds from `earlier` to `self`; negative if `earlier` is later; saturates.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Micros {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339 with any offset. `None` if it is not one, or outside the range of `i64` microseconds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(parsed.timestamp_micros()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp_micros(self.0) {
            Some(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(f, "{}us", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format_args!("`{text}` is not an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_a_number_and_a_unit() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("30m", Some(1_800)),
            ("12h", Some(43_200)),
            ("7d", Some(604_800)),
            ("2w", Some(1_209_600)),
            ("0d", Some(0)),
            ("-1d", None),
            ("+1d", None),
            ("1.5h", None),
            ("7", None),
            ("d", None),
            ("7 d", None),
            ("7é", None),
            ("", None),
            ("99999999999999w", None),
        ] {
            assert_eq!(
                parse_length(text),
                seconds.map(|seconds: Micros| seconds * 1_000_000),
                "{text}"
            );
        }
    }

    #[test]
    fn times_are_read_and_written_as_rfc_3339_utc() {
        for (text, written) in [
            ("2026-09-26T10:01:00Z", "2026-09-26T10:01:00Z"),
            ("2026-09-26T07:01:00-03:00", "2026-09-26T10:01:00Z"),
            ("2026-09-26T10:01:00.123456Z", "2026-09-26T10:01:00.123456Z"),
            ("2026-09-26T10:01:00.500Z", "2026-09-26T10:01:00.500Z"),
        ] {
            assert_eq!(
                Timestamp::parse(text).map(|at| at.to_string()).as_deref(),
                Some(written),
                "{text}"
            );
        }
        assert_eq!(Timestamp::parse("yesterday"), None);
    }
}
