//! A caller's place in the feed of changes. Derived from the log, so a caller may come back after any time with the last
//! cursor it saw: no gap, no repeat. A feed holds one batch of changes at most; a slow caller slows down nobody but itself.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{Stream, stream};
use origem_domain::position::Positions;
use origem_engine::{EngineError, ErrorCode};
use origem_wire::proto::Change;
use tokio::sync::watch;
use tonic::Status;

use crate::access::{Access, ended};
use crate::refusal::Refusal;

/// Changes that are read at once, of each partition.
const BATCH: usize = 100;
/// How often other instances are asked for what happened there.
const POLL: Duration = Duration::from_millis(250);

/// Every change after what was `seen`, as it comes. Ends with a refusal, at the end of the server or if the log or the views
/// cannot be read.
pub(crate) fn feed(access: Access, seen: Positions) -> impl Stream<Item = Result<Change, Status>> {
    let feed = Feed {
        news: access.news(),
        closing: access.closing(),
        seen,
        ready: VecDeque::new(),
        access,
    };
    stream::unfold(Some(feed), |feed| async {
        let mut feed = feed?;
        Some(match feed.next().await {
            Ok(change) => (Ok(change), Some(feed)),
            Err(refusal) => (Err(refusal.into()), None),
        })
    })
}

struct Feed {
    access: Access,
    news: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// The last change given of each partition.
    seen: Positions,
    ready: VecDeque<origem_engine::Change>,
}

impl Feed {
    /// The next change; waits for it.
    async fn next(&mut self) -> Result<Change, Refusal> {
        loop {
            if *self.closing.borrow() {
                return Err(EngineError::Closed.into());
            }
            if let Some(change) = self.ready.pop_front() {
                self.seen.advance(change.position);
                return Ok(Change::of(&change, self.seen.to_string()));
            }
            // Seen before the log is read: what comes after that wakes us again.
            self.news.mark_unchanged();
            let seen = self.seen.clone();
            match self.access.ask(move |engine| engine.changes(&seen, BATCH)).await {
                Ok(changes) => self.ready = changes.into(),
                // A partition is on its way to another instance: what it has comes later.
                Err(Refusal::Engine(error)) if error.code() == ErrorCode::PartitionUnavailable => {}
                Err(refusal) => return Err(refusal),
            }
            if self.ready.is_empty() {
                self.more().await?;
            }
        }
    }

    /// Waits until there may be more to read.
    async fn more(&mut self) -> Result<(), Refusal> {
        let is_told = self.access.has_all_views();
        let news = async {
            if is_told {
                self.news.changed().await.is_ok()
            } else {
                // Other instances do not call us: they are asked again after a while.
                let news = tokio::time::timeout(POLL, self.news.changed()).await;
                !matches!(news, Ok(Err(_)))
            }
        };
        match select(pin!(news), pin!(ended(&mut self.closing))).await {
            Either::Left((true, _)) => Ok(()),
            Either::Left((false, _)) | Either::Right(_) => Err(EngineError::Closed.into()),
        }
    }
}
