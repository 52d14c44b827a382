//! The service `Producers`: appending with acknowledgement.

use futures_util::stream::BoxStream;
use origem_wire::proto::{AppendEventsRequest, AppendEventsResponse, PublishRequest, PublishResponse};
use tonic::{Request, Response, Status, Streaming};

use crate::access::{Access, position};
use crate::api::producers_server::Producers;
use crate::gate::caller;
use crate::publish::publish;
use crate::refusal::Refusal;
use crate::submission::Readable;

/// The service.
pub(crate) struct Service(pub(crate) Access);

#[tonic::async_trait]
impl Producers for Service {
    async fn append_events(
        &self,
        request: Request<AppendEventsRequest>,
    ) -> Result<Response<AppendEventsResponse>, Status> {
        let caller = caller(&request)?;
        let submissions = request.into_inner().submissions;
        let (count, limit) = (submissions.len(), self.0.options().submissions_max);
        if count > limit {
            return Err(Refusal::TooMany { count, limit }.into());
        }
        let read = submissions.into_iter().enumerate().map(|(index, submission)| {
            Readable::of(submission).map_err(|refusal| Refusal::Invalid(format!("submission {}: {refusal}", index + 1)))
        });
        let accepted = self.0.accept(&caller, read.collect::<Result<_, _>>()?).await?;
        Ok(Response::new(AppendEventsResponse {
            accepted: accepted.events,
            unrecognised: accepted.unrecognised,
            position: position(&accepted),
        }))
    }

    type PublishStream = BoxStream<'static, Result<PublishResponse, Status>>;

    async fn publish(
        &self,
        request: Request<Streaming<PublishRequest>>,
    ) -> Result<Response<Self::PublishStream>, Status> {
        let caller = caller(&request)?;
        let published = publish(self.0.clone(), caller, request.into_inner());
        Ok(Response::new(Box::pin(published)))
    }
}
