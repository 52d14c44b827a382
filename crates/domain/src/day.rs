//! Days of the calendar, as rates and reports name them: a day begins when the account's time zone says so.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::time::Timestamp;
use crate::zone::Zone;

/// A day of the calendar. `2026-10-01` as text in every encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// Reads `YYYY-MM-DD`. `None` for anything else, and for a date there is not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        date.filter(|_| is_shaped).map(Self)
    }

    /// The day of an instant in a time zone. `None` for instants beyond the calendar.
    #[must_use]
    pub fn of(at: Timestamp, zone: Zone) -> Option<Self> {
        zone.date(at).map(Self)
    }

    /// The first day of its month.
    #[must_use]
    pub fn month(self) -> Self {
        self.0.with_day(1).map_or(self, Self)
    }

    /// Its first instant in a time zone.
    #[must_use]
    pub fn begins(self, zone: Zone) -> Timestamp {
        let date = (self.0.year(), self.0.month(), self.0.day());
        zone.midnight(date).unwrap_or(Timestamp::MIN)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format_args!("`{text}` is no date like 2026-10-01")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written_and_begins_by_the_zone() {
        for (text, begins) in [
            ("2026-10-01", Some("2026-10-01T03:00:00Z")),
            ("2024-02-29", Some("2024-02-29T03:00:00Z")),
            ("2026-02-29", None),
            ("2026-1-1", None),
            ("01/10/2026", None),
            ("", None),
        ] {
            let zone = Zone::parse("America/Sao_Paulo").unwrap();
            let day = Day::parse(text);
            assert_eq!(day.map(|day| day.begins(zone).to_string()).as_deref(), begins, "{text}");
            assert!(day.is_none_or(|day| day.to_string() == text), "{text}");
        }
    }
}
