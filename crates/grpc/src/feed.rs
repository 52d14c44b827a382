//! The feed of changes as a stream of messages.

use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::{Stream, stream};
use origem_access::Watch;
use origem_domain::position::Positions;
use origem_engine::EngineError;
use origem_wire::proto::Change;
use tokio::sync::watch;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::access::{Access, ended};
use crate::refusal::Refusal;

/// Every change after what was `seen` that the caller may know of, as it comes. Ends with a refusal, at the end of the server or if the log or the views
/// cannot be read.
pub(crate) fn feed(
    access: &Access,
    metadata: &MetadataMap,
    seen: Positions,
) -> impl Stream<Item = Result<Change, Status>> + use<> {
    let place = (access.watch(seen, metadata), access.closing());
    stream::unfold(Some(place), |place| async {
        let (mut watch, mut closing) = place?;
        Some(match next(&mut watch, &mut closing).await {
            Ok(change) => (Ok(change), Some((watch, closing))),
            Err(refusal) => (Err(refusal.into()), None),
        })
    })
}

/// The next change that the caller may know of.
async fn next(watch: &mut Watch, closing: &mut watch::Receiver<bool>) -> Result<Change, Refusal> {
    match select(pin!(watch.next()), pin!(ended(closing))).await {
        Either::Left((next, _)) => next
            .map(|(change, seen)| Change::of(&change, seen.to_string()))
            .map_err(Refusal::from),
        Either::Right(_) => Err(EngineError::Closed.into()),
    }
}
