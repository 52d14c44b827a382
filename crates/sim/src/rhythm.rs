//! When things happen: how often customers arrive, when the business is open.

use origem_domain::time::{DAY, HOUR, Micros, Timestamp};

use crate::rng::Rng;

/// How fast events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// All events spread over about this long, busy by day and quiet by night. A small number of events keeps the pace of a
    /// small business instead, and ends earlier.
    Over(Micros),
    /// About so many events a minute at any hour, once the first conversations are under way.
    PerMinute(u64),
}

/// Events that one arrival brings about in the end, on average; measured, see the tests of `simulation`.
pub(crate) const EVENTS_PER_ARRIVAL: i64 = 12;

/// The longest mean time between two arrivals of [`Pace::Over`].
const QUIETEST: Micros = HOUR / 3;

/// How busy each local hour is, in thousandths of the mean.
const BUSY: [i64; 24] = [
    250, 150, 100, 80, 80, 120, 300, 600, 1_100, 1_600, 1_800, 1_800, 1_500, 1_500, 1_700, 1_700, 1_700, 1_600, 1_500,
    1_400, 1_300, 1_100, 700, 320,
];

/// Local time of the business is UTC-3.
const OFFSET: Micros = -3 * HOUR;
/// Opening and closing hour, local.
const OPEN: (i64, i64) = (8, 20);

/// The rhythm of a simulation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rhythm {
    gap: Micros,
    daily: bool,
}

impl Rhythm {
    /// The rhythm that gives `events` events at `pace`.
    pub fn new(pace: Pace, events: u64) -> Self {
        match pace {
            Pace::Over(span) => {
                let gap = i128::from(span) * i128::from(EVENTS_PER_ARRIVAL) / i128::from(events.max(1));
                Self {
                    gap: gap.clamp(1, i128::from(QUIETEST)) as i64,
                    daily: true,
                }
            }
            Pace::PerMinute(rate) => {
                let gap = 60_000_000 * EVENTS_PER_ARRIVAL / i64::try_from(rate.max(1)).unwrap_or(i64::MAX);
                Self {
                    gap: gap.max(1),
                    daily: false,
                }
            }
        }
    }

    /// When the next customer arrives after one at `at`.
    pub fn next_arrival(&self, rng: &mut Rng, at: Timestamp) -> Timestamp {
        let gap = rng.between(1, 2 * self.gap + 1);
        at.plus(if self.daily {
            gap * 1_000 / BUSY[hour(at) as usize]
        } else {
            gap
        })
    }

    /// Whether people of the business are at work at `at`.
    pub fn is_open(&self, at: Timestamp) -> bool {
        !self.daily || (OPEN.0..OPEN.1).contains(&hour(at))
    }

    /// `at`, or some time after the next opening if the business is closed then.
    pub fn when_open(&self, rng: &mut Rng, at: Timestamp) -> Timestamp {
        if self.is_open(at) {
            return at;
        }
        let midnight = at.micros() - (at.micros() + OFFSET).rem_euclid(DAY);
        let opening = midnight + OPEN.0 * HOUR + if hour(at) >= OPEN.1 { DAY } else { 0 };
        Timestamp::from_micros(opening + rng.skewed(0, 2 * HOUR))
    }
}

/// The local hour at `at`.
fn hour(at: Timestamp) -> i64 {
    (at.micros() + OFFSET).rem_euclid(DAY) / HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_business_answers_after_the_next_opening() {
        let rhythm = Rhythm::new(Pace::Over(DAY), 1);
        let mut rng = Rng::seeded(1, 1);
        for (asked, from, until) in [
            ("2026-09-24T15:00:00Z", "2026-09-24T15:00:00Z", "2026-09-24T15:00:00Z"),
            ("2026-09-24T23:00:00Z", "2026-09-25T11:00:00Z", "2026-09-25T13:00:00Z"),
            ("2026-09-25T02:59:00Z", "2026-09-25T11:00:00Z", "2026-09-25T13:00:00Z"),
            ("2026-09-25T05:00:00Z", "2026-09-25T11:00:00Z", "2026-09-25T13:00:00Z"),
        ] {
            let read = |text| Timestamp::parse(text).unwrap();
            let answered = rhythm.when_open(&mut rng, read(asked));
            assert!((read(from)..=read(until)).contains(&answered), "{asked}: {answered}");
        }
    }

    #[test]
    fn the_hours_of_a_day_average_to_one() {
        assert_eq!(BUSY.iter().sum::<i64>(), 24_000);
    }
}
