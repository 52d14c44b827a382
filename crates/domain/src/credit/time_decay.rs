//! `time_decay`: a touch weighs half as much for every half-life that it is older than another. Age is in whole days before the win.
//!
//! The weights of a half-life are a table made by multiplication and bisection, whose results are the same on every machine, which
//! is not promised of powers.

use super::Touchpoint;
use crate::time::{DAY, Timestamp};

/// The weight of a touch that has not decayed. Halved some forty times before it is nothing: far beyond what could be seen.
const FRESH: f64 = (1_u64 << 40) as f64;

/// What is left after so many days.
#[derive(Debug, Clone, PartialEq)]
pub struct Decay {
    /// By days within one half-life.
    within: Vec<u64>,
}

impl Decay {
    /// Decay to the half in so many days; in one where 0 is told.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most 2^40, never below 0
    pub fn by_half_life(days: u16) -> Self {
        let daily = root_of_half(days.max(1));
        let left = std::iter::successors(Some(FRESH), |left| Some(left * daily));
        let within = left.take(usize::from(days.max(1))).map(|left| left.round() as u64);
        Self {
            within: within.collect(),
        }
    }

    pub(super) fn weights<P>(&self, path: &[Touchpoint<P>], won_at: Timestamp) -> Vec<u64> {
        let days = |touch: &Touchpoint<P>| won_at.since(touch.at).max(0) / DAY;
        // Only differences count, so the newest is fresh: there is always somebody to get the credit.
        let newest = path.iter().map(days).min().unwrap_or_default();
        path.iter().map(|touch| self.after(days(touch) - newest)).collect()
    }

    fn after(&self, days: i64) -> u64 {
        let days = usize::try_from(days).unwrap_or_default();
        let halvings = u32::try_from(days / self.within.len()).unwrap_or(u32::MAX);
        self.within[days % self.within.len()]
            .checked_shr(halvings)
            .unwrap_or_default()
    }
}

impl Default for Decay {
    /// Seven days.
    fn default() -> Self {
        Self::by_half_life(7)
    }
}

/// The number that is one half when multiplied with itself so many times.
fn root_of_half(times: u16) -> f64 {
    let power = |base: f64| (0..times).fold(1.0, |product, _| product * base);
    let (mut low, mut high) = (0.5, 1.0);
    // Each step adds a bit to the result; there are 53.
    for _ in 0..53 {
        let middle = (low + high) / 2.0;
        if power(middle) < 0.5 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_left_after_every_half_life() {
        for half_life in [1, 2, 7, 30, 365] {
            let decay = Decay::by_half_life(half_life);
            let days = i64::from(half_life);
            assert_eq!(decay.after(0), 1 << 40);
            assert_eq!(decay.after(days), 1 << 39, "{half_life}");
            assert_eq!(decay.after(3 * days), 1 << 37, "{half_life}");
            assert_eq!(decay.after(41 * days), 0, "{half_life}");
            // The square of what is left after half of it is a half.
            let left = decay.after(days / 2) as f64 / FRESH;
            let expected = 0.5_f64.powf((days / 2) as f64 / days as f64);
            assert!(
                (left - expected).abs() < 1e-9,
                "{half_life}: {left} instead of {expected}"
            );
        }
        assert_eq!(Decay::by_half_life(0), Decay::by_half_life(1));
    }
}
