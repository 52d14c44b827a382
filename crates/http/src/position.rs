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

/// Refuses to read the past while it cannot be read: the present instead would be a wrong answer that looks right.
pub(crate) async fn present(request: Request, next: Next) -> Result<Response, Refusal> {
    refuse(&request, &["at", "position"])?;
    Ok(next.run(request).await)
}

/// The same where the past can be read by time.
pub(crate) async fn by_time(request: Request, next: Next) -> Result<Response, Refusal> {
    refuse(&request, &["position"])?;
    Ok(next.run(request).await)
}

fn refuse(request: &Request, names: &[&str]) -> Result<(), Refusal> {
    let mut parameters = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    match parameters.find(|(name, _)| names.contains(&name.as_ref())) {
        Some((name, _)) => Err(Refusal::Invalid(format!("{name}: the past cannot be read yet"))),
        None => Ok(()),
    }
}

/// Waits, for a bounded time, until the views hold what the reader has written.
pub(crate) async fn wait(Shared(state): Shared<State>, request: Request, next: Next) -> Result<Response, Refusal> {
    if let Some(value) = request.headers().get(MIN_POSITION) {
        let text = value.to_str().unwrap_or_default();
        let invalid = |_| Refusal::Invalid(format!("Origem-Min-Position: `{text}` is no position of this log"));
        let positions = text.parse::<Positions>().map_err(invalid)?;
        state.engine().wait(&positions, state.options().wait_timeout).await?;
    }
    Ok(next.run(request).await)
}
