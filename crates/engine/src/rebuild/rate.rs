//! How fast a rebuild is, lately, and how long it will take at that.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The span that counts as lately.
const WINDOW: Duration = Duration::from_secs(30);
/// Samples are no closer than this.
const STEP: Duration = Duration::from_millis(250);

/// What was done by when.
#[derive(Debug, Default)]
pub(super) struct Rate(VecDeque<(Instant, u64)>);

impl Rate {
    /// So much is done by `now`. Gives how much is done in a second; 0 while that cannot be told.
    pub(super) fn at(&mut self, now: Instant, done: u64) -> f64 {
        let is_due = |(last, _): &(Instant, u64)| now.duration_since(*last) >= STEP;
        if self.0.back().is_none_or(is_due) {
            self.0.push_back((now, done));
        }
        // The first sample stays until the next one is as old as the window.
        while self.0.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.0.pop_front();
        }
        let Some((from, before)) = self.0.front() else {
            return 0.0;
        };
        let seconds = now.duration_since(*from).as_secs_f64();
        if seconds > 0.0 {
            done.saturating_sub(*before) as f64 / seconds
        } else {
            0.0
        }
    }
}

/// Seconds for what is left at a rate; `None` while there is no rate.
pub(super) fn eta(left: u64, rate: f64) -> Option<f64> {
    (rate > 0.0).then(|| left as f64 / rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_last_half_minute() {
        let (start, mut rate) = (Instant::now(), Rate::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        // seconds, done, rate
        for (seconds, done, expected) in [
            (0, 0, 0.0),
            (10, 1_000, 100.0),
            (20, 2_000, 100.0),
            (40, 4_000, 100.0),
            (60, 4_000, 50.0),
            (80, 4_000, 0.0),
        ] {
            assert_eq!(rate.at(at(seconds), done), expected, "{seconds}");
        }
        assert_eq!((eta(500, 100.0), eta(500, 0.0)), (Some(5.0), None));
    }
}
