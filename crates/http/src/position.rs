//! Read your writes: writes answer `Origem-Position`, reads wait for `Origem-Min-Position`.

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use origem_domain::position::Positions;

use crate::error::Refusal;
use crate::state::State;

const POSITION: HeaderName = HeaderName::from_static("origem-position");
const MIN_POSITION: HeaderName = HeaderName::from_static("origem-min-position");

/// The header that tells a writer where its last event stands, in each partition that took some.
pub(crate) fn told(positions: &Positions) -> HeaderMap {
    let value = HeaderValue::from_str(&positions.to_string()).ok();
    value
        .filter(|_| !positions.is_empty())
        .map(|value| (POSITION, value))
        .into_iter()
        .collect()
}

/// Waits, for a bounded time, until the views hold what the reader has written.
pub(crate) async fn wait(Shared(state): Shared<State>, request: Request, next: Next) -> Result<Response, Refusal> {
    reached(&state, request.headers()).await?;
    Ok(next.run(request).await)
}

/// The same, of the headers alone.
pub(crate) async fn reached(state: &State, headers: &HeaderMap) -> Result<(), Refusal> {
    if let Some(value) = headers.get(MIN_POSITION) {
        let text = value.to_str().unwrap_or_default();
        let invalid = |_| Refusal::Invalid(format!("Origem-Min-Position: `{text}` is no position of this log"));
        let positions = text.parse::<Positions>().map_err(invalid)?;
        state.engine().wait(&positions, state.options().wait_timeout).await?;
    }
    Ok(())
}
