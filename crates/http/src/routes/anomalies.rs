//! What operators ask of the views as a whole: what could not be understood or applied, and whether two installations say
//! the same.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::position::Position;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::Refusal;
use crate::params::{self, MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Position>,
    /// Items of a page: 50 if not told, 200 at most.
    limit: Option<usize>,
}

/// Anomalies, the latest first.
#[utoipa::path(
    get, path = "/v1/anomalies", tag = "operators", operation_id = "list_anomalies", params(Part, MinPosition),
    responses(
        (status = 200, description = "A page", body = wire::Page<wire::Anomaly>),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Params(part): Params<Part>,
) -> Result<Json<wire::Page<wire::Anomaly>>, Refusal> {
    let limit = params::limit(part.limit, 50, 200)?;
    let (found, next) = state
        .ask(move |engine| engine.anomalies_page(part.cursor, limit))
        .await?;
    Ok(Json(wire::Page {
        items: found.iter().map(wire::Anomaly::of).collect(),
        next: next.map(|next| next.to_string()),
    }))
}

/// What all views say, in one number.
#[derive(Serialize, ToSchema)]
pub(super) struct Contents {
    /// Conversations, groups included.
    conversations: u64,
    /// 32 hexadecimal digits. Equal for equal contents, whatever the log, its partitions and the places of the events in it.
    fingerprint: String,
}

/// A fingerprint of all conversations with their aliases, timelines, tickets and threads. Reads everything: seconds per
/// 100,000 conversations. One at a time; whoever asks meanwhile is told to try again.
#[utoipa::path(
    get, path = "/v1/fingerprint", tag = "operators", operation_id = "get_fingerprint", params(MinPosition),
    responses(
        (status = 200, description = "The fingerprint", body = Contents),
        (status = 503, description = "The views cannot be read, are not as far as asked, or somebody else asks for it now", body = Problem)
    )
)]
pub(super) async fn fingerprint(Shared(state): Shared<State>) -> Result<Json<Contents>, Refusal> {
    let found = state.ask(|engine| engine.fingerprint()).await?;
    Ok(Json(Contents {
        conversations: found.conversations,
        fingerprint: format!("{:032x}", found.fingerprint),
    }))
}
