//! Session windows: what may be sent to a customer, now or at an instant of the past.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::time::Timestamp;
use origem_engine::query::Clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::params::{self, MinPosition, Params, Segment};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Which instant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Instant {
    /// The instant to tell of, from what had happened up to then and under the rules of then; now if not told.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// What may be sent to the customer, what it costs, and until when that holds.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/windows", tag = "conversations", operation_id = "get_windows",
    params(("id" = String, Path, description = "Of the conversation"), Instant, MinPosition),
    responses(
        (status = 200, description = "The windows", body = wire::Windows),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such conversation", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn of(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    Params(Instant { at }): Params<Instant>,
) -> Result<Json<wire::Windows>, Refusal> {
    let id = params::conversation(&id)?;
    let now = state.clock();
    let clock = Clock {
        at: at.unwrap_or(now.at),
        ..now
    };
    let windows = state.ask(move |engine| engine.windows(id, clock, at.is_some())).await?;
    Ok(Json(wire::Windows::of(&windows)))
}
