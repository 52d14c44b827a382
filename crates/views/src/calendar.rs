//! Where in the calendar conversations had something: prices reported on a day, words of the customer in a month, both of UTC.
//!
//! Indexes only, without values: what there was is read from the ledgers of the conversations they name, so they follow them
//! through late reports, duplicates and merges.

use std::collections::BTreeSet;

use origem_domain::day::Day;
use origem_domain::event::Direction;
use origem_domain::fact::{Fact, What};
use origem_domain::key::ConversationId;
use origem_domain::time::{DAY, Timestamp};
use origem_domain::zone::Zone;

use crate::layout::{self, AccountKey};
use crate::rows::{Changes, Rows, RowsError};

/// Something in the calendar; days are counted from 1970, 0 before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entry {
    /// A price was reported on this day.
    Priced(u32),
    /// The customer wrote, commented or called in the month that begins on this day.
    Active(u32),
}

impl Entry {
    fn key(self, account: AccountKey, conversation: ConversationId) -> Vec<u8> {
        match self {
            Self::Priced(day) => layout::priced(account, day, conversation),
            Self::Active(month) => layout::active(account, month, conversation),
        }
    }
}

fn day(at: Timestamp) -> u32 {
    u32::try_from(at.micros().div_euclid(DAY)).unwrap_or_default()
}

/// The first day of the month of an instant.
fn month(at: Timestamp) -> u32 {
    Day::of(at, Zone::UTC).map_or(0, |of| day(of.month().begins(Zone::UTC)))
}

/// What a fact is in the calendar.
pub(crate) fn entries(fact: &Fact) -> impl Iterator<Item = Entry> + use<> {
    let at = fact.key.at;
    let is_word = matches!(
        fact.what,
        What::Inbound(_)
            | What::Comment { .. }
            | What::Call {
                direction: Direction::In,
                ..
            }
    );
    let priced = fact.is_priced().then(|| Entry::Priced(day(at)));
    priced.into_iter().chain(is_word.then(|| Entry::Active(month(at))))
}

/// What a conversation has in the calendar, for the part of it that a unit of work has seen.
#[derive(Debug, Default)]
pub(crate) struct Calendar(BTreeSet<Entry>);

impl Calendar {
    /// Takes in what a fact is.
    pub(crate) fn note(&mut self, entries: impl Iterator<Item = Entry>) {
        self.0.extend(entries);
    }

    /// Writes the rows of a conversation.
    pub(crate) fn save(&self, changes: &mut Changes, account: AccountKey, conversation: ConversationId) {
        for entry in &self.0 {
            changes.put_bytes(entry.key(account, conversation), Vec::new());
        }
    }
}

/// Removes what stands for a fact of a conversation that became part of another.
pub(crate) fn forget(changes: &mut Changes, account: AccountKey, conversation: ConversationId, fact: &Fact) {
    for entry in entries(fact) {
        changes.remove(entry.key(account, conversation));
    }
}

/// The conversations of an account with a report of a price from `from` until `to`, exclusive; both are rounded to days of UTC, so there
/// may be some of a little earlier or later.
///
/// # Errors
/// As reading rows does.
pub fn priced(
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

/// How many conversations of an account had a word of the customer in the month of UTC that `at` is in.
///
/// # Errors
/// As reading rows does.
pub fn active(rows: &dyn Rows, account: AccountKey, at: Timestamp) -> Result<u64, RowsError> {
    let month = month(at);
    let first = layout::active_from(account, month);
    let end = layout::active_from(account, month.saturating_add(1));
    let mut count = 0;
    for row in rows.scan(&first, &end) {
        row?;
        count += 1;
    }
    Ok(count)
}
