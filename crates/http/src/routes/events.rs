//! Events of producers.

use axum::Json;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use origem_engine::Source;
use serde_json::value::RawValue;

use crate::access::Caller;
use crate::error::Refusal;
use crate::state::State;
use crate::{body, position};
use origem_wire::json::{AcceptedEvents, Problem};

/// Appends up to 1,000 events: a JSON array, NDJSON, or one object.
///
/// All or none; done when they are durable. What is JSON and no event is kept and counted as unrecognised.
#[utoipa::path(
    post, path = "/v1/events", tag = "producers", operation_id = "append_events",
    params(("Authorization" = Option<String>, Header, description = "`Bearer` and the token, where one is configured")),
    request_body(content = Object, description = "Events; up to 8 MiB"),
    responses(
        (status = 200, description = "Durable", body = AcceptedEvents,
            headers(("Origem-Position" = String, description = "Where the last event stands"))),
        (status = 400, description = "Not JSON; nothing was appended", body = Problem),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 403, description = "One is of another account than the caller's; nothing was appended", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "More events or bytes than a request may have; nothing was appended", body = Problem),
        (status = 415, description = "Compressed", body = Problem),
        (status = 503, description = "The log cannot take them, or there is no room for them (`overloaded`), then before the body is read; try again after `Retry-After`", body = Problem)
    )
)]
pub(super) async fn append(
    Shared(state): Shared<State>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let options = state.options();
    body::plain(&headers)?;
    let body = body::deliveries(&state, &headers, body, options.request_bytes_max).await?;
    let events = split(&body, options.events_max)?;
    let accepted = state.accept(Some(&caller), Source::Event, events).await?;
    let headers = position::told(&accepted.positions());
    Ok((headers, Json(AcceptedEvents::of(&accepted))).into_response())
}

/// The events of a body, each as its exact bytes.
fn split(body: &Bytes, events_max: usize) -> Result<Vec<Bytes>, Refusal> {
    let values = serde_json::Deserializer::from_slice(body).into_iter::<&RawValue>();
    let values = values.collect::<Result<Vec<_>, _>>().map_err(not_json)?;
    let events = match values[..] {
        [array] if is_array(array) => serde_json::from_str(array.get()).map_err(not_json)?,
        _ => values,
    };
    if events.len() > events_max {
        return Err(Refusal::TooManyEvents {
            events: events.len(),
            limit: events_max,
        });
    }
    // An array inside would be many events again.
    if let Some(at) = events.iter().position(|event| is_array(event)) {
        return Err(Refusal::Invalid(format!("event {} is an array, not an object", at + 1)));
    }
    Ok(events
        .into_iter()
        .map(|event| body.slice_ref(event.get().as_bytes()))
        .collect())
}

fn is_array(value: &RawValue) -> bool {
    value.get().starts_with('[')
}

fn not_json(error: serde_json::Error) -> Refusal {
    Refusal::Invalid(format!("the body is not JSON: {error}"))
}
