//! What instances that share a log ask each other: bytes of the engine's own, in and out.

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use bytes::Bytes;

use crate::error::Refusal;
use crate::state::State;
use crate::{auth, body};
use origem_wire::json::Problem;

/// Answers another instance that shares the log. Bytes of the engine's own, between instances of the same version only.
#[utoipa::path(
    post, path = "/internal/v1/ask", tag = "instances", operation_id = "ask_instance",
    params(("Authorization" = String, Header, description = "`Bearer` and the token that follows from the secret all share")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The question"),
    responses(
        (status = 200, description = "The answer, or why there is none", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, description = "Not the token", body = Problem),
        (status = 404, description = "The instance shares its log with nobody", body = Problem)
    )
)]
pub(super) async fn ask(Shared(state): Shared<State>, headers: HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let options = state.options();
    // An instance that shares its log with nobody has no such door.
    let token = options.peer_token.as_ref().ok_or(Refusal::NoRoute)?;
    auth::bearer(Some(token), &headers)?;
    let asked = body::of_peer(&state, body, options.request_bytes_max).await?;
    // Not in turn with our own callers, who may be waiting for the instance that asks.
    let engine = state.engine().clone();
    let answer = tokio::task::spawn_blocking(move || engine.answer_peer(&asked)).await?;
    Ok(Bytes::from(answer))
}
