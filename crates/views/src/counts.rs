//! Counts of conversations by ticket status, kept in step with the cards: they share every commit.

use std::collections::BTreeMap;

use origem_domain::ticket::TicketStatus;

use crate::layout::{self, AccountKey};
use crate::rows::{self, Changes, Rows, RowsError};

fn read(rows: &dyn Rows, key: &[u8]) -> Result<i64, RowsError> {
    Ok(rows::read(rows, "counts", key)?.unwrap_or_default())
}

/// Moves a conversation from one status to another.
pub(crate) fn moved(changes: &mut Changes, account: AccountKey, from: Option<TicketStatus>, to: Option<TicketStatus>) {
    if from != to {
        for (status, delta) in [(from, -1), (to, 1)] {
            if let Some(status) = status {
                *changes.counts.entry(layout::count(account, status)).or_default() += delta;
            }
        }
    }
}

/// Turns the counters of `changes` into rows, on top of what `base` holds.
///
/// # Errors
/// As reading rows does.
pub fn settle(changes: &mut Changes, base: &dyn Rows) -> Result<(), RowsError> {
    for (key, delta) in std::mem::take(&mut changes.counts) {
        if delta != 0 {
            let now = read(base, &key)? + delta;
            if now == 0 {
                changes.remove(key);
            } else {
                changes.put(key, &now);
            }
        }
    }
    Ok(())
}

/// How many conversations of an account have their latest ticket in each status.
///
/// # Errors
/// As reading rows does.
pub fn by_status(rows: &dyn Rows, account: AccountKey) -> Result<BTreeMap<TicketStatus, u64>, RowsError> {
    let mut counts = BTreeMap::new();
    for status in TicketStatus::ALL {
        let count = read(rows, &layout::count(account, status))?;
        counts.insert(status, u64::try_from(count).unwrap_or_default());
    }
    Ok(counts)
}
