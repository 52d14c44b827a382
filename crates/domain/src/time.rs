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
