//! The rules of session windows as data: lengths of time by date, and who pays for what by date.
//!
//! Lengths are chosen by the time of the event in UTC, for the fold knows no account. Tariffs are chosen by the date in the
//! account's time zone. Source: reference/meta-platform.md 4.

use crate::time::{DAY, HOUR, Micros, Timestamp};
use crate::zone::{Date, Zone};

/// How long the customer service window, and the standard window of Messenger and Instagram, stays open after the customer's
/// last message. Source: reference/meta-platform.md 4.2, 4.6.
pub const CARE: Micros = 24 * HOUR;

/// How long a person may answer with the tag `HUMAN_AGENT` after the customer's last message. Source: 4.6.
pub const HUMAN_AGENT: Micros = 7 * DAY;

/// How long a comment may be answered in private, once. Source: 4.6.
pub const PRIVATE_REPLY: Micros = 7 * DAY;

/// How long a conversation of the time before prices per message lasted. Source: 4.4.
pub const CONVERSATION: Micros = 24 * HOUR;

/// Service messages delivered free a month and number, from 2026-10-01. Source: 4.4.
pub const SERVICE_FREE_PER_MONTH: u32 = 1_000;

/// From here on they are counted: 2026-10-01 has begun in the first time zone.
pub const SERVICE_COUNTED_FROM: Timestamp = Timestamp::from_seconds(1_790_762_400); // 2026-09-30T10:00:00Z

/// No time zone is still in the day before 2025-07-01 at this instant: reports that do not tell their model are of
/// conversations before it.
pub const CONVERSATIONS_UNTIL: Timestamp = Timestamp::from_seconds(1_751_371_200); // 2025-07-01T12:00:00Z

/// The free entry point window as it was at an instant. Source: reference/meta-platform.md 4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRules {
    /// How long it surely lasts from our answer on.
    pub base: Micros,
    /// How long it may last; beyond the base only the provider knows.
    pub longest: Micros,
    /// How long after the click our answer opens it.
    pub reply: Micros,
    /// The time to answer grows with the service window when the customer writes again.
    pub reply_follows_care: bool,
}

const ENTRY: &[(Timestamp, EntryRules)] = &[
    (
        Timestamp::MIN,
        EntryRules {
            base: 24 * HOUR,
            longest: 24 * HOUR,
            reply: 24 * HOUR,
            reply_follows_care: false,
        },
    ),
    (
        Timestamp::from_seconds(1_677_628_800), // 2023-03-01
        EntryRules {
            base: 72 * HOUR,
            longest: 72 * HOUR,
            reply: 24 * HOUR,
            reply_follows_care: false,
        },
    ),
    (
        Timestamp::from_seconds(1_790_553_600), // 2026-09-28
        EntryRules {
            base: 72 * HOUR,
            longest: 168 * HOUR,
            reply: 24 * HOUR,
            reply_follows_care: true,
        },
    ),
];

impl EntryRules {
    /// The rules in force at `at`: the last that had begun.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        let begun = ENTRY.iter().rev().find(|(from, _)| *from <= at);
        begun.unwrap_or(&ENTRY[0]).1
    }
}

/// What a service message costs: free text inside the customer service window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// It belongs to a conversation, of which the first thousand a month and account are free.
    Conversations,
    /// Nothing.
    Free,
    /// Nothing for the first thousand delivered a month and number, then the service rate.
    Metered,
}

/// Who pays for what from a date on. Source: reference/meta-platform.md 4.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tariff {
    /// The date it begins, which is its name.
    pub name: &'static str,
    /// The same date.
    from: Date,
    /// What counts is the message; before, the conversation of 24 hours.
    pub per_message: bool,
    /// Free text.
    pub service: Service,
    /// Utility templates inside the customer service window are free.
    pub utility_free_in_care: bool,
}

