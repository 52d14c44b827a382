//! Leads: which conversations are linked to one. The row is the key alone; which team each is of, its card tells.

use origem_domain::key::ConversationId;

use crate::card::{self, Card};
use crate::layout::{self, AccountKey};
use crate::rows::{Changes, Rows, RowsError, prefix_end};

/// Conversations of one lead that are looked at; nobody has more.
const CONVERSATIONS_MAX: usize = 1_000;

/// Notes that a conversation is linked to another lead than before, or to none.
pub(crate) fn moved(
    changes: &mut Changes,
    account: AccountKey,
    conversation: ConversationId,
    old: Option<&str>,
    new: Option<&str>,
) {
    if old == new {
        return;
    }
    if let Some(old) = old {
        changes.remove(layout::lead(account, old, conversation));
    }
    if let Some(new) = new {
        changes.put_bytes(layout::lead(account, new, conversation), Vec::new());
    }
}

/// The conversations that are linked to a lead, in order of ids.
///
/// # Errors
/// As reading rows does.
pub fn of(rows: &dyn Rows, account: &str, lead: &str) -> Result<Vec<(ConversationId, Card)>, RowsError> {
    let prefix = layout::leads_of(AccountKey::of(account), lead);
    let mut found = Vec::new();
    for row in rows.scan(&prefix, &prefix_end(&prefix)).take(CONVERSATIONS_MAX) {
        let Some(conversation) = layout::conversation_of(&row?.0) else {
            continue;
        };
        let card = card::load(rows, conversation)?;
        // Two leads may have the same hash.
        let is_linked = |card: &Card| card.account == account && card.state.lead.as_deref() == Some(lead);
        found.extend(card.filter(is_linked).map(|card| (conversation, card)));
    }
    Ok(found)
}
