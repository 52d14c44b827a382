//! The service `Changes`: the feed, for as long as the caller listens.

use futures_util::stream::BoxStream;
use origem_domain::position::Positions;
use origem_wire::proto::{Change, FollowRequest, told};
use tonic::{Request, Response, Status};

use crate::access::Access;
use crate::api::changes_server::Changes;
use crate::feed::feed;

/// The service.
pub(crate) struct Service(pub(crate) Access);

#[tonic::async_trait]
impl Changes for Service {
    type FollowStream = BoxStream<'static, Result<Change, Status>>;

    async fn follow(&self, request: Request<FollowRequest>) -> Result<Response<Self::FollowStream>, Status> {
        let metadata = request.metadata().clone();
        let seen = match told(request.into_inner().after.as_deref()) {
            None => self.0.heads().await?,
            Some("start") => Positions::default(),
            Some(after) => {
                let after = after.to_owned();
                self.0.ask(move |engine| engine.seen("after", &after)).await?
            }
        };
        Ok(Response::new(Box::pin(feed(&self.0, &metadata, seen))))
    }
}