const TARIFFS: &[Tariff] = &[
    Tariff {
        name: "before 2023-06-01",
        from: (1970, 1, 1),
        per_message: false,
        service: Service::Conversations,
        utility_free_in_care: false,
    },
    Tariff {
        name: "2023-06-01",
        from: (2023, 6, 1),
        per_message: false,
        service: Service::Conversations,
        utility_free_in_care: false,
    },
    Tariff {
        name: "2024-11-01",
        from: (2024, 11, 1),
        per_message: false,
        service: Service::Free,
        utility_free_in_care: false,
    },
    Tariff {
        name: "2025-07-01",
        from: (2025, 7, 1),
        per_message: true,
        service: Service::Free,
        utility_free_in_care: true,
    },
    Tariff {
        name: "2026-10-01",
        from: (2026, 10, 1),
        per_message: true,
        service: Service::Metered,
        utility_free_in_care: false,
    },
];

/// The tariffs by the instants at which they begin in one time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: Zone,
    begins: Vec<Timestamp>,
}

impl Calendar {
    /// That of a time zone.
    #[must_use]
    pub fn of(zone: Zone) -> Self {
        let begins = TARIFFS.iter().map(|tariff| zone.midnight(tariff.from));
        Self {
            zone,
            begins: begins.map(|begins| begins.unwrap_or(Timestamp::MIN)).collect(),
        }
    }

    /// Its time zone.
    #[must_use]
    pub const fn zone(&self) -> Zone {
        self.zone
    }

    /// The tariff in force at `at`.
    #[must_use]
    pub fn tariff(&self, at: Timestamp) -> &'static Tariff {
        let begun = self.begins.partition_point(|begins| *begins <= at);
        &TARIFFS[begun.saturating_sub(1)]
    }

    /// When the next tariff after `at` begins; `None` if none is known.
    #[must_use]
    pub fn next(&self, at: Timestamp) -> Option<Timestamp> {
        self.begins.iter().copied().find(|begins| *begins > at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tariff_begins_at_midnight_of_the_account() {
        let at = |text| Timestamp::parse(text).unwrap();
        for (zone, instant, tariff) in [
            ("UTC", "2023-05-31T23:59:59Z", "before 2023-06-01"),
            ("UTC", "2023-06-01T00:00:00Z", "2023-06-01"),
            ("UTC", "2024-11-01T00:00:00Z", "2024-11-01"),
            ("-03:00", "2025-07-01T02:59:59Z", "2024-11-01"),
            ("-03:00", "2025-07-01T03:00:00Z", "2025-07-01"),
            ("UTC", "2026-09-30T23:59:59Z", "2025-07-01"),
            ("UTC", "2026-10-01T00:00:00Z", "2026-10-01"),
            ("Asia/Tokyo", "2026-09-30T15:00:00Z", "2026-10-01"),
        ] {
            let zone = Zone::parse(zone).unwrap();
            assert_eq!(
                Calendar::of(zone).tariff(at(instant)).name,
                tariff,
                "{instant} in {zone}"
            );
        }
        let calendar = Calendar::of(Zone::UTC);
        assert_eq!(
            calendar.next(at("2026-01-01T00:00:00Z")),
            Some(at("2026-10-01T00:00:00Z"))
        );
        assert_eq!(calendar.next(at("2026-10-01T00:00:00Z")), None);
    }

    #[test]
    fn entry_rules_begin_on_their_dates() {
        let at = |text| Timestamp::parse(text).unwrap();
        for (instant, base, longest, follows) in [
            ("2023-02-28T23:59:59Z", 24, 24, false),
            ("2023-03-01T00:00:00Z", 72, 72, false),
            ("2026-09-27T23:59:59Z", 72, 72, false),
            ("2026-09-28T00:00:00Z", 72, 168, true),
        ] {
            let rules = EntryRules::at(at(instant));
            let told = (rules.base / HOUR, rules.longest / HOUR, rules.reply_follows_care);
            assert_eq!(told, (base, longest, follows), "{instant}");
        }
        assert_eq!(SERVICE_COUNTED_FROM, at("2026-09-30T10:00:00Z"));
        assert_eq!(CONVERSATIONS_UNTIL, at("2025-07-01T12:00:00Z"));
    }
}
