//! The service `Operations`: how the server is, and what it could not understand.

use origem_engine::query::AnomalyCursor;
use origem_wire::json;
use origem_wire::proto::{
    GetStatusRequest, ListAnomaliesRequest, ListAnomaliesResponse, Status as StatusMessage, told,
};
use tonic::{Request, Response, Status};

use crate::access::Access;
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
        Ok(Response::new(self.0.status().into()))
    }

    async fn list_anomalies(
        &self,
        request: Request<ListAnomaliesRequest>,
    ) -> Result<Response<ListAnomaliesResponse>, Status> {
        let request = request.into_inner();
        self.0.wait(request.min_position.as_deref()).await?;
        let limit = limit(request.limit, LIMIT, LIMIT_MAX);
        let filter = request.filter().map_err(Refusal::from)?;
        let after = told(request.cursor.as_deref()).map(str::parse::<AnomalyCursor>);
        let after = after.transpose().map_err(Refusal::from)?;
        let page = self
            .0
            .ask(move |engine| engine.anomalies(&filter, after.as_ref(), limit));
        let page = page.await?;
        Ok(Response::new(ListAnomaliesResponse {
            items: page
                .items
                .iter()
                .map(|anomaly| json::Anomaly::of(anomaly).into())
                .collect(),
            next: page.next.map(|next| next.to_string()),
        }))
    }
}
