//! Temperature: how lively the exchange with a customer is. Every word warms it, silence cools it; told at "now" like windows are.
//!
//! A word of the customer adds 20 degrees, one of ours 5, up to 100; half of what there is is lost in every two days without a word.
//! From 60 on a conversation is hot, from 20 on warm, below that cold. A word that waits for our answer cools too: so does the customer.

use serde::{Deserialize, Serialize};

use crate::time::{DAY, Micros, Timestamp};

/// Half of the warmth is lost in this time.
const HALF_LIFE: Micros = 2 * DAY;
/// Thousandths of a degree, so that sums of small steps do not depend on how they were rounded.
const DEGREE: u32 = 1_000;
const MAX: u32 = 100 * DEGREE;
const CUSTOMER: u32 = 20 * DEGREE;
const BUSINESS: u32 = 5 * DEGREE;

/// The warmth at the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Warmth {
    millidegrees: u32,
    at: Option<Timestamp>,
}

/// A temperature in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temperature {
    /// Below 20 degrees.
    Cold,
    /// From 20 degrees on.
    Warm,
    /// From 60 degrees on.
    Hot,
}

impl Temperature {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Hot => "hot",
        }
    }

    /// What a number of degrees is called.
    #[must_use]
    pub const fn of(degrees: u32) -> Self {
        match degrees {
            0..20 => Self::Cold,
            20..60 => Self::Warm,
            _ => Self::Hot,
        }
    }
}

impl Warmth {
    /// Whole degrees at an instant, 0 to 100.
    #[must_use]
    pub fn degrees(&self, now: Timestamp) -> u32 {
        self.left(now) / DEGREE
    }

    pub(super) fn customer_spoke(&mut self, at: Timestamp) {
        self.add(at, CUSTOMER);
    }

    pub(super) fn business_spoke(&mut self, at: Timestamp) {
        self.add(at, BUSINESS);
    }

    fn add(&mut self, at: Timestamp, more: u32) {
        self.millidegrees = self.left(at).saturating_add(more).min(MAX);
        self.at = Some(at);
    }

    /// In whole numbers only, so that it is the same on any machine: halves for whole half-lives, a straight line between them.
    fn left(&self, now: Timestamp) -> u32 {
        let passed = self.at.map_or(0, |at| now.since(at)).max(0);
        let halves = u32::try_from(passed / HALF_LIFE).unwrap_or(u32::MAX);
        let left = self.millidegrees.checked_shr(halves).unwrap_or_default();
        let rest = passed % HALF_LIFE;
        let lost = i64::from(left) * rest / (2 * HALF_LIFE);
        left - u32::try_from(lost).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;

    #[test]
    fn words_warm_and_silence_cools() {
        // hours and who spoke; then degrees and their name at an hour
        for (words, hour, degrees, name) in [
            (&[][..], 0, 0, "cold"),
            (&[(0, 'c')], 0, 20, "warm"),
            (&[(0, 'b')], 0, 5, "cold"),
            (&[(0, 'c')], 1, 19, "cold"),
            (&[(0, 'c'), (0, 'b'), (0, 'c'), (0, 'b'), (0, 'c')], 0, 70, "hot"),
            (
                &[(0, 'c'), (0, 'c'), (0, 'c'), (0, 'c'), (0, 'c'), (0, 'c')],
                0,
                100,
                "hot",
            ),
            (&[(0, 'c'), (0, 'c')], 24, 30, "warm"),
            (&[(0, 'c'), (0, 'c')], 48, 20, "warm"),
            (&[(0, 'c'), (0, 'c')], 96, 10, "cold"),
            (&[(0, 'c'), (0, 'c'), (48, 'c')], 48, 40, "warm"),
            (&[(0, 'c'), (0, 'c')], 48 * 40, 0, "cold"),
            // Asked for an instant before the last word.
            (&[(10, 'c')], 0, 20, "warm"),
        ] {
            let mut warmth = Warmth::default();
            let at = |hour: i64| Timestamp::from_micros(hour * HOUR);
            for (hour, who) in words {
                match who {
                    'c' => warmth.customer_spoke(at(*hour)),
                    _ => warmth.business_spoke(at(*hour)),
                }
            }
            let told = warmth.degrees(at(hour));
            assert_eq!(
                (told, Temperature::of(told).name()),
                (degrees, name),
                "{words:?} at {hour}"
            );
        }
    }
}
