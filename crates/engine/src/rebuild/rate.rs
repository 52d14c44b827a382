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
pub(super) fn eta(left: f64, rate: f64) -> Option<f64> {
    (rate > 0.0).then(|| left / rate)
}

/// What is left of a rebuild, while records are folded: these, and the comparison that comes then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    /// Conversations to compare.
    conversations: u64,
    /// Records that are loaded in the time that it takes to compare one of them.
    each: f64,
    /// Records in a second that loads got through before, if that is known.
    expected: Option<f64>,
    /// Records in a second while most of them are loaded.
    loading: f64,
}

impl Ahead {
    /// What comparing takes where nobody has measured it: between five and eight on conversations of nine events.
    const EACH: f64 = 6.0;
    /// What loads took before counts as much as this part of the one that is under way: the speed of its beginning alone says little,
    /// for whatever else the disk has to do then.
    const EXPECTED: f64 = 0.3;

    /// So many conversations are to be compared; `each`: as [measured](Self::measured) before; `expected`: records in a second that
    /// loads got through before.
    pub(super) fn new(conversations: u64, each: Option<f64>, expected: Option<f64>) -> Self {
        Self {
            conversations,
            each: each
                .filter(|each| each.is_finite() && *each >= 0.0)
                .unwrap_or(Self::EACH),
            expected: expected.filter(|expected| expected.is_finite() && *expected > 0.0),
            loading: 0.0,
        }
    }

    /// So many records of `all` are left, at that rate lately; `is_loading`: it is the rate of most of them. Gives seconds until all
    /// is compared.
    pub(super) fn left(&mut self, records: u64, all: u64, rate: f64, is_loading: bool) -> Option<f64> {
        if is_loading || self.loading == 0.0 {
            let done = 1.0 - records as f64 / all.max(1) as f64;
            self.loading = self.blended(rate, done);
        }
        let rate = if is_loading { self.loading } else { rate };
        Some(eta(records as f64, rate)? + self.comparing()?)
    }

    /// The rate that what is left is taken to go on at, after so much of a load is done at that one: the mean of both times.
    fn blended(&self, rate: f64, done: f64) -> f64 {
        match self.expected {
            Some(expected) if rate > 0.0 => (done + Self::EXPECTED) / (done / rate + Self::EXPECTED / expected),
            _ => rate,
        }
    }

    /// Seconds for the comparison; `None` while nothing was folded.
    pub(super) fn comparing(&self) -> Option<f64> {
        eta(self.conversations as f64 * self.each, self.loading)
    }

    /// What to expect of the next rebuild, after so many conversations were compared in that time; `None` if that says nothing.
    pub(super) fn measured(&self, compared: u64, took: Duration) -> Option<f64> {
        const ENOUGH: u64 = 1_000;
        let is_enough = compared >= ENOUGH && self.loading > 0.0;
        is_enough.then(|| took.as_secs_f64() * self.loading / compared as f64)
    }
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
        assert_eq!((eta(500.0, 100.0), eta(500.0, 0.0)), (Some(5.0), None));
    }

    #[test]
    fn what_was_done_before_it_began_is_no_speed() {
        let (start, mut rate) = (Instant::now(), Rate::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        for (seconds, done, expected) in [(0, 9_000, 0.0), (10, 9_100, 10.0), (20, 9_200, 10.0)] {
            assert_eq!(rate.at(at(seconds), done), expected, "{seconds}");
        }
    }

    #[test]
    fn what_is_left_has_the_comparison_in_it_at_the_speed_of_the_load() {
        // 2,000 conversations, each compared in the time of three records.
        let mut ahead = Ahead::new(2_000, Some(3.0), None);
        // records left, their rate, still loading, seconds
        for (records, rate, is_loading, expected) in [
            (9_000, 0.0, true, None),
            (9_000, 1_000.0, true, Some(15.0)),
            (4_000, 2_000.0, true, Some(5.0)),
            // What was appended meanwhile is folded more slowly; comparing is not for that.
            (100, 50.0, false, Some(5.0)),
            (0, 50.0, false, Some(3.0)),
        ] {
            assert_eq!(
                ahead.left(records, 10_000, rate, is_loading),
                expected,
                "{records} at {rate}"
            );
        }
        assert_eq!(ahead.comparing(), Some(3.0));
        assert_eq!(ahead.measured(2_000, Duration::from_secs(2)), Some(2.0));
        assert_eq!(ahead.measured(10, Duration::from_secs(2)), None);
        assert_eq!(Ahead::new(1, Some(f64::NAN), None).each, Ahead::EACH);
    }

    #[test]
    fn what_loads_took_before_counts_most_in_the_beginning() {
        let left = |records, rate, expected| Ahead::new(0, None, expected).left(records, 1_000, rate, true);
        // Of a thousand records, at ten a second lately.
        for (records, expected, seconds) in [
            (1_000, Some(20.0), 50.0),
            (700, Some(20.0), 52.5),
            (700, Some(10.0), 70.0),
            (700, Some(0.0), 70.0),
            (700, None, 70.0),
            (0, Some(20.0), 0.0),
        ] {
            let told = left(records, 10.0, expected).unwrap();
            assert!((told - seconds).abs() < 1e-9, "{records} left, {expected:?}: {told}");
        }
        assert_eq!(left(1_000, 0.0, Some(20.0)), None, "nothing moves yet");
    }
}
