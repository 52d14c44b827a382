//! What is counted of the tickets of a line. Everything adds up exactly, over threads, shards and lines.

use std::collections::BTreeMap;

use origem_domain::amount::Amount;
use serde::{Deserialize, Serialize};

/// What became of tickets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Tickets opened.
    pub opened: u64,
    /// Of these, those that the business answered.
    pub answered: u64,
    /// Of these, those that are finished.
    pub finished: u64,
    /// Of the finished ones, how many by classification; those without any are in none.
    pub classified: BTreeMap<String, u64>,
    /// Of the opened ones, those that were won.
    pub won: u64,
    /// What was sold with them, by currency.
    pub revenue: BTreeMap<String, Amount>,
    /// Seconds from the opening of a ticket to the first answer, of those that a customer opened.
    pub first_response: Seconds,
    /// Seconds from the first touch that has part in a win to the win; from the opening where there is none.
    pub time_to_win: Seconds,
}

/// A part of what was won.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Credit {
    /// How many wins.
    pub won: Amount,
    /// What was sold, by currency.
    pub revenue: BTreeMap<String, Amount>,
}

/// Lengths of time, to tell the middle and the mean of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seconds(Vec<u32>);

impl Counts {
    /// Adds others.
    pub(crate) fn absorb(&mut self, mut other: Self) {
        self.opened += other.opened;
        self.answered += other.answered;
        self.finished += other.finished;
        self.won += other.won;
        for (classification, number) in std::mem::take(&mut other.classified) {
            *self.classified.entry(classification).or_default() += number;
        }
        add_all(&mut self.revenue, &other.revenue);
        self.first_response.0.append(&mut other.first_response.0);
        self.time_to_win.0.append(&mut other.time_to_win.0);
    }
}

impl Credit {
    /// Adds another.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.won.0 += other.won.0;
        add_all(&mut self.revenue, &other.revenue);
    }
}

/// Adds amounts to those of the same currency.
pub(crate) fn add_all(sums: &mut BTreeMap<String, Amount>, others: &BTreeMap<String, Amount>) {
    for (currency, amount) in others {
        let sum = sums.entry(currency.clone()).or_default();
        // Nobody sold for nine trillion; whoever says so stays at the edge of the range.
        *sum = Amount(sum.0.saturating_add(amount.0));
    }
}

impl Seconds {
    pub(crate) fn note(&mut self, micros: i64) {
        self.0.push(u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX));
    }

    /// The middle one: half of them took as long or less; of an even number the lower of the two. `None` if there are none.
    #[must_use]
    pub fn median(&self) -> Option<u32> {
        let mut sorted = self.0.clone();
        let middle = sorted.len().checked_sub(1)? / 2;
        Some(*sorted.select_nth_unstable(middle).1)
    }

    /// Their sum by their number, rounded down. `None` if there are none.
    #[must_use]
    pub fn mean(&self) -> Option<u32> {
        let sum: u64 = self.0.iter().map(|seconds| u64::from(*seconds)).sum();
        u32::try_from(sum.checked_div(self.0.len() as u64)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_mean() {
        for (seconds, median, mean) in [
            (&[][..], None, None),
            (&[5], Some(5), Some(5)),
            (&[9, 1], Some(1), Some(5)),
            (&[600, 10, 20], Some(20), Some(210)),
        ] {
            let seconds = Seconds(seconds.to_vec());
            assert_eq!((seconds.median(), seconds.mean()), (median, mean), "{seconds:?}");
        }
    }
}
