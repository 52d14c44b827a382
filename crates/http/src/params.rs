//! Parameters of the query string. What makes no sense is refused by name; what is not known is ignored, except by lists,
//! where it was meant to be a filter.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use origem_domain::event::{Channel, NotAChannel};
use origem_domain::key::ConversationId;
use origem_domain::time::{self, Micros};
use origem_engine::EngineError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::error::Refusal;

/// The query string as a `T`.
pub(crate) struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let Query(params) = read.map_err(|rejection| refused(&rejection.body_text()))?;
        Ok(Self(params))
    }
}

/// The query string as an `A` and a `B`, with nothing in it that neither of them documents: a filter with a typo would otherwise list
/// everything.
pub(crate) struct Both<A, B>(pub A, pub B);

impl<S, A, B> FromRequestParts<S> for Both<A, B>
where
    S: Send + Sync,
    A: DeserializeOwned + IntoParams + Send,
    B: DeserializeOwned + IntoParams,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        known::<A, B>(parts.uri.query().unwrap_or_default())?;
        let Params(first) = Params::<A>::from_request_parts(parts, state).await?;
        let Params(second) = Params::<B>::from_request_parts(parts, state).await?;
        Ok(Self(first, second))
    }
}

/// That a query string has nothing in it that neither `A` nor `B` documents.
fn known<A: IntoParams, B: IntoParams>(query: &str) -> Result<(), Refusal> {
    let documented = [A::into_params(|| None), B::into_params(|| None)].concat();
    let mut told = form_urlencoded::parse(query.as_bytes());
    let unknown = told.find(|(name, _)| documented.iter().all(|one| one.name != *name));
    let Some((name, _)) = unknown else { return Ok(()) };
    let names: Vec<&str> = documented.iter().map(|one| &*one.name).collect();
    Err(Refusal::Invalid(format!(
        "unknown field `{name}`, expected one of {}",
        names.join(", ")
    )))
}

/// No parameters, beside those of a list.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Nothing {}

/// What is wrong, beginning with the name of the parameter.
fn refused(text: &str) -> Refusal {
    Refusal::Invalid(
        text.trim_start_matches("Failed to deserialize query string: ")
            .to_owned(),
    )
}

/// The one variable segment of a path.
pub(crate) struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = Path::<String>::from_request_parts(parts, state).await;
        let Path(segment) = read.map_err(|_| Refusal::Invalid("the path is not UTF-8".to_owned()))?;
        Ok(Self(segment))
    }
}

/// The conversation in a path.
pub(crate) fn conversation(text: &str) -> Result<ConversationId, Refusal> {
    let missing = |_| EngineError::NoConversation { what: text.to_owned() };
    Ok(text.parse().map_err(missing)?)
}

/// Reads `KIND:ID`.
pub(crate) fn channel(text: &str) -> Result<Channel, Refusal> {
    text.parse()
        .map_err(|error: NotAChannel| Refusal::Invalid(format!("channel: {error}")))
}

/// A length of time: a whole number with its unit.
pub(crate) fn length(text: &str) -> Result<Micros, Refusal> {
    time::parse_length(text)
        .ok_or_else(|| Refusal::Invalid(format!("`{text}` is no length of time, such as 30m, 2h or 1d")))
}

/// How many items of a page: `default` if not told, `max` at most.
pub(crate) fn limit(told: Option<usize>, default: usize, max: usize) -> Result<usize, Refusal> {
    match told {
        Some(0) => Err(Refusal::Invalid("limit: it must be 1 or more".to_owned())),
        told => Ok(told.unwrap_or(default).min(max)),
    }
}

/// The header all reads take.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // read by `position::wait`; here for the documentation
pub(crate) struct MinPosition {
    /// Wait, for a bounded time, until the views hold the event at this position: what a write answered as `Origem-Position`.
    /// 503 `not_there_yet` if they do not come as far.
    #[param(rename = "Origem-Min-Position", value_type = Option<String>, example = "0:41")]
    origem_min_position: Option<String>,
}
