//! What is written down of every request: route, status, duration. Never bodies, names, numbers or ids.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::middleware::Next;
use axum::response::Response;
use origem_engine::trace::TARGET;
use tracing::field::Empty;
use tracing::{Instrument as _, debug, info, info_span};

use crate::state::State;

/// Measures a request, logs it (failures at level info, the rest at debug) and is the root of its trace here.
pub(crate) async fn observe(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    // The pattern of the route, never its path: paths hold ids. Patterns are few, so they may be labels.
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = info_span!(
        target: TARGET, "request",
        otel.name = format!("{method} {route}"), otel.kind = "server", otel.status_code = Empty,
        http.request.method = %method, http.route = route, http.response.status_code = Empty,
    );
    if let Some(join) = state.options().join_trace.filter(|_| !span.is_disabled()) {
        join(&span, request.headers());
    }
    let response = next.run(request).instrument(span.clone()).await;
    let (status, duration) = (response.status().as_u16(), begun.elapsed());
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
    state.metrics().request(&method, route, status, duration);
    let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    if status >= 400 {
        info!(%method, route, status, duration_us, "request failed");
    } else {
        debug!(%method, route, status, duration_us, "request answered");
    }
    response
}
