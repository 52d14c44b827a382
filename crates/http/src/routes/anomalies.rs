//! What operators ask of the views as a whole: what could not be understood or applied, with its bytes, and whether two
//! installations say the same.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::event::Kind;
use origem_domain::key::ConversationId;
use origem_domain::position::{NotAPosition, Position};
use origem_domain::time::Timestamp;
use origem_engine::query::{AnomalyCursor, AnomalyFilter, Reason};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::params::{self, MinPosition, Params, Segment};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Which anomalies. Everything that is given must hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)] // a filter with a typo would otherwise list everything
pub(super) struct List {
    /// What is odd: `unrecognised`, `bad_time`, `identity_conflict`, `voided`, `no_effect`, `no_contact`, `undecodable`,
    /// `not_joined`.
    #[param(value_type = Option<String>)]
    reason: Option<Reason>,
    /// The kind of event, such as `message_received`.
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
    /// The tenant; any if not told.
    account: Option<String>,
    /// The channel, `KIND:ID`.
    channel: Option<String>,
    /// The conversation, by id.
    conversation: Option<String>,
    /// Received at or after. What cannot be decoded has no time, and fits any.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Received before.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Where to go on: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page: 50 if not told, 200 at most. All anomalies of one event stand on one page, which may run over for it.
    limit: Option<usize>,
}

impl List {
    fn filter(&self) -> Result<AnomalyFilter, Refusal> {
        let id = |text: &String| {
            let invalid = |_| Refusal::Invalid(format!("conversation: `{text}` is not the id of a conversation"));
            text.parse::<ConversationId>().map_err(invalid)
        };
        Ok(AnomalyFilter {
            reason: self.reason,
            kind: self.kind,
            account: self.account.clone(),
            channel: self.channel.as_deref().map(params::channel).transpose()?,
            conversation: self.conversation.as_ref().map(id).transpose()?,
            since: self.since,
            until: self.until,
        })
    }
}

/// Anomalies, the latest first. A page may be short, or empty, and the list go on: only a page without `next` is the last.
#[utoipa::path(
    get, path = "/v1/anomalies", tag = "operators", operation_id = "list_anomalies", params(List, MinPosition),
    responses(
        (status = 200, description = "A page", body = wire::Page<wire::Anomaly>),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Params(list): Params<List>,
) -> Result<Json<wire::Page<wire::Anomaly>>, Refusal> {
    let limit = params::limit(list.limit, 50, 200)?;
    let filter = list.filter()?;
    let after = list.cursor.as_deref().map(str::parse::<AnomalyCursor>).transpose()?;
    let page = state
        .ask(move |engine| engine.anomalies(&filter, after.as_ref(), limit))
        .await?;
    Ok(Json(wire::Page {
        items: page.items.iter().map(wire::Anomaly::of).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// Whose anomalies.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    /// The tenant; all if not told. What cannot be decoded belongs to nobody.
    account: Option<String>,
}

/// How many anomalies there are, by reason.
#[utoipa::path(
    get, path = "/v1/anomalies/counts", tag = "operators", operation_id = "count_anomalies", params(Whose, MinPosition),
    responses(
        (status = 200, description = "The counts", body = wire::AnomalyCounts),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn counts(
    Shared(state): Shared<State>,
    Params(whose): Params<Whose>,
) -> Result<Json<wire::AnomalyCounts>, Refusal> {
    let counts = state
        .ask(move |engine| engine.anomaly_counts(whose.account.as_deref()))
        .await?;
    Ok(Json(wire::AnomalyCounts::of(&counts)))
}

/// One event that something is odd about, with its exact bytes.
#[utoipa::path(
    get, path = "/v1/anomalies/{position}", tag = "operators", operation_id = "get_anomaly",
    params(("position" = String, Path, description = "Of the event", example = "0:41"), MinPosition),
    responses(
        (status = 200, description = "All that is known of it", body = wire::Case),
        (status = 404, description = "Nothing is odd about that event, or there is none", body = Problem),
        (status = 503, description = "The log or the views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn one(Shared(state): Shared<State>, Segment(position): Segment) -> Result<Json<wire::Case>, Refusal> {
    let invalid = |error: NotAPosition| Refusal::Invalid(error.to_string());
    let position: Position = position.parse().map_err(invalid)?;
    let case = state.ask(move |engine| engine.anomaly(position)).await?;
    Ok(Json(wire::Case::of(&case)))
}

/// A fingerprint of all conversations with their aliases, timelines, tickets and threads. Reads everything: seconds per
/// 100,000 conversations. One at a time; whoever asks meanwhile is told to try again.
#[utoipa::path(
    get, path = "/v1/fingerprint", tag = "operators", operation_id = "get_fingerprint", params(MinPosition),
    responses(
        (status = 200, description = "The fingerprint", body = wire::Contents),
        (status = 503, description = "The views cannot be read, are not as far as asked, or somebody else asks for it now", body = Problem)
    )
)]
pub(super) async fn fingerprint(Shared(state): Shared<State>) -> Result<Json<wire::Contents>, Refusal> {
    let found = state.ask(|engine| engine.fingerprint()).await?;
    Ok(Json(wire::Contents::of(found)))
}
