//! How far a load is, told as records: what its passes cost beside each other is measured by one load and told to the next, so that
//! the time left can be told from the first pass on.

use std::time::{Duration, Instant};

use origem_domain::position::Offset;
use origem_views::meta;
use origem_views::rows::{Changes, Rows};
use serde::{Deserialize, Serialize};

const NOTE: &str = "load_costs";

/// What a load does, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Records are read and resolved.
    Route,
    /// What was resolved is put in order, and made durable if it is much.
    Keep,
    /// Conversations are folded.
    Fold,
    /// Rows are written.
    Write,
}

const PASSES: usize = 4;

/// What the passes of a load cost: nanoseconds of work for a record, about, rests for others' sake left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costs {
    /// Threads that it took.
    lanes: u32,
    passes: [u64; PASSES],
}

/// What is taken where no load was measured yet, in one thread and in several: two took about as long for each of three passes, and in
/// one, folding is taken to last nearly twice as long.
const USUAL: [[u64; PASSES]; 2] = [[50, 2, 90, 60], [50, 2, 50, 60]];

impl Costs {
    /// What a load in so many threads is taken to cost: what the one before did, if it had as many.
    pub(super) fn expected(before: Option<Self>, lanes: usize) -> Self {
        let usual = Self {
            lanes: u32::try_from(lanes).unwrap_or(u32::MAX),
            passes: USUAL[usize::from(lanes > 1)],
        };
        let is_alike = |before: &Self| before.lanes == usual.lanes && before.passes.iter().any(|cost| *cost > 0);
        before.filter(is_alike).unwrap_or(usual)
    }

    /// What views note of the load that made them; `None` if they were not loaded in bulk, or that was interrupted.
    #[must_use]
    pub fn noted(rows: &dyn Rows) -> Option<Self> {
        meta::note(rows, NOTE).ok().flatten()
    }

    /// Notes them with the views.
    pub(super) fn note(&self, changes: &mut Changes) {
        meta::put_note(changes, NOTE, Some(self));
    }

    /// How many records a second a load in so many threads, with that share of the time, gets through by this; `None` if it says
    /// nothing of such a load.
    #[must_use]
    pub fn records_per_second(&self, lanes: usize, cpu_share: f64) -> Option<f64> {
        let nanoseconds: u64 = self.passes.iter().fold(0, |sum, cost| sum.saturating_add(*cost));
        let is_alike = usize::try_from(self.lanes) == Ok(lanes) && nanoseconds > 0;
        is_alike.then(|| 1e9 * cpu_share.clamp(0.0, 1.0) / nanoseconds as f64)
    }

    /// What is to be expected after this was measured, and that before: the mean of both, for each alone depends on what else went on.
    pub(super) fn after(self, before: Option<Self>) -> Self {
        let alike = before.filter(|before| before.lanes == self.lanes);
        alike.map_or(self, |before| Self {
            passes: std::array::from_fn(|pass| before.passes[pass].midpoint(self.passes[pass])),
            ..self
        })
    }

    /// How far a load of `from..to` is, as records: so much of all there is in a pass is done. The last record is done when the
    /// checkpoint is written.
    pub(super) fn told_at(&self, from: Offset, to: Offset, pass: Pass, done: u64, all: u64) -> Offset {
        let cost = |costs: &[u64]| costs.iter().map(|cost| *cost as f64).sum::<f64>();
        let of_pass = if all == 0 { 1.0 } else { done as f64 / all as f64 };
        let index = pass as usize;
        let share = (cost(&self.passes[..index]) + cost(&self.passes[index..=index]) * of_pass) / cost(&self.passes);
        let records = ((to.0 - from.0) as f64 * share) as u64;
        Offset((from.0 + records).min(to.0.saturating_sub(1)))
    }
}

/// What each pass takes.
pub(super) struct Clock {
    since: Instant,
    took: [Duration; PASSES],
}

impl Clock {
    /// The first pass begins.
    pub(super) fn start() -> Self {
        Self {
            since: Instant::now(),
            took: [Duration::ZERO; PASSES],
        }
    }

    /// A pass ends, and the next one begins.
    pub(super) fn end(&mut self, pass: Pass) {
        let now = Instant::now();
        self.took[pass as usize] += now.duration_since(self.since);
        self.since = now;
    }

    /// What they cost for each of `records`, in so many threads that worked for that share of the time.
    pub(super) fn costs(&self, records: u64, lanes: usize, cpu_share: f64) -> Costs {
        let of = |took: Duration| took.mul_f64(cpu_share.clamp(0.0, 1.0)).as_nanos() / u128::from(records.max(1));
        Costs {
            lanes: u32::try_from(lanes).unwrap_or(u32::MAX),
            passes: self.took.map(|took| u64::try_from(of(took)).unwrap_or(u64::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use origem_views::rows::MapRows;

    use super::*;

    #[test]
    fn work_is_told_by_what_the_passes_cost() {
        let costs = Costs {
            lanes: 2,
            passes: [50, 10, 30, 10],
        };
        let told = |pass, done, all| costs.told_at(Offset(100), Offset(1_100), pass, done, all).0;
        for (pass, done, all, expected) in [
            (Pass::Route, 0, 10, 100),
            (Pass::Route, 5, 10, 350),
            (Pass::Route, 10, 10, 600),
            (Pass::Keep, 0, 1, 600),
            (Pass::Fold, 0, 4, 700),
            (Pass::Fold, 1, 4, 775),
            (Pass::Write, 0, 0, 1_099),
            (Pass::Write, 9, 9, 1_099),
        ] {
            assert_eq!(told(pass, done, all), expected, "{pass:?} {done} of {all}");
        }
    }

    #[test]
    fn what_a_load_cost_is_what_the_next_one_in_as_many_threads_is_taken_to_cost() {
        let clock = Clock {
            since: Instant::now(),
            took: [40, 0, 30, 20].map(Duration::from_micros),
        };
        let costs = clock.costs(10, 2, 1.0);
        assert_eq!(costs.passes, [4_000, 0, 3_000, 2_000]);
        assert_eq!(
            clock.costs(10, 1, 0.5).passes,
            [2_000, 0, 1_500, 1_000],
            "rests are no work"
        );
        assert_eq!(costs.records_per_second(2, 0.5), Some(1e9 / 18_000.0));
        assert_eq!(costs.records_per_second(1, 1.0), None);
        let later = Costs {
            passes: [2_000, 0, 3_000, 4_000],
            ..costs
        };
        assert_eq!(later.after(Some(costs)).passes, [3_000, 0, 3_000, 3_000]);
        for other in [None, Some(Costs { lanes: 1, ..costs })] {
            assert_eq!(later.after(other), later);
        }
        let (mut rows, mut changes) = (MapRows::default(), Changes::default());
        assert_eq!(Costs::noted(&rows), None);
        costs.note(&mut changes);
        rows.commit(&changes);
        assert_eq!(Costs::noted(&rows), Some(costs));
        assert_eq!(Costs::expected(Some(costs), 2), costs);
        for (before, lanes, usual) in [(Some(costs), 1, 0), (None, 2, 1), (None, 8, 1)] {
            assert_eq!(Costs::expected(before, lanes).passes, USUAL[usual], "{lanes}");
        }
        let nothing = Clock {
            since: Instant::now(),
            took: [Duration::ZERO; PASSES],
        };
        assert_eq!(Costs::expected(Some(nothing.costs(1, 2, 1.0)), 2).passes, USUAL[1]);
    }
}
