//! The thread of a conversation.

use axum::Json;
use axum::extract::State as Shared;
use origem_engine::query::{ThreadPlace, ThreadQuery};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{self, MinPosition, Params, Segment};
use crate::past::AsOf;
use crate::state::State;
use origem_wire::json::{self as wire, Join as _, Problem};

const LIMIT: usize = 100;
const LIMIT_MAX: usize = 500;

/// Which part of a thread.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Only messages that contain this, case and accents folded.
    q: Option<String>,
    /// Only rows of these types, separated by commas: of messages `text`, `image`, ..., of what happened `note_added`, ..., of markers the
    /// kind of origin.
    #[param(example = "note_added")]
    types: Option<String>,
    /// `oldest` first (default), or `latest`.
    #[param(value_type = Option<String>)]
    order: Option<Order>,
    /// Where to go on: `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 100 if not told, 500 at most.
    limit: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Oldest,
    Latest,
}

/// Messages of a conversation, what agents did, and the markers of its origins where they happened, in order of time.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/thread", tag = "conversations", operation_id = "get_thread",
    params(("id" = String, Path, description = "Of the conversation"), Part, AsOf, MinPosition),
    responses(
        (status = 200, description = "A page", body = wire::Page<wire::ThreadRow>),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such conversation, or there was none at that moment", body = Problem),
        (status = 410, description = "The log does not hold all of that past any more", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn of(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(part): Params<Part>,
    Params(as_of): Params<AsOf>,
) -> Result<Json<wire::Page<wire::ThreadRow>>, Refusal> {
    let id = params::conversation(&id)?;
    let words = part.types.as_deref().unwrap_or_default().split(',').map(str::trim);
    let query = ThreadQuery {
        search: part.q,
        types: words.filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        latest_first: part.order == Some(Order::Latest),
        after: part.cursor.as_deref().map(str::parse::<ThreadPlace>).transpose()?,
        limit: params::limit(part.limit, LIMIT, LIMIT_MAX)?,
    };
    let page = match as_of.moment(&state).await? {
        None => state.ask(move |engine| engine.thread(id, &query)).await?,
        Some(moment) => state.ask(move |engine| engine.thread_at(id, &moment, &query)).await?,
    };
    let directory = state.engine().directory().snapshot();
    let name = |id: &str| Some(directory.agent(&page.account, id)?.name.as_str());
    let names = state.names(&caller);
    let rows = page
        .rows
        .iter()
        .map(|row| wire::ThreadRow::of(row).named(name).joined(&names));
    Ok(Json(wire::Page {
        items: rows.collect(),
        next: page.next.map(|place| place.to_string()),
    }))
}
