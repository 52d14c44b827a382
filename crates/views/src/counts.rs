//! Counts of conversations by who has them and ticket status, kept in step with the cards: they share every commit.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::facet::Mark;
use origem_domain::ticket::TicketStatus;

use crate::layout::{self, AccountKey};
use crate::rows::{self, Changes, Rows, RowsError};

fn read(rows: &dyn Rows, key: &[u8]) -> Result<i64, RowsError> {
    Ok(rows::read(rows, "counts", key)?.unwrap_or_default())
}

/// Stands for whoever has them.
const ANYBODY: Mark = Mark(0);

/// Moves a conversation from one holder and status to another.
pub(crate) fn moved(
    changes: &mut Changes,
    account: AccountKey,
    from: Option<(Mark, TicketStatus)>,
    to: Option<(Mark, TicketStatus)>,
) {
    if from == to {
        return;
    }
    for (counted, delta) in [(from, -1), (to, 1)] {
        let Some((holder, status)) = counted else { continue };
        for mark in [ANYBODY, holder] {
            *changes.counts.entry(layout::count(account, mark, status)).or_default() += delta;
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
    of_holders(rows, account, &BTreeSet::from([ANYBODY]))
}

/// The same of those that are with some holders: agents, or queues.
///
/// # Errors
/// As reading rows does.
pub fn of_holders(
    rows: &dyn Rows,
    account: AccountKey,
    holders: &BTreeSet<Mark>,
) -> Result<BTreeMap<TicketStatus, u64>, RowsError> {
    let mut counts = BTreeMap::new();
    for status in TicketStatus::ALL {
        let mut sum = 0;
        for holder in holders {
            sum += read(rows, &layout::count(account, *holder, status))?;
        }
        counts.insert(status, u64::try_from(sum).unwrap_or_default());
    }
    Ok(counts)
}
