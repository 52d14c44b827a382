//! Waiting until the views are as far as a caller has written.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::position::{Partition, Position, Positions};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Heads;

/// How long other instances are left alone between two questions, at first and at most.
const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(200);

impl Engine {
    /// Waits until the views hold the events at `positions`, wherever they are.
    ///
    /// # Errors
    /// `NotThereYet` after `timeout`; `Invalid` for a partition the log does not have.
    pub async fn wait(self: &Arc<Self>, positions: &Positions, timeout: Duration) -> Result<(), EngineError> {
        let partitions = self.log().partitions();
        if let Some(beyond) = positions.iter().find(|position| position.partition.0 >= partitions) {
            return Err(EngineError::Invalid {
                what: "position",
                reason: format!("{beyond} is in no partition of the log, which has {partitions}"),
            });
        }
        match tokio::time::timeout(timeout, self.there(positions)).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(EngineError::NotThereYet {
                positions: positions.clone(),
            }),
        }
    }

    /// Done when the views hold `positions`, or never will before a restart.
    async fn there(self: &Arc<Self>, positions: &Positions) -> bool {
        let mut news = self.news();
        let mut pause = PAUSE_MIN;
        // What was there once stays: who takes a partition over answers only once it is as far.
        let mut missing: Vec<Position> = positions.iter().collect();
        loop {
            news.mark_unchanged();
            let mut elsewhere = BTreeSet::new();
            let mut failed = false;
            missing.retain(|position| {
                let Some(shard) = self.shard(position.partition) else {
                    elsewhere.insert(position.partition);
                    return true;
                };
                let progress = shard.progress();
                let is_missing = progress.checkpoint.next <= position.offset;
                failed |= is_missing && progress.failed;
                is_missing
            });
            if missing.is_empty() || failed {
                return !failed;
            }
            if elsewhere.is_empty() {
                // The engine has the other end.
                drop(news.changed().await);
                continue;
            }
            let reached = self.reached(elsewhere).await;
            missing.retain(|position| {
                let next = reached.get(position.partition);
                next.is_none_or(|next| next <= position.offset)
            });
            if !missing.is_empty() {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
    }

    /// The checkpoints of these partitions, as far as other instances tell.
    async fn reached(self: &Arc<Self>, partitions: BTreeSet<Partition>) -> Positions {
        let ask = move |engine: &Self| engine.ask_some(&Heads, partitions);
        // It neither panics nor is aborted, unless the runtime ends.
        let heads = self.apart(ask).await.unwrap_or_default();
        let nexts = heads.into_iter().flatten();
        nexts
            .map(|(partition, checkpoint)| Position {
                partition,
                offset: checkpoint.next,
            })
            .collect()
    }
}
