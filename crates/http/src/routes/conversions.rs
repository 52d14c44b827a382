//! Conversions: what was sold, told to who asked; what became of it, and what would be told.

use axum::Json;
use axum::extract::State as Shared;
use origem_conversions::{self as conversions, ConversionError, Desk, Destination, Filter};
use origem_domain::key::{ConversationId, NotAnId, TicketId};
use origem_engine::EngineError;
use origem_wire::json::{self as wire, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{self, Params, Segment};
use crate::state::{State, now};

/// Which conversions. Everything that is given must hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)] // a filter with a typo would otherwise list everything
pub(super) struct List {
    /// `meta` or `webhook`.
    destination: Option<String>,
    /// `waiting`, `sent`, `refused`, `gave_up`, `skipped`, `dry_run`, `withdrawn`.
    state: Option<String>,
    /// The tenant; any if not told.
    account: Option<String>,
    /// The conversation, by id.
    conversation: Option<String>,
    /// The ticket, by id.
    ticket: Option<String>,
    /// What they are called, such as `Purchase`.
    event: Option<String>,
    /// Where to go on: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page: 50 if not told, 200 at most.
    limit: Option<usize>,
}

impl List {
    fn filter(&self, caller: &Caller, state: &State) -> Result<Filter, Refusal> {
        Ok(Filter {
            destination: named("destination", self.destination.as_deref(), Destination::named)?,
            state: named("state", self.state.as_deref(), conversions::State::named)?,
            account: match (&caller.account, self.account.clone()) {
                (None, told) => told,
                (Some(_), told) => Some(caller.account(state, told)?),
            },
            conversation: self.conversation.as_deref().map(conversation).transpose()?,
            ticket: named("ticket", self.ticket.as_deref(), |text| text.parse::<TicketId>().ok())?,
            event: self.event.clone(),
        })
    }
}

fn named<T>(name: &str, told: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
    let Some(told) = told else { return Ok(None) };
    let invalid = || Refusal::Invalid(format!("{name}: there is no `{told}`"));
    read(told).map(Some).ok_or_else(invalid)
}

fn conversation(text: &str) -> Result<ConversationId, Refusal> {
    let invalid = |_: NotAnId| Refusal::Invalid(format!("conversation: `{text}` is not the id of a conversation"));
    text.parse().map_err(invalid)
}

/// Conversions, the latest first, and how the destinations are.
#[utoipa::path(
    get, path = "/v1/conversions", tag = "conversions", operation_id = "list_conversions", params(List),
    responses(
        (status = 200, description = "A page; empty where no destination is configured", body = wire::Conversions),
        (status = 400, description = "A parameter makes no sense", body = Problem)
    )
)]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(list): Params<List>,
) -> Result<Json<wire::Conversions>, Refusal> {
    let limit = params::limit(list.limit, 50, 200)?;
    let filter = list.filter(&caller, &state)?;
    let below = named("cursor", list.cursor.as_deref(), |text| text.parse::<u64>().ok())?;
    let Some(desk) = state.conversions() else {
        return Ok(Json(wire::Conversions::default()));
    };
    let page = desk.list(&filter, below, limit);
    let standings = desk.standings(filter.account.as_deref());
    let mut answer = wire::Conversions {
        items: page.items.iter().map(wire::Conversion::of).collect(),
        next: page.next.map(|next| next.to_string()),
        destinations: standings.iter().map(wire::ConversionDestination::of).collect(),
        ..wire::Conversions::default()
    };
    for ((_, stands), count) in desk.counts(filter.account.as_deref()).items {
        *answer.counts.entry(stands.name().to_owned()).or_default() += count;
    }
    Ok(Json(answer))
}

/// Whose conversions would be told.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    /// The conversation, by id.
    conversation: String,
}

/// What the rules make of a conversation, and why.
///
/// Every end of a ticket, stage and lead in it, with what would be sent of it and what objects to that, whether it was decided
/// before or not. Changes nothing and sends nothing.
#[utoipa::path(
    get, path = "/v1/conversions/explain", tag = "conversions", operation_id = "explain_conversions", params(Whose),
    responses(
        (status = 200, description = "What would be told", body = wire::ConversionsExplained),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "No such conversation", body = Problem),
        (status = 409, description = "No destination is configured", body = Problem),
        (status = 503, description = "The views cannot be read", body = Problem)
    )
)]
pub(super) async fn explain(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(whose): Params<Whose>,
) -> Result<Json<wire::ConversionsExplained>, Refusal> {
    let id = conversation(&whose.conversation)?;
    let desk = desk(&state)?;
    let found = state.ask(move |engine| engine.conversation(id)).await?;
    if !sees(&caller, &found.card.account) {
        let what = whose.conversation;
        return Err(EngineError::NoConversation { what }.into());
    }
    let explained = tokio::task::spawn_blocking(move || desk.explain(id, now())).await??;
    Ok(Json(wire::ConversionsExplained::of(&explained)))
}

/// One conversion, with what its request holds.
#[utoipa::path(
    get, path = "/v1/conversions/{id}", tag = "conversions", operation_id = "get_conversion",
    params(("id" = String, Path, description = "Of the conversion")),
    responses(
        (status = 200, description = "All that is known of it", body = wire::Conversion),
        (status = 404, description = "There is none, or it is forgotten", body = Problem)
    )
)]
pub(super) async fn one(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Json<wire::Conversion>, Refusal> {
    let unknown = || ConversionError::Unknown { key: id.clone() };
    let desk = state.conversions().ok_or_else(unknown)?;
    let item = desk.one(&id)?;
    if !sees(&caller, &item.conversion.account) {
        return Err(unknown().into());
    }
    Ok(Json(wire::Conversion {
        request: Some(desk.request(&item.conversion)),
        ..wire::Conversion::of(&item)
    }))
}

/// Has a conversion be sent now.
///
/// One that was refused, given up or only tried out, or that waits. Where another server has the data, it is that one's to send.
#[utoipa::path(
    post, path = "/v1/admin/conversions/{id}/retry", tag = "operators", operation_id = "retry_conversion",
    params(
        ("id" = String, Path, description = "Of the conversion"),
        ("Authorization" = Option<String>, Header, description = "`Bearer` and the token of operators, where one is configured")
    ),
    responses(
        (status = 200, description = "It waits to be sent", body = wire::Conversion),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 404, description = "There is none, or it is forgotten", body = Problem),
        (status = 409, description = "It was sent, withdrawn or is of no use; or its destination is not configured", body = Problem),
        (status = 503, description = "The outbox cannot be written", body = Problem)
    )
)]
pub(super) async fn retry(
    Shared(state): Shared<State>,
    Segment(id): Segment,
) -> Result<Json<wire::Conversion>, Refusal> {
    let desk = desk(&state)?;
    let item = tokio::task::spawn_blocking(move || desk.send_again(&id, now())).await??;
    Ok(Json(wire::Conversion::of(&item)))
}

fn sees(caller: &Caller, account: &str) -> bool {
    caller.account.as_ref().is_none_or(|own| own == account)
}

fn desk(state: &State) -> Result<Desk, Refusal> {
    Ok(state.conversions().cloned().ok_or(ConversionError::NotConfigured)?)
}
