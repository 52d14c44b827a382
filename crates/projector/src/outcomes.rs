//! What became of recent records, for producers who ask how many of theirs were duplicates.

use std::collections::VecDeque;
use std::ops::Range;

use origem_domain::position::Offset;

use crate::fold::Outcome;

/// Outcomes that are remembered: one byte each.
const REMEMBERED_MAX: usize = 1 << 20;

/// The outcomes of the latest records.
#[derive(Debug, Default)]
pub struct Outcomes {
    first: u64,
    duplicates: VecDeque<bool>,
}

impl Outcomes {
    /// Appends the outcomes of the records from `from` on; earlier ones that do not join on are forgotten.
    pub fn append(&mut self, from: Offset, outcomes: &[Outcome]) {
        if self.first + self.duplicates.len() as u64 != from.0 {
            self.duplicates.clear();
            self.first = from.0;
        }
        self.duplicates.extend(outcomes.iter().map(|outcome| outcome.duplicate));
        while self.duplicates.len() > REMEMBERED_MAX {
            self.duplicates.pop_front();
            self.first += 1;
        }
    }

    /// How many of the records in `range` were duplicates; those that are not remembered count as none.
    #[must_use]
    pub fn duplicates(&self, range: Range<Offset>) -> u64 {
        let offsets = range.start.0.max(self.first)..range.end.0;
        let known = |offset: u64| {
            usize::try_from(offset - self.first)
                .ok()
                .and_then(|at| self.duplicates.get(at))
        };
        offsets.filter(|offset| known(*offset) == Some(&true)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_counted_in_a_range() {
        let outcome = |duplicate| Outcome {
            duplicate,
            ..Outcome::default()
        };
        let mut outcomes = Outcomes::default();
        outcomes.append(Offset(10), &[outcome(true), outcome(false), outcome(true)]);
        outcomes.append(Offset(13), &[outcome(true)]);
        for (range, count) in [(10..14, 3), (11..13, 1), (0..11, 1), (13..99, 1), (0..5, 0)] {
            assert_eq!(
                outcomes.duplicates(Offset(range.start)..Offset(range.end)),
                count,
                "{range:?}"
            );
        }
    }
}
