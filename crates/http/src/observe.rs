//! What is written down of every request: route, status, duration. Never bodies, names, numbers or ids.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{debug, info};

use crate::state::State;

/// Measures a request and logs it: failures at level info, the rest at debug.
pub(crate) async fn observe(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    // The pattern of the route, never its path: paths hold ids. Patterns are few, so they may be labels.
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let (status, duration) = (response.status().as_u16(), begun.elapsed());
    state.metrics().request(&method, route, status, duration);
    let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    if status >= 400 {
        info!(%method, route, status, duration_us, "request failed");
    } else {
        debug!(%method, route, status, duration_us, "request answered");
    }
    response
}
