//! Which of the recent records were duplicates, for producers who ask how many of theirs were.

use std::collections::VecDeque;
use std::ops::Range;

use origem_domain::position::Offset;

/// Duplicates that are remembered: eight bytes each.
const REMEMBERED_MAX: usize = 1 << 18;

/// The latest duplicates, by their offsets.
#[derive(Debug, Default)]
pub struct Outcomes {
    duplicates: VecDeque<Offset>,
}

impl Outcomes {
    /// Adds the duplicates of a batch that follows all before, in order.
    pub fn add(&mut self, duplicates: impl IntoIterator<Item = Offset>) {
        self.duplicates.extend(duplicates);
        let excess = self.duplicates.len().saturating_sub(REMEMBERED_MAX);
        self.duplicates.drain(..excess);
    }

    /// How many of the records in `range` were duplicates; those that are not remembered count as none.
    #[must_use]
    pub fn duplicates(&self, range: Range<Offset>) -> u64 {
        let below = |end: Offset| self.duplicates.partition_point(|offset| *offset < end);
        below(range.end).saturating_sub(below(range.start)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_counted_in_a_range() {
        let mut outcomes = Outcomes::default();
        outcomes.add([Offset(10), Offset(12)]);
        // Offsets may have gaps.
        outcomes.add([Offset(13), Offset(40)]);
        for (range, count) in [
            (10..14, 3),
            (11..13, 1),
            (0..11, 1),
            (13..99, 2),
            (0..5, 0),
            (41..99, 0),
        ] {
            assert_eq!(
                outcomes.duplicates(Offset(range.start)..Offset(range.end)),
                count,
                "{range:?}"
            );
        }
    }
}
