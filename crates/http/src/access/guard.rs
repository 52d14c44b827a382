//! One layer before all routes: who calls, whether its role may ask, whether it sees the conversation that it asks for.

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State as Shared};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use origem_access::{Who, rules};

use crate::access::{Caller, visible};
use crate::error::Refusal;
use crate::state::State;
use crate::{params, position};

/// What all routes about one conversation begin with. Commands on it are decided on what is there when they are carried out.
const CONVERSATION: &str = "/v1/conversations/{id}";

/// Lets a request through to its route if the rules say so.
pub(crate) async fn guard(
    Shared(state): Shared<State>,
    segments: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let Some(pattern) = request.extensions().get::<MatchedPath>().cloned() else {
        // There is no such route.
        return Ok(next.run(request).await);
    };
    let pattern = pattern.as_str();
    let rule = rule(&state, request.method(), pattern);
    if let Some(Who::Anybody | Who::Signed) = rule {
        return Ok(next.run(request).await);
    }
    let caller = Caller::proven(&state, request.headers())?;
    match rule {
        Some(who) => state.guard().admit(&caller, who)?,
        // The routes of a build that somebody works on, where nobody has to prove who they are.
        None if caller.open => {}
        None if rules::knows(pattern) => return Err(Refusal::Method),
        None => return Err(Refusal::NoRule),
    }
    if pattern.starts_with(CONVERSATION) && matches!(*request.method(), Method::GET | Method::HEAD) {
        // As the route reads it, which is not as it stands in the path: there it may be percent-encoded.
        let segments = segments.ok();
        let id = segments.iter().flatten().find(|(name, _)| *name == "id");
        match params::conversation(id.map_or("", |(_, id)| id)) {
            Ok(id) => {
                // What the caller has just written may be what lets it see.
                let headers = request.headers().clone();
                position::reached(&state, &headers).await?;
                visible(&state, &caller, id).await?;
            }
            // Where nobody has to prove who they are, the route says what it is.
            Err(_) if caller.open => {}
            Err(refusal) => return Err(refusal),
        }
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

fn rule(state: &State, method: &Method, pattern: &str) -> Option<Who> {
    let who = rules::http(method.as_str(), pattern)?;
    Some(if pattern == "/metrics" {
        state.guard().of_metrics(who)
    } else {
        who
    })
}
