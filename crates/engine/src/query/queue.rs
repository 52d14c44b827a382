//! Whose turn it was: conversations by the status that their latest ticket had at an instant.

use std::collections::BTreeMap;
use std::time::Duration;

use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_views::card;
use origem_views::ledger::Ledger;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::totals::add_up;
use crate::question::Question;
use crate::shard::View;

/// A question for the conversations of an account by the status they had.
#[derive(Serialize, Deserialize)]
pub(super) struct CountsThen {
    account: String,
    at: Timestamp,
}

impl Question for CountsThen {
    const NAME: &'static str = "counts_then";
    // It reads every conversation.
    const PATIENCE: Duration = Duration::from_secs(120);
    type Answer = BTreeMap<TicketStatus, u64>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let mut counts = BTreeMap::new();
        for id in card::all(view.rows) {
            let id = id?;
            let Some(card) = card::load(view.rows, id)?.filter(|card| !card.group && card.account == self.account)
            else {
                continue;
            };
            let mut ledger = Ledger::new(id, card.channel.kind, view.rulebook);
            if let Some(status) = ledger.state_at(view.rows, self.at)?.status() {
                *counts.entry(status).or_default() += 1;
            }
        }
        Ok(counts)
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        Some(add_up(answers))
    }
}

impl Engine {
    /// How many conversations of an account had their latest ticket in each status at `at`: from what happened up to then, as the
    /// ledgers of today tell it. Reads every conversation, so only one at a time is worked out.
    ///
    /// # Errors
    /// `Crowded` while another is worked out; as [`Engine::ask`].
    pub fn counts_at(&self, account: &str, at: Timestamp) -> Result<BTreeMap<TicketStatus, u64>, EngineError> {
        let _turn = self.limits.queues.try_acquire().map_err(|_| EngineError::Crowded)?;
        let account = account.to_owned();
        self.ask(&CountsThen { account, at })
    }
}
