//! The service `Changes`: the feed, for as long as the caller listens.

use futures_util::stream::BoxStream;
use origem_domain::position::{Position, Positions};
use origem_wire::proto::{Change, FollowRequest, told};
use tonic::{Request, Response, Status};

use crate::access::{Access, positions};
use crate::api::changes_server::Changes;
use crate::feed::feed;
use crate::refusal::Refusal;

/// The service.
pub(crate) struct Service(pub(crate) Access);

#[tonic::async_trait]
impl Changes for Service {
    type FollowStream = BoxStream<'static, Result<Change, Status>>;

    async fn follow(&self, request: Request<FollowRequest>) -> Result<Response<Self::FollowStream>, Status> {
        let seen = match told(request.into_inner().after.as_deref()) {
            None => self.0.heads().await?,
            Some("start") => Positions::default(),
            Some(after) => self.after(after).await?,
        };
        Ok(Response::new(Box::pin(feed(&self.0, seen))))
    }
}

impl Service {
    /// What was seen. A place behind the views is none of this log: another was here before.
    async fn after(&self, text: &str) -> Result<Positions, Refusal> {
        let seen = positions("after", text)?;
        let heads = self.0.heads().await?;
        let is_known = |seen: Position| heads.get(seen.partition).is_some_and(|head| seen.offset <= head);
        if seen.iter().all(is_known) {
            Ok(seen)
        } else {
            Err(Refusal::Invalid(format!("after: `{text}` is no position of this log")))
        }
    }
}
