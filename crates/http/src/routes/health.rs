//! What operators and their machines ask: alive, ready, metrics, and the description of the API.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

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

/// Whether the views are close enough to the log to be asked.
#[derive(Serialize, ToSchema)]
pub(super) struct Ready {
    /// Whether to send requests here.
    ready: bool,
    /// Records appended and not projected yet, when last looked.
    lag: u64,
    /// `unavailable` while the log cannot be read: what the views hold is answered, nothing is taken in.
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'static str>,
    /// Why not: `lagging`, `loading` (the views are new and not whole yet), `projector_failed`; in a group of instances also `starting`,
    /// `joining` (no partition is known yet), `opening` (views of a partition), `left_group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
}

/// Alive, whatever the state of log and views.
#[utoipa::path(get, path = "/healthz", tag = "operators", operation_id = "get_health",
    responses((status = 200, description = "The process answers", body = Alive)))]
pub(super) async fn alive() -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// Ready once the views are close to the tail of the log.
#[utoipa::path(get, path = "/readyz", tag = "operators", operation_id = "get_readiness",
    responses(
        (status = 200, description = "Ready", body = Ready),
        (status = 503, description = "Not ready, and why", body = Ready)
    ))]
pub(super) async fn ready(Shared(state): Shared<State>) -> Response {
    let status = state.engine().last_status();
    let cause = status.unready(state.options().ready_lag_max);
    let cause = cause.or_else(|| state.unready());
    let ready = cause.is_none();
    let code = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = Ready {
        ready,
        lag: status.lag(),
        log: status.log_away().then_some("unavailable"),
        cause,
    };
    (code, Json(body)).into_response()
}

/// Metrics for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operators", operation_id = "get_metrics",
    responses((status = 200, description = "OpenMetrics text", body = String, content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(Shared(state): Shared<State>) -> Response {
    let status = state.engine().last_status();
    ([OPENMETRICS], state.metrics().text(&status, now())).into_response()
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "operators", operation_id = "get_description",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn description() -> Json<utoipa::openapi::OpenApi> {
    Json(super::openapi())
}
