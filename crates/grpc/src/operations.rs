//! The service `Operations`: how the server is, and what it could not understand.

use origem_domain::position::Position;
use origem_wire::json;
use origem_wire::proto::{
    GetStatusRequest, ListAnomaliesRequest, ListAnomaliesResponse, PartitionStatus, Status as StatusMessage, told,
};
use tonic::{Request, Response, Status};

use crate::access::{Access, Readiness};
use crate::api::operations_server::Operations;
use crate::conversations::limit;
use crate::refusal::Refusal;

const LIMIT: usize = 50;
const LIMIT_MAX: usize = 200;

/// The service.
pub(crate) struct Service(pub(crate) Access);

#[tonic::async_trait]
impl Operations for Service {
    async fn get_status(&self, _: Request<GetStatusRequest>) -> Result<Response<StatusMessage>, Status> {
        let Readiness { cause, status } = self.0.readiness();
        let partitions = status.partitions.iter().map(|one| PartitionStatus {
            partition: one.partition.0,
            tail: one.tail.0,
            checkpoint: one.progress.checkpoint.next.0,
        });
        Ok(Response::new(StatusMessage {
            ready: cause.is_none(),
            cause: cause.map(str::to_owned),
            lag: status.lag(),
            conversations: status.sum(|progress| progress.checkpoint.conversations),
            partitions: partitions.collect(),
        }))
    }

    async fn list_anomalies(
        &self,
        request: Request<ListAnomaliesRequest>,
    ) -> Result<Response<ListAnomaliesResponse>, Status> {
        let request = request.into_inner();
        self.0.wait(request.min_position.as_deref()).await?;
        let limit = limit(request.limit, LIMIT, LIMIT_MAX);
        let before = told(request.cursor.as_deref()).map(str::parse::<Position>).transpose();
        let before = before.map_err(|_| Refusal::Invalid("cursor: it is none of a page before".to_owned()))?;
        let found = self.0.ask(move |engine| engine.anomalies_page(before, limit));
        let (found, next) = found.await?;
        Ok(Response::new(ListAnomaliesResponse {
            items: found.iter().map(|anomaly| json::Anomaly::of(anomaly).into()).collect(),
            next: next.map(|next| next.to_string()),
        }))
    }
}
