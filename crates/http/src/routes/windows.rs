//! Session windows: what may be sent to a customer, now or at a moment of the past.

use axum::Json;
use axum::extract::State as Shared;

use crate::error::Refusal;
use crate::params::{self, MinPosition, Params, Segment};
use crate::past::AsOf;
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// What may be sent to the customer, what it costs, and until when that holds; of the past, under the tariffs of then. Of a position,
/// it is told of the instant at which that event was taken in.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/windows", tag = "conversations", operation_id = "get_windows",
    params(("id" = String, Path, description = "Of the conversation"), AsOf, MinPosition),
    responses(
        (status = 200, description = "The windows", body = wire::Windows),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such conversation, or there was none at that moment", body = Problem),
        (status = 410, description = "The log does not hold all of that past any more", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn of(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    Params(as_of): Params<AsOf>,
) -> Result<Json<wire::Windows>, Refusal> {
    let id = params::conversation(&id)?;
    let clock = state.clock();
    let windows = match as_of.moment(&state).await? {
        None => state.ask(move |engine| engine.windows(id, clock)).await?,
        Some(moment) => {
            state
                .ask(move |engine| engine.windows_at(id, &moment, clock.zone))
                .await?
        }
    };
    Ok(Json(wire::Windows::of(&windows)))
}
