//! How long to wait before trying again: doubling, spread out so that what failed together does not come back together.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// How failures slow sending down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The rest of a destination after its first failure in a row; doubles.
    pub rest: Duration,
    /// The longest rest. What a destination asks for itself is kept to as well, up to `wait_max`.
    pub rest_max: Duration,
    /// The wait of a conversion after its first failure; doubles.
    pub wait: Duration,
    /// The longest wait.
    pub wait_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rest: Duration::from_secs(1),
            rest_max: Duration::from_secs(5 * 60),
            wait: Duration::from_secs(10),
            wait_max: Duration::from_secs(3600),
        }
    }
}

impl Pace {
    /// How long a destination rests after its `failures`-th failure in a row.
    pub(crate) fn rest_after(&self, failures: u32, seed: &str) -> Duration {
        doubled(self.rest, self.rest_max, failures, seed)
    }

    /// How long a conversion waits after its `attempts`-th attempt.
    pub(crate) fn wait_after(&self, attempts: u32, seed: &str) -> Duration {
        doubled(self.wait, self.wait_max, attempts, seed)
    }
}

/// `first` doubled with each attempt after the first, up to `max`; of that, a half and a share of the other half that `seed`
/// decides. No chance is needed for that: what is spread are different conversions, and different attempts of one.
fn doubled(first: Duration, max: Duration, attempts: u32, seed: &str) -> Duration {
    let whole = first.saturating_mul(1 << attempts.saturating_sub(1).min(30)).min(max);
    let hash = Sha256::digest(format!("{seed} {attempts}"));
    whole / 2 + whole.mul_f64(f64::from(hash[0]) / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_are_spread() {
        let pace = Pace::default();
        for (attempts, whole) in [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (4_000_000_000, 3600)] {
            let whole = Duration::from_secs(whole);
            let wait = pace.wait_after(attempts, "a");
            assert!(wait >= whole / 2 && wait <= whole, "{attempts}: {wait:?}");
            assert_eq!(wait, pace.wait_after(attempts, "a"), "{attempts}");
        }
        let waits: std::collections::BTreeSet<Duration> =
            (0..50).map(|seed: u32| pace.wait_after(5, &seed.to_string())).collect();
        assert!(waits.len() > 25, "{waits:?}");
    }
}
