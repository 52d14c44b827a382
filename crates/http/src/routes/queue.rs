//! The queue in numbers, now or at an instant of the past.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::time::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Whose queue, and when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)] // a moment with a typo would otherwise be now
pub(super) struct Which {
    /// The tenant; `default` if not told.
    account: Option<String>,
    /// As it was at this instant: what had happened up to then, as it is known today; now if not told. Reads every conversation, so one
    /// such request is answered at a time.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// How many conversations have their latest ticket in each status.
#[utoipa::path(
    get, path = "/v1/queue", tag = "conversations", operation_id = "count_queue", params(Which, MinPosition),
    responses(
        (status = 200, description = "The counts", body = wire::Queue),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 503, description = "The views cannot be read, are not as far as asked, or another past is being counted", body = Problem)
    )
)]
pub(super) async fn counts(
    Shared(state): Shared<State>,
    Params(Which { account, at }): Params<Which>,
) -> Result<Json<wire::Queue>, Refusal> {
    let account = account.unwrap_or_else(|| state.options().account.clone());
    let now = state.clock().at;
    let counts = match at {
        None => state.ask(move |engine| engine.counts(&account)).await?,
        Some(at) => state.ask(move |engine| engine.counts_at(&account, at)).await?,
    };
    Ok(Json(wire::Queue::of(at.unwrap_or(now), &counts)))
}
