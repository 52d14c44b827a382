//! Queries: views joined into what callers ask for.

mod conversations;
mod find;
mod thread;
mod timeline;

pub use conversations::{Conversation, Filter, Order, Page};
pub use thread::{ThreadPage, ThreadQuery, ThreadRow};
pub use timeline::{TicketView, TouchView};

pub use origem_views::anomalies::Anomaly;

use origem_domain::position::Position;
use origem_domain::ticket::TicketStatus;
use origem_views::layout::AccountKey;
use origem_views::{anomalies, counts};

use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// How many conversations of an account have their latest ticket in each status.
    ///
    /// # Errors
    /// `Rows`.
    pub fn counts(&self, account: &str) -> Result<std::collections::BTreeMap<TicketStatus, u64>, EngineError> {
        Ok(counts::by_status(self.rows(), AccountKey::of(account))?)
    }

    /// Anomalies, the latest first, below `before`.
    ///
    /// # Errors
    /// `Rows`.
    pub fn anomalies(&self, before: Option<Position>, limit: usize) -> Result<Vec<Anomaly>, EngineError> {
        Ok(anomalies::page(self.rows(), before, limit)?)
    }
}
