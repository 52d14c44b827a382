//! The feed of changes as a stream of messages.

use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::{Stream, stream};
use origem_domain::position::Positions;
use origem_engine::{EngineError, Feed};
use origem_wire::proto::Change;
use tokio::sync::watch;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::access::{Access, ended};
use crate::gate::Watcher;
use crate::refusal::Refusal;

/// Every change after what was `seen` that the caller may know of, as it comes. Ends with a refusal, at the end of the server or if the log or the views
/// cannot be read.
pub(crate) fn feed(
    access: &Access,
    metadata: MetadataMap,
    seen: Positions,
) -> impl Stream<Item = Result<Change, Status>> + use<> {
    let watcher = Watcher {
        access: access.clone(),
        metadata,
    };
    let place = (access.feed(seen), access.closing(), watcher);
    stream::unfold(Some(place), |place| async {
        let (mut feed, mut closing, watcher) = place?;
        Some(match next(&mut feed, &mut closing, &watcher).await {
            Ok(change) => (Ok(change), Some((feed, closing, watcher))),
            Err(refusal) => (Err(refusal.into()), None),
        })
    })
}

/// The next change that the caller may know of.
async fn next(feed: &mut Feed, closing: &mut watch::Receiver<bool>, watcher: &Watcher) -> Result<Change, Refusal> {
    loop {
        let (change, seen) = match select(pin!(feed.next()), pin!(ended(closing))).await {
            Either::Left((next, _)) => next?,
            Either::Right(_) => return Err(EngineError::Closed.into()),
        };
        if let Some(change) = watcher.told(change).await? {
            return Ok(Change::of(&change, seen.to_string()));
        }
    }
}
