//! What is asked of all shards together: counts, and how far they are.

use std::collections::BTreeMap;

use origem_domain::position::Partition;
use origem_domain::ticket::TicketStatus;
use origem_views::counts;
use origem_views::layout::AccountKey;
use origem_views::meta::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// A question for the conversations of an account by status.
#[derive(Serialize, Deserialize)]
pub(super) struct Counts {
    account: String,
}

impl Question for Counts {
    const NAME: &'static str = "counts";
    type Answer = BTreeMap<TicketStatus, u64>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        Ok(counts::by_status(view.rows, AccountKey::of(&self.account))?)
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        Some(add_up(answers))
    }
}

/// Adds up counts by status.
pub(super) fn add_up(answers: impl IntoIterator<Item = BTreeMap<TicketStatus, u64>>) -> BTreeMap<TicketStatus, u64> {
    let mut sums = BTreeMap::new();
    for (status, count) in answers.into_iter().flatten() {
        *sums.entry(status).or_default() += count;
    }
    sums
}

/// A question for how far the views of every partition are.
#[derive(Debug, Serialize, Deserialize)]
pub struct Heads;

impl Question for Heads {
    const NAME: &'static str = "heads";
    type Answer = BTreeMap<Partition, Checkpoint>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        Ok(BTreeMap::from([(view.partition, view.checkpoint)]))
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        Some(answers.into_iter().flatten().collect())
    }
}

impl Engine {
    /// How many conversations of an account have their latest ticket in each status.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn counts(&self, account: &str) -> Result<BTreeMap<TicketStatus, u64>, EngineError> {
        let account = account.to_owned();
        self.ask(&Counts { account })
    }
}
