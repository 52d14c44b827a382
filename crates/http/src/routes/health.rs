//! What operators and their machines ask: alive, ready, metrics, and the description of the API.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use origem_engine::LogRefusal as Refused;
use origem_wire::json as wire;

use crate::error::Refusal;
use crate::state::{State, now};

const OPENMETRICS: (HeaderName, &str) = (
    header::CONTENT_TYPE,
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
);

/// The process answers.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    /// `ok`.
    status: &'static str,
}

/// Alive, whatever the state of log and views.
#[utoipa::path(get, path = "/healthz", tag = "operators", operation_id = "get_health",
    responses((status = 200, description = "The process answers", body = Alive)))]
pub(super) async fn alive() -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// Ready while the views are close to the tail of the log and follow it. Asks nobody, so it answers whatever the log does.
#[utoipa::path(get, path = "/readyz", tag = "operators", operation_id = "get_readiness",
    responses(
        (status = 200, description = "Ready", body = wire::Ready),
        (status = 503, description = "Not ready, why, and what to do", body = wire::Ready)
    ))]
pub(super) async fn ready(Shared(state): Shared<State>) -> Response {
    let body = wire::Ready::of(&state.readiness(), refusal(&state), now());
    let code = if body.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(body)).into_response()
}

/// How far each partition is that is served here, in records and in seconds.
#[utoipa::path(get, path = "/v1/status", tag = "operators", operation_id = "get_status",
    responses((status = 200, description = "How this instance is, ready or not", body = wire::Status)))]
pub(super) async fn status(Shared(state): Shared<State>) -> Json<wire::Status> {
    Json(wire::Status::of(&state.readiness(), refusal(&state), now()))
}

/// Why the log takes no appends, in a word.
fn refusal(state: &State) -> Option<&'static str> {
    state.engine().log().refusal().map(Refused::name)
}

/// Metrics for Prometheus: docs/metrics.md has all of them.
#[utoipa::path(get, path = "/metrics", tag = "operators", operation_id = "get_metrics",
    responses((status = 200, description = "OpenMetrics text", body = String, content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(Shared(state): Shared<State>) -> Result<Response, Refusal> {
    let text = tokio::task::spawn_blocking(move || state.metrics().text()).await?;
    Ok(([OPENMETRICS], text).into_response())
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "operators", operation_id = "get_description",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn description() -> Json<utoipa::openapi::OpenApi> {
    Json(super::openapi())
}
