//! Time zones of accounts: where a month begins and at which instant a dated rule takes effect.

use std::fmt;

use chrono::{DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::time::Timestamp;

/// A calendar date: year, month, day.
pub type Date = (i32, u32, u32);

/// A time zone: a fixed offset such as `-03:00`, or a name of the IANA database such as `America/Sao_Paulo`. As text in
/// every encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// So much east of UTC.
    Fixed(FixedOffset),
    /// By name.
    Named(Tz),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self::Named(Tz::UTC);

    /// Reads `UTC`, `Z`, `-03:00`, `+0530` or a name of the IANA database. `None` if it is none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
            return Some(Self::UTC);
        }
        let offset = text.parse::<FixedOffset>().ok().map(Self::Fixed);
        offset.or_else(|| text.parse::<Tz>().ok().map(Self::Named))
    }

    /// The first instant of a date: midnight, or the end of the hour that was skipped there. `None` for a date there is not.
    #[must_use]
    pub fn midnight(self, (year, month, day): Date) -> Option<Timestamp> {
        NaiveDate::from_ymd_opt(year, month, day).and_then(|date| self.begins(date))
    }

    /// The first instant of the month of `at`.
    #[must_use]
    pub fn month_start(self, at: Timestamp) -> Timestamp {
        let first = self.date(at).and_then(|date| date.with_day(1));
        first.and_then(|first| self.begins(first)).unwrap_or(Timestamp::MIN)
    }

    /// The first instant of the month after that of `at`.
    #[must_use]
    pub fn next_month_start(self, at: Timestamp) -> Timestamp {
        let first = self.date(at).and_then(|date| date.with_day(1));
        let next = first.and_then(|first| first.checked_add_months(Months::new(1)));
        next.and_then(|next| self.begins(next)).unwrap_or(Timestamp::MAX)
    }

    /// The time on the wall at `at`, to the minute, formatted as `chrono` does.
    #[must_use]
    pub fn wall(self, at: Timestamp, format: &str) -> String {
        match self.local(at) {
            Some(local) => local.format(format).to_string(),
            None => at.to_string(),
        }
    }

    fn local(self, at: Timestamp) -> Option<DateTime<FixedOffset>> {
        let utc = DateTime::<Utc>::from_timestamp_micros(at.micros())?;
        Some(match self {
            Self::Fixed(offset) => utc.with_timezone(&offset),
            Self::Named(name) => {
                let local = utc.with_timezone(&name);
                local.with_timezone(&local.offset().fix())
            }
        })
    }

    pub(crate) fn date(self, at: Timestamp) -> Option<NaiveDate> {
        self.local(at).map(|local| local.date_naive())
    }

    fn begins(self, date: NaiveDate) -> Option<Timestamp> {
        // No zone has skipped more than a day at once.
        let minutes = (0..=24 * 60).step_by(15);
        let mut walls = minutes.filter_map(|minute| {
            let time = NaiveTime::from_num_seconds_from_midnight_opt(minute % (24 * 60) * 60, 0)?;
            let date = if minute == 24 * 60 {
                date.checked_add_days(Days::new(1))?
            } else {
                date
            };
            Some(date.and_time(time))
        });
        walls.find_map(|wall| {
            let micros = match self {
                Self::Fixed(offset) => offset.from_local_datetime(&wall).earliest()?.timestamp_micros(),
                Self::Named(name) => name.from_local_datetime(&wall).earliest()?.timestamp_micros(),
            };
            Some(Timestamp::from_micros(micros))
        })
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(offset) => write!(f, "{offset}"),
            Self::Named(name) => f.write_str(name.name()),
        }
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format_args!("`{text}` is no time zone")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_begin_where_the_zone_says() {
        for (zone, date, instant) in [
            ("UTC", (2026, 10, 1), "2026-10-01T00:00:00Z"),
            ("-03:00", (2026, 10, 1), "2026-10-01T03:00:00Z"),
            ("+05:30", (2026, 10, 1), "2026-09-30T18:30:00Z"),
            ("America/Sao_Paulo", (2026, 10, 1), "2026-10-01T03:00:00Z"),
            // Summer time began at midnight, which was skipped.
            ("America/Sao_Paulo", (2018, 11, 4), "2018-11-04T03:00:00Z"),
            ("Europe/Berlin", (2026, 10, 1), "2026-09-30T22:00:00Z"),
        ] {
            let zone = Zone::parse(zone).unwrap();
            assert_eq!(zone.midnight(date).unwrap().to_string(), instant, "{zone}");
            assert_eq!(
                Zone::parse(&zone.to_string()),
                Some(zone),
                "{zone} is read as it is written"
            );
        }
        let zone = Zone::parse("-03:00").unwrap();
        let at = Timestamp::parse("2026-10-01T02:59:59Z").unwrap();
        assert_eq!(zone.month_start(at).to_string(), "2026-09-01T03:00:00Z");
        assert_eq!(zone.next_month_start(at).to_string(), "2026-10-01T03:00:00Z");
        assert_eq!(zone.wall(at, "%d/%m/%Y %H:%M"), "30/09/2026 23:59");
        for none in ["", "Mars/Phobos", "3"] {
            assert_eq!(Zone::parse(none), None, "{none}");
        }
    }
}
