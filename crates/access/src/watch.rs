//! The feed of changes as one caller may know of it. Who that is and what it sees may change while it follows.
//!
//! ```text
//! feed --what it holds--> glance: of another account? all its own? --the rest, at once--> engine --> told, one by one
//! ```
//! What is told of a batch is said once for all of it, and again once the directory is another or that was a moment ago.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::position::Positions;
use origem_domain::time::Timestamp;
use origem_engine::query::Change;
use origem_engine::{Engine, EngineError, Feed, Snapshot};

use crate::guard::{Guard, Unproven};
use crate::seen::{Glance, Told, seen_of};

/// How long what was said of a batch holds: a caller that reads slowly is told by what it sees when it reads.
const HOLDS: Duration = Duration::from_secs(1);
/// How long is waited before the engine is asked again what it could not say.
const AGAIN: Duration = Duration::from_millis(250);

/// Why nothing more is told.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The key was revoked or has expired.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// What the engine says, and will say again.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A caller's place in the feed of changes.
pub struct Watch {
    engine: Arc<Engine>,
    feed: Feed,
    guard: Guard,
    /// By what the caller proved who it is: the value of `authorization`.
    shown: Option<Vec<u8>>,
    now: fn() -> Timestamp,
    said: Option<Said>,
}

/// What is told of what the feed holds.
struct Said {
    directory: Arc<Snapshot>,
    at: Instant,
    told: VecDeque<Told>,
}

impl Watch {
    /// Of every change after what was `seen`, as much as whoever shows that `authorization` may know.
    #[must_use]
    pub fn new(
        engine: &Arc<Engine>,
        seen: Positions,
        guard: Guard,
        authorization: Option<&[u8]>,
        now: fn() -> Timestamp,
    ) -> Self {
        Self {
            engine: Arc::clone(engine),
            feed: engine.feed(seen),
            guard,
            shown: authorization.map(<[u8]>::to_vec),
            now,
            said: None,
        }
    }

    /// The next change that the caller may know of, and what was seen with it: where to go on after it. Waits for it, without end,
    /// also where the engine cannot say at the moment whether it is seen.
    ///
    /// # Errors
    /// [`Ended`].
    pub async fn next(&mut self) -> Result<(Change, Positions), Ended> {
        loop {
            self.feed.held().await?;
            while !self.say().await? {
                tokio::time::sleep(AGAIN).await;
            }
            let told = self.said.as_mut().and_then(|said| said.told.pop_front());
            let (change, seen) = self.feed.next().await?;
            if let Some(change) = told.unwrap_or(Told::Nothing).of(change) {
                return Ok((change, seen));
            }
        }
    }

    /// Says what is told of what the feed holds, unless that is said; whether it could.
    async fn say(&mut self) -> Result<bool, Ended> {
        let directory = self.engine.directory().snapshot();
        let held = self.feed.held().await?;
        if let Some(said) = &self.said {
            let holds = Arc::ptr_eq(&said.directory, &directory) && said.at.elapsed() < HOLDS;
            if holds && said.told.len() == held.len() {
                return Ok(true);
            }
        }
        let caller = self.guard.caller(&directory, self.shown.as_deref(), (self.now)())?;
        let sight = caller.sight(&directory);
        let glances: Vec<Glance> = held.iter().map(|change| Glance::at(&sight, change)).collect();
        let asked = glances.iter().filter_map(|glance| match glance {
            Glance::Asks(id, _) => Some(*id),
            Glance::Told(_) => None,
        });
        let asked: BTreeSet<_> = asked.collect();
        let at = Instant::now();
        let seen = if asked.is_empty() {
            Ok(Ok(BTreeMap::new()))
        } else {
            self.engine.apart(move |engine| seen_of(engine, &sight, asked)).await
        };
        // It neither panics nor is aborted, unless the runtime ends.
        let seen = match seen.map_err(|_| EngineError::Closed)? {
            Ok(seen) => seen,
            Err(EngineError::Closed) => return Err(EngineError::Closed.into()),
            Err(error) if error.code().is_retryable() => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let told = glances.into_iter().map(|glance| match glance {
            Glance::Told(told) => told,
            Glance::Asks(id, unseen) => match seen.get(&id).copied().flatten() {
                Some(true) => Told::Whole,
                Some(false) => unseen,
                None => Told::Nothing,
            },
        });
        self.said = Some(Said {
            directory,
            at,
            told: told.collect(),
        });
        Ok(true)
    }
}
