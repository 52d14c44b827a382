//! Where prices were reported: the conversations with a report that tells how a message was priced, by account and day of UTC.
//!
//! An index only, without values: what was charged is read from the ledgers of the conversations it names, so it follows them
//! through late reports, duplicates and merges.

use std::collections::BTreeSet;

use origem_domain::fact::Fact;
use origem_domain::key::ConversationId;
use origem_domain::time::{DAY, Timestamp};

use crate::layout::{self, AccountKey};
use crate::rows::{Changes, Rows, RowsError};

/// The day of UTC, counted from 1970; 0 before.
fn day(at: Timestamp) -> u32 {
    u32::try_from(at.micros().div_euclid(DAY)).unwrap_or_default()
}

/// The days on which a conversation had prices reported, for the part of it that a unit of work has seen.
#[derive(Debug, Default)]
pub(crate) struct Days(BTreeSet<u32>);

impl Days {
    /// Takes the day of a fact in, if it is such a report.
    pub(crate) fn note(&mut self, fact: &Fact) {
        if fact.is_priced() {
            self.0.insert(day(fact.key.at));
        }
    }

    /// Takes other days in.
    pub(crate) fn absorb(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Writes the rows of a conversation.
    pub(crate) fn save(&self, changes: &mut Changes, account: AccountKey, conversation: ConversationId) {
        for day in &self.0 {
            changes.put_bytes(layout::priced(account, *day, conversation), Vec::new());
        }
    }
}

/// Removes what stands for the facts of a conversation that became part of another.
pub(crate) fn forget(changes: &mut Changes, account: AccountKey, conversation: ConversationId, fact: &Fact) {
    if fact.is_priced() {
        changes.remove(layout::priced(account, day(fact.key.at), conversation));
    }
}

/// The conversations of an account with such a report from `from` until `to`, exclusive; both are rounded to days of UTC, so there
/// may be some of a little earlier or later.
///
/// # Errors
/// As reading rows does.
pub fn conversations(
    rows: &dyn Rows,
    account: AccountKey,
    from: Timestamp,
    to: Timestamp,
) -> Result<BTreeSet<ConversationId>, RowsError> {
    let first = layout::priced_from(account, day(from));
    let end = layout::priced_from(account, day(to).saturating_add(1));
    let mut found = BTreeSet::new();
    for row in rows.scan(&first, &end) {
        found.extend(layout::conversation_of(&row?.0));
    }
    Ok(found)
}
