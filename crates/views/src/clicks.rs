//! How often links were followed, by day of UTC: each click once, however often it was delivered. The rows say nothing of who
//! followed them.

use std::collections::BTreeMap;

use origem_domain::event::Body;
use origem_domain::record::Recorded;
use origem_domain::time::{DAY, Timestamp};

use crate::layout::{self, AccountKey};
use crate::rows::{self, Changes, Rows, RowsError};

/// Characters of a link that are kept: our own codes are shorter; of what others call a link its beginning tells enough.
const LINK_CHARS_MAX: usize = 128;

/// The day of UTC, counted from 1970; 0 before.
#[must_use]
pub fn day(at: Timestamp) -> u32 {
    u32::try_from(at.micros().div_euclid(DAY)).unwrap_or_default()
}

/// Counts an event that is a click, and that was not seen before.
pub(crate) fn note(changes: &mut Changes, account: AccountKey, recorded: &Recorded) {
    if let Body::LinkClicked { click } = &recorded.event.body
        && let Some(link) = &click.link
    {
        let link: String = link.chars().take(LINK_CHARS_MAX).collect();
        let key = layout::clicks(account, day(recorded.event.occurred_at), &link);
        *changes.counts.entry(key).or_default() += 1;
    }
}

/// How often each link was followed from `from` until `to`, exclusive; both are rounded down to days of UTC.
///
/// # Errors
/// As reading rows does.
pub fn by_link(
    rows: &dyn Rows,
    account: AccountKey,
    from: Timestamp,
    to: Timestamp,
) -> Result<BTreeMap<String, u64>, RowsError> {
    let (first, end) = (
        layout::clicks(account, day(from), ""),
        layout::clicks(account, day(to), ""),
    );
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows.scan(&first, &end) {
        let (key, value) = row?;
        let count: i64 = rows::decode("clicks", &value)?;
        if let Some((_, link)) = layout::click_of(&key) {
            *found.entry(link.to_owned()).or_default() += u64::try_from(count).unwrap_or_default();
        }
    }
    Ok(found)
}

/// How often one link was followed, on each of at most `days` days of UTC from that of `from` on, with the instants they begin at;
/// days on which nobody followed it are left out.
///
/// # Errors
/// As reading rows does.
pub fn by_day(
    rows: &dyn Rows,
    account: AccountKey,
    link: &str,
    from: Timestamp,
    days: u32,
) -> Result<BTreeMap<Timestamp, u64>, RowsError> {
    let link: String = link.chars().take(LINK_CHARS_MAX).collect();
    let mut found = BTreeMap::new();
    for day in (0..days).map(|after| day(from).saturating_add(after)) {
        let count: Option<i64> = rows::read(rows, "clicks", &layout::clicks(account, day, &link))?;
        if let Some(count) = count.and_then(|count| u64::try_from(count).ok()) {
            found.insert(Timestamp::from_micros(i64::from(day) * DAY), count);
        }
    }
    Ok(found)
}
