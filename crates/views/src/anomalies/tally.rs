//! How many anomalies there are of each reason: counters that are settled with the batch that notes them, so they are exact.

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::layout::{self, AccountKey};
use crate::rows::{self, Changes, Rows, RowsError, prefix_end};

/// A number for each reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally([u64; Reason::ALL.len()]);

impl Tally {
    /// How many of one reason.
    #[must_use]
    pub fn of(&self, reason: Reason) -> u64 {
        self.0[reason as usize]
    }

    /// How many in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Every reason with its number.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        Reason::ALL.into_iter().zip(self.0)
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
        self
    }

    /// How many anomalies `changes` notes, before its counters are settled.
    #[must_use]
    pub fn noted(changes: &Changes) -> Self {
        let mut tally = Self::default();
        for (key, delta) in &changes.counts {
            if let Some(reason) = layout::reason_of_count(key) {
                tally.add(reason, *delta);
            }
        }
        tally
    }

    fn add(&mut self, reason: u8, delta: i64) {
        // Anomalies are noted, never taken back.
        if let Some(sum) = self.0.get_mut(usize::from(reason)) {
            *sum += u64::try_from(delta).unwrap_or_default();
        }
    }
}

/// Counts an anomaly.
pub(super) fn count(changes: &mut Changes, account: Option<&str>, reason: Reason) {
    let key = layout::anomaly_count(account.map(AccountKey::of), reason as u8);
    *changes.counts.entry(key).or_default() += 1;
}

/// The numbers of an account, or of all.
pub(super) fn read(rows: &dyn Rows, account: Option<AccountKey>) -> Result<Tally, RowsError> {
    let prefix = match account {
        Some(account) => layout::anomaly_counts_of(account),
        None => layout::anomaly_counts(),
    };
    let mut tally = Tally::default();
    for row in rows.scan(&prefix, &prefix_end(&prefix)) {
        let (key, value) = row?;
        if let Some(reason) = layout::reason_of_count(&key) {
            tally.add(reason, rows::decode("anomaly counts", &value)?);
        }
    }
    Ok(tally)
}
