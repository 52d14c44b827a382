//! The feed of changes as a stream of messages.

use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::{Stream, stream};
use origem_domain::position::Positions;
use origem_engine::{EngineError, Feed};
use origem_wire::proto::Change;
use tokio::sync::watch;
use tonic::Status;

use crate::access::{Access, ended};
use crate::refusal::Refusal;

/// Every change after what was `seen`, as it comes. Ends with a refusal, at the end of the server or if the log or the views
/// cannot be read.
pub(crate) fn feed(access: &Access, seen: Positions) -> impl Stream<Item = Result<Change, Status>> + use<> {
    let place = (access.feed(seen), access.closing());
    stream::unfold(Some(place), |place| async {
        let (mut feed, mut closing) = place?;
        Some(match next(&mut feed, &mut closing).await {
            Ok(change) => (Ok(change), Some((feed, closing))),
            Err(error) => (Err(Refusal::from(error).into()), None),
        })
    })
}

async fn next(feed: &mut Feed, closing: &mut watch::Receiver<bool>) -> Result<Change, EngineError> {
    match select(pin!(feed.next()), pin!(ended(closing))).await {
        Either::Left((next, _)) => next.map(|(change, seen)| Change::of(&change, seen.to_string())),
        Either::Right(_) => Err(EngineError::Closed),
    }
}
