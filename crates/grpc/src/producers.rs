//! The service `Producers`: appending with acknowledgement.

use futures_util::stream::BoxStream;
use origem_wire::proto::{AppendEventsRequest, AppendEventsResponse, PublishRequest, PublishResponse};
use tonic::service::Interceptor;
use tonic::{Request, Response, Status, Streaming};

use crate::access::{Access, position};
use crate::api::producers_server::Producers;
use crate::options::Token;
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
        let submissions = request.into_inner().submissions;
        let (count, limit) = (submissions.len(), self.0.options().submissions_max);
        if count > limit {
            return Err(Refusal::TooMany { count, limit }.into());
        }
        let read = submissions.into_iter().enumerate().map(|(index, submission)| {
            Readable::of(submission).map_err(|refusal| Refusal::Invalid(format!("submission {}: {refusal}", index + 1)))
        });
        let accepted = self.0.accept(read.collect::<Result<_, _>>()?).await?;
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
        Ok(Response::new(Box::pin(publish(self.0.clone(), request.into_inner()))))
    }
}

/// Lets those in who have the token, before anything of their call is read.
#[derive(Clone)]
pub(crate) struct Gate(pub(crate) Option<Token>);

impl Interceptor for Gate {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let Some(token) = &self.0 else { return Ok(request) };
        let given = request.metadata().get("authorization");
        if given.is_some_and(|given| token.is_in(given.as_bytes())) {
            Ok(request)
        } else {
            Err(Refusal::Token.into())
        }
    }
}
