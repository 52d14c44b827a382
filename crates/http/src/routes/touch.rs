//! One origin of a conversation, in detail.

use axum::Json;
use axum::extract::{Path, State as Shared};
use origem_domain::key::TouchId;
use origem_engine::EngineError;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{self, MinPosition};
use crate::state::State;
use origem_wire::json::{self as wire, Join as _, Problem};

/// One origin of a conversation: what the evidence and the directory say of it. Where a campaign's own system shows it is told to
/// managers and above.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/timeline/{touch}", tag = "conversations", operation_id = "get_touch",
    params(
        ("id" = String, Path, description = "Of the conversation"),
        ("touch" = String, Path, description = "Of the touch"),
        MinPosition
    ),
    responses(
        (status = 200, description = "The touch", body = wire::Touch),
        (status = 404, description = "There is no such conversation, or it has no such touch", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn one(
    Shared(state): Shared<State>,
    caller: Caller,
    Path((id, touch)): Path<(String, String)>,
) -> Result<Json<wire::Touch>, Refusal> {
    let conversation = params::conversation(&id)?;
    let wanted: Option<TouchId> = touch.parse().ok();
    let touches = state.ask(move |engine| engine.timeline(conversation)).await?;
    let found = touches.iter().find(|view| Some(view.touch.id) == wanted);
    let found = found.ok_or(EngineError::NoEntry {
        kind: "touch",
        id: touch,
    })?;
    Ok(Json(wire::Touch::of(found).joined(&state.names(&caller))))
}
