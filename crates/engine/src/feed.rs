//! A caller's place in the feed of changes. Derived from the log, so a caller may come back after any time with what it saw
//! last: no gap, no repeat. A feed holds one batch of changes at most; a slow caller slows down nobody but itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::position::{Position, Positions};
use origem_log::ReadError;
use tokio::sync::watch;

use crate::engine::Engine;
use crate::error::{EngineError, ErrorCode};
use crate::query::{Change, Heads};

/// Changes that are read at once, of each partition.
const BATCH: usize = 100;
/// How often is asked again what cannot be waited for: other instances, a log that is away.
const POLL: Duration = Duration::from_millis(250);

/// A place in the feed of changes.
pub struct Feed {
    engine: Arc<Engine>,
    news: watch::Receiver<u64>,
    /// The last change given of each partition.
    seen: Positions,
    ready: VecDeque<Change>,
    /// Counts it among the followers for as long as it is held.
    _follows: Arc<()>,
}

impl Engine {
    /// What was seen by whoever has seen everything that the views hold. Blocks.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn last_seen(&self) -> Result<Positions, EngineError> {
        let lasts = self.ask(&Heads)?.into_iter().filter_map(|(partition, checkpoint)| {
            let last = checkpoint.next.0.checked_sub(1)?;
            Some(Position::new(partition.0, last))
        });
        Ok(lasts.collect())
    }

    /// What a caller says it has seen, as text: the value of `name`. A place that the log does not have is none of this log: another
    /// was here before. Nor is there a way on from a place whose next change was given up. Views may be behind what was seen, as a
    /// copy is that stands in for the owner. Blocks.
    ///
    /// # Errors
    /// `Invalid`, `ChangesGone`, `Log`.
    pub fn seen(&self, name: &'static str, text: &str) -> Result<Positions, EngineError> {
        let invalid = || EngineError::Invalid {
            what: name,
            reason: format!("`{text}` is no position of this log"),
        };
        let seen: Positions = text.parse().map_err(|_| invalid())?;
        for position in seen.iter() {
            let is_there = position.partition.0 < self.log().partitions();
            if !is_there || position.offset >= self.log().tail(position.partition).map_err(EngineError::Log)? {
                return Err(invalid());
            }
            if position.offset.plus(1) < self.log().start(position.partition).map_err(EngineError::Log)? {
                return Err(EngineError::ChangesGone { seen: position });
            }
        }
        Ok(seen)
    }

    /// Every change after what was `seen`, as it comes; of a partition of which nothing was seen, from its start.
    #[must_use]
    pub fn feed(self: &Arc<Self>, seen: Positions) -> Feed {
        Feed {
            engine: self.clone(),
            news: self.news(),
            seen,
            ready: VecDeque::new(),
            _follows: self.follows.clone(),
        }
    }

    /// How many feeds are followed now.
    #[must_use]
    pub fn followers(&self) -> u64 {
        Arc::strong_count(&self.follows).saturating_sub(1) as u64
    }
}

impl Feed {
    /// The next change, and what was seen with it: where to go on after it. Waits for it, without end.
    ///
    /// # Errors
    /// `Rows`, and `Log` for a place that the log does not have. What is on its way between instances, or a log that is away, is
    /// waited for.
    pub async fn next(&mut self) -> Result<(Change, Positions), EngineError> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                self.seen.advance(change.position);
                return Ok((change, self.seen.clone()));
            }
            self.fill().await?;
        }
    }

    /// What is read already and not given yet, in the order in which it will be. Waits until there is something.
    ///
    /// # Errors
    /// As [`Feed::next`].
    pub async fn held(&mut self) -> Result<&VecDeque<Change>, EngineError> {
        self.fill().await?;
        Ok(&self.ready)
    }

    /// Reads the next changes, unless some are held.
    async fn fill(&mut self) -> Result<(), EngineError> {
        while self.ready.is_empty() {
            // Seen before the log is read: what comes after that wakes us again.
            self.news.mark_unchanged();
            let seen = self.seen.clone();
            let changes = self.engine.apart(move |engine| engine.changes(&seen, BATCH));
            // It neither panics nor is aborted, unless the runtime ends.
            match changes.await.map_err(|_| EngineError::Closed)? {
                Ok(changes) => self.ready = changes.into(),
                Err(error) if comes_back(&error) => tokio::time::sleep(POLL).await,
                Err(error) => return Err(error),
            }
            if self.ready.is_empty() {
                self.more().await;
            }
        }
        Ok(())
    }

    /// Waits until there may be more to read.
    async fn more(&mut self) {
        let is_told = self.engine.shards().len() == self.engine.partitions().count();
        // The engine has the other end of the news, and we have the engine.
        if is_told {
            drop(self.news.changed().await);
        } else {
            drop(tokio::time::timeout(POLL, self.news.changed()).await);
        }
    }
}

fn comes_back(error: &EngineError) -> bool {
    error.code() == ErrorCode::PartitionUnavailable || matches!(error, EngineError::Log(ReadError::Io { .. }))
}
