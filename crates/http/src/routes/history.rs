//! The change log of a conversation.

use axum::Json;
use axum::extract::State as Shared;
use origem_engine::query::HistoryQuery;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::params::{self, MinPosition, Params, Segment};
use crate::past::AsOf;
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

const LIMIT: usize = 100;
const LIMIT_MAX: usize = 500;

/// Which part of a change log.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Where to go on: `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 100 if not told, 500 at most.
    limit: Option<usize>,
}

/// Who changed what of a conversation, and when, in order of time: commands with what they did, also those that came too late;
/// tickets that opened; origins that were observed.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/history", tag = "conversations", operation_id = "get_history",
    params(("id" = String, Path, description = "Of the conversation"), Part, AsOf, MinPosition),
    responses(
        (status = 200, description = "A page", body = wire::Page<wire::HistoryChange>),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such conversation, or there was none at that moment", body = Problem),
        (status = 410, description = "The log does not hold all of that past any more", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn of(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    Params(part): Params<Part>,
    Params(as_of): Params<AsOf>,
) -> Result<Json<wire::Page<wire::HistoryChange>>, Refusal> {
    let id = params::conversation(&id)?;
    let limit = params::limit(part.limit, LIMIT, LIMIT_MAX)?;
    let skip = part.cursor.as_deref().map(str::parse::<usize>).transpose();
    let skip = skip
        .map_err(|_| Refusal::Invalid("cursor: it is none of a page before".to_owned()))?
        .unwrap_or(0);
    let query = HistoryQuery { skip, limit };
    let page = match as_of.moment(&state).await? {
        None => state.ask(move |engine| engine.history(id, query)).await?,
        Some(moment) => state.ask(move |engine| engine.history_at(id, &moment, query)).await?,
    };
    Ok(Json(wire::Page {
        items: wire::HistoryChange::all(&page, &state.engine().directory().snapshot()),
        next: page.more.then(|| (skip + limit).to_string()),
    }))
}
