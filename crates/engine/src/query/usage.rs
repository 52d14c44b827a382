//! How much an account uses: customers who wrote in a month, beside what its plan is meant for.

use std::time::Duration;

use origem_domain::time::Timestamp;
use origem_views::calendar;
use origem_views::layout::AccountKey;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// A question for the customers of an account who wrote in a month.
#[derive(Serialize, Deserialize)]
pub(super) struct Active {
    account: String,
    at: Timestamp,
}

impl Question for Active {
    const NAME: &'static str = "active";
    // It reads a key for each of them.
    const PATIENCE: Duration = Duration::from_secs(30);
    type Answer = u64;

    fn answer(&self, view: View<'_>) -> Result<u64, EngineError> {
        Ok(calendar::active(view.rows, AccountKey::of(&self.account), self.at)?)
    }

    fn combine(&self, answers: Vec<u64>) -> Option<u64> {
        Some(answers.into_iter().sum())
    }
}

impl Engine {
    /// How many customers of an account wrote, commented or called in the month of UTC that `at` is in. Contacts are per channel: who wrote to
    /// two channels counts twice.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn active_customers(&self, account: &str, at: Timestamp) -> Result<u64, EngineError> {
        let account = account.to_owned();
        self.ask(&Active { account, at })
    }
}
