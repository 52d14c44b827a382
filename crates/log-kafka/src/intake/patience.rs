//! How long intake waits after something went wrong. No clock of its own: the time is told.

use std::time::{Duration, Instant};

/// After a transaction that did not go through: at first it is mostly a group that moved partitions.
const AFTER_FAILURE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// After somebody else took the name of our transactions. An instance that is being replaced is gone soon; one that stays
/// gets the name back now and then, and in between everything goes to the other.
const AFTER_THEFT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// After so long the next theft is the first again: longer than two instances with one name work in turns.
const CALM: Duration = Duration::from_secs(180);

/// Waits twice as long each time, from the first to the longest.
#[derive(Debug)]
struct Doubling {
    first: Duration,
    longest: Duration,
    next: Duration,
}

/// What went wrong lately.
#[derive(Debug)]
pub(super) struct Patience {
    failures: Doubling,
    thefts: Doubling,
    last_theft: Option<Instant>,
}

impl Doubling {
    fn new((first, longest): (Duration, Duration)) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    fn take(&mut self) -> Duration {
        let taken = self.next;
        self.next = (taken * 2).min(self.longest);
        taken
    }

    fn begin_again(&mut self) {
        self.next = self.first;
    }
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            failures: Doubling::new(AFTER_FAILURE),
            thefts: Doubling::new(AFTER_THEFT),
            last_theft: None,
        }
    }

    /// Something went through.
    pub(super) fn succeeded(&mut self) {
        self.failures.begin_again();
    }

    /// How long to wait after a transaction that did not go through.
    pub(super) fn failed(&mut self) -> Duration {
        self.failures.take()
    }

    /// How long to wait after somebody else took the name of our transactions at `now`.
    pub(super) fn robbed(&mut self, now: Instant) -> Duration {
        let calm = |last: Instant| now.saturating_duration_since(last) >= CALM;
        if self.last_theft.replace(now).is_some_and(calm) {
            self.thefts.begin_again();
        }
        self.thefts.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_theft_is_waited_for_longer_until_there_was_none_for_a_while() {
        // When it happened and how long is waited, seconds.
        for told in [
            &[
                (0, 1),
                (2, 2),
                (5, 4),
                (10, 8),
                (20, 16),
                (40, 32),
                (80, 60),
                (200, 60),
                (379, 60),
            ][..],
            &[(0, 1), (10, 2), (190, 1), (191, 2)],
        ] {
            let (start, mut patience) = (Instant::now(), Patience::new());
            let waits: Vec<(u64, u64)> = told
                .iter()
                .map(|(at, _)| (*at, patience.robbed(start + Duration::from_secs(*at)).as_secs()))
                .collect();
            assert_eq!(waits, told);
        }
    }

    #[test]
    fn each_failure_is_waited_for_longer_until_something_goes_through() {
        let mut patience = Patience::new();
        let waits: Vec<u128> = (0..8).map(|_| patience.failed().as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_600, 3_200, 5_000]);
        patience.succeeded();
        assert_eq!(patience.failed().as_millis(), 50);
    }
}
