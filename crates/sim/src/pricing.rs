//! What WhatsApp charges, by the rules of the day: what statuses tell under `pricing` and `conversation`.
//!
//! Webhook version 24: `conversation` is told only inside a free entry point window.

use std::collections::BTreeMap;

use origem_domain::time::{DAY, HOUR, Micros, Timestamp};

use crate::business::Category;

/// From 2026-10-01 service messages are charged beyond a monthly tier, and utility also inside the service window.
const SERVICE_CHARGED_FROM: Timestamp = Timestamp::from_seconds(1_790_812_800);
/// From 2026-09-28 a free entry point window grows with each message of the customer, up to seven days.
const ENTRY_GROWS_FROM: Timestamp = Timestamp::from_seconds(1_790_553_600);
/// Free service messages of a number and month.
const TIER: u32 = 1_000;

/// `pricing` of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    /// Whether it is charged.
    pub billable: bool,
    /// `category`.
    pub category: &'static str,
    /// `type`.
    pub kind: &'static str,
}

/// `conversation` of a status: a free entry point session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    /// Its id.
    pub id: u64,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// The free entry point of a conversation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum EntryPoint {
    /// No ad click that could open one.
    #[default]
    None,
    /// A click at this time, and no answer yet.
    Candidate(Timestamp),
    /// Open, since then.
    Open(Session, Timestamp),
}

impl EntryPoint {
    /// The customer clicked an ad and wrote at `at`. An open window stays as it is.
    pub fn clicked(&mut self, at: Timestamp) {
        if self.open_at(at).is_none() {
            *self = Self::Candidate(at);
        }
    }

    /// The customer wrote at `at`.
    pub fn wrote(&mut self, at: Timestamp) {
        if let Self::Open(session, opened) = self
            && at >= ENTRY_GROWS_FROM
            && at < session.ends_at
        {
            session.ends_at = session.ends_at.plus(DAY).min(opened.plus(7 * DAY));
        }
    }

    /// We answered at `at`: the session that answer belongs to. `id` is used if it opens one.
    pub fn answered(&mut self, at: Timestamp, id: u64) -> Option<Session> {
        if let Self::Candidate(clicked) = *self {
            *self = if at.since(clicked) < DAY {
                Self::Open(
                    Session {
                        id,
                        ends_at: at.plus(72 * HOUR),
                    },
                    at,
                )
            } else {
                Self::None
            };
        }
        self.open_at(at)
    }

    fn open_at(&self, at: Timestamp) -> Option<Session> {
        match self {
            Self::Open(session, _) if at < session.ends_at => Some(*session),
            _ => None,
        }
    }
}

/// How many free service messages each number has had this month.
#[derive(Debug, Default)]
pub(crate) struct Tier {
    used: BTreeMap<(usize, i64), u32>,
}

impl Tier {
    /// The price of a service message sent on `number` at `at` inside the service window.
    pub fn service(&mut self, number: usize, at: Timestamp, group: bool) -> Price {
        let free = at < SERVICE_CHARGED_FROM || {
            let used = self.used.entry((number, month(at))).or_default();
            *used += 1;
            *used <= TIER
        };
        Price {
            billable: !free,
            category: if group { "group_service" } else { "service" },
            kind: match (free, group) {
                (false, _) => "regular",
                (true, true) => "free_group_customer_service",
                (true, false) => "free_customer_service",
            },
        }
    }
}

/// The price inside a free entry point window.
pub(crate) const FREE_ENTRY: Price = Price {
    billable: false,
    category: "referral_conversion",
    kind: "free_entry_point",
};

/// The price of a template sent at `at`; `in_window` is whether the customer wrote in the last 24 hours.
pub(crate) fn template(category: Category, at: Timestamp, in_window: bool) -> Price {
    let free = category == Category::Utility && in_window && at < SERVICE_CHARGED_FROM;
    Price {
        billable: !free,
        category: category.name(),
        kind: if free { "free_customer_service" } else { "regular" },
    }
}

/// Months since year 0 of `at`, in UTC. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn month(at: Timestamp) -> i64 {
    let days: Micros = at.micros().div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let month_from_march = (5 * (day - (365 * year + year / 4 - year / 100)) + 2) / 153;
    (era * 400 + year) * 12 + month_from_march + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn months_change_at_midnight() {
        for (before, after) in [
            ("2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z"),
            ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            ("2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z"),
        ] {
            assert_eq!(month(at(before)) + 1, month(at(after)), "{before}");
        }
        assert_eq!(month(at("2026-10-01T00:00:00Z")), month(at("2026-10-31T23:59:59Z")));
    }

    #[test]
    fn service_is_charged_beyond_the_tier_from_october() {
        let mut tier = Tier::default();
        for _ in 0..5_000 {
            assert_eq!(
                tier.service(0, at("2026-09-30T23:00:00Z"), false).kind,
                "free_customer_service"
            );
        }
        for nth in 1..=1_001 {
            let price = tier.service(0, at("2026-10-02T00:00:00Z"), false);
            assert_eq!(price.billable, nth > 1_000);
        }
        assert!(!tier.service(1, at("2026-10-02T00:00:00Z"), false).billable);
        assert!(!tier.service(0, at("2026-11-01T00:00:00Z"), false).billable);
        assert!(template(Category::Utility, at("2026-10-02T00:00:00Z"), true).billable);
        assert!(!template(Category::Utility, at("2026-09-02T00:00:00Z"), true).billable);
    }

    #[test]
    fn an_entry_point_opens_with_the_answer_and_grows_with_the_customer() {
        let mut entry = EntryPoint::default();
        let click = at("2026-10-02T10:00:00Z");
        assert_eq!(entry.answered(click, 1), None);
        entry.clicked(click);
        let session = entry.answered(click.plus(HOUR), 2).unwrap();
        assert_eq!(session.ends_at, click.plus(73 * HOUR));
        entry.wrote(click.plus(2 * HOUR));
        assert_eq!(
            entry.answered(click.plus(3 * HOUR), 3).unwrap().ends_at,
            click.plus(97 * HOUR)
        );
        let mut late = EntryPoint::Candidate(click);
        assert_eq!(late.answered(click.plus(DAY), 4), None);
    }
}
