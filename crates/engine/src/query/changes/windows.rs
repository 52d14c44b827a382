//! What an event did to the session windows of its conversation: told from the ledger, so that nothing is kept for it.

use std::collections::BTreeMap;

use origem_domain::fact::SortKey;
use origem_domain::fold::can_change_windows;
use origem_domain::key::ConversationId;
use origem_domain::record::Recorded;
use origem_domain::windows::{Change, Window};
use origem_views::ledger::{Ledger, Step};
use origem_views::{card, identity};

use crate::error::EngineError;
use crate::query::windows::has_windows;
use crate::shard::View;

/// The ledgers that the events of one batch belong to, each read once. `None`: there is no such conversation, or it has no
/// windows.
pub(super) struct Steps<'a> {
    view: View<'a>,
    ledgers: BTreeMap<ConversationId, Option<Ledger>>,
}

impl<'a> Steps<'a> {
    pub(super) const fn new(view: View<'a>) -> Self {
        Self {
            view,
            ledgers: BTreeMap::new(),
        }
    }

    /// What the event did to the windows of the conversation, or of the one that this was merged into.
    ///
    /// # Errors
    /// `Rows`.
    pub(super) fn windows(
        &mut self,
        conversation: ConversationId,
        recorded: &Recorded,
    ) -> Result<Vec<(Window, Change)>, EngineError> {
        let kind = recorded.event.body.kind();
        if !can_change_windows(kind) {
            return Ok(Vec::new());
        }
        let key = SortKey {
            at: recorded.event.occurred_at,
            kind,
            dedup: recorded.keys.dedup,
        };
        let mut step = self.step(conversation, &key, recorded)?;
        if step.is_none() {
            // It may have been merged between two looks.
            let current = identity::current(self.view.rows, conversation)?;
            if current != conversation {
                step = self.step(current, &key, recorded)?;
            }
        }
        Ok(step.map_or_else(Vec::new, |Step { before, after }| {
            after.windows.changes_since(&before.windows, key.at)
        }))
    }

    fn step(
        &mut self,
        conversation: ConversationId,
        key: &SortKey,
        recorded: &Recorded,
    ) -> Result<Option<Step>, EngineError> {
        if !self.ledgers.contains_key(&conversation) {
            let card = card::load(self.view.rows, conversation)?.filter(has_windows);
            let ledger = card.map(|card| Ledger::new(conversation, card.channel.kind, self.view.rulebook));
            self.ledgers.insert(conversation, ledger);
        }
        let ledger = self.ledgers.get_mut(&conversation).and_then(Option::as_mut);
        match ledger {
            Some(ledger) => Ok(ledger.step(self.view.rows, key, recorded.position)?),
            None => Ok(None),
        }
    }
}
