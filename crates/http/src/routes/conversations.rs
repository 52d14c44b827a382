//! Conversations: lists, one, and what happened in it.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::key::ConversationId;
use origem_engine::query::{Conversation, Filter, Page};
use origem_engine::{Engine, EngineError};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{self, Both, MinPosition, Nothing, Params, Segment};
use crate::past::AsOf;
use crate::routes::filters::Filters;
use crate::state::State;
use origem_wire::json::{self as wire, Join as _, Problem};

const LIMIT: usize = 50;
const LIMIT_MAX: usize = 200;

/// Which part of the list, or whom instead of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Where to go on: `next` of the page before, with the same filters and order.
    cursor: Option<String>,
    /// Items of a page: 50 if not told, 200 at most.
    limit: Option<usize>,
    /// Instead of a list: the conversation of whoever has this phone number or other alias; 404 if nobody has. On several
    /// channels, the one with the latest activity, or the one on `channel`.
    contact: Option<String>,
}

/// A page of conversations.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "conversations", operation_id = "list_conversations", params(Filters, Part, MinPosition),
    responses(
        (status = 200, description = "A page", body = wire::Conversations),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "Nobody has that alias", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Both(filters, part): Both<Filters, Part>,
) -> Result<Json<wire::Conversations>, Refusal> {
    let limit = params::limit(part.limit, LIMIT, LIMIT_MAX)?;
    let account_is_told = filters.account.is_some();
    let filter = filters.read(&state, &caller)?;
    let clock = state.clock();
    let names = state.names(&caller);
    let list = state.ask(move |engine| {
        let page = match part.contact {
            Some(contact) => of_contact(engine, filter, account_is_told, &contact)?,
            None => engine.conversations(&filter, part.cursor.as_deref(), limit)?,
        };
        let terms = engine.terms(&page.items, clock)?;
        let windows = |item: &Conversation| wire::Windows::brief(&item.windows(clock, &terms));
        let windows: Vec<wire::Windows> = page.items.iter().map(windows).collect();
        let directory = engine.directory().snapshot();
        let mut list = wire::Conversations::of(&page).with_windows(windows);
        let items = list.items.into_iter().zip(&page.items);
        list.items = items
            .map(|(shown, item)| shown.named(&directory).with_temperature(item, clock.at))
            .collect();
        list.join(&names);
        Ok(list)
    });
    Ok(Json(list.await?))
}

/// The conversation of a contact, as a list of one.
fn of_contact(engine: &Engine, filter: Filter, account_is_told: bool, contact: &str) -> Result<Page, EngineError> {
    let account = account_is_told.then_some(filter.account.as_str());
    let id = engine.find_seen(account, contact, filter.channel.as_ref(), &filter.sight)?;
    let item = engine.conversation(id)?;
    let seen = Filter {
        account: item.card.account.clone(),
        sight: filter.sight,
        ..Filter::default()
    };
    let counts = engine.tally(&seen)?.counts;
    Ok(Page {
        items: vec![item],
        next: None,
        counts,
    })
}

/// What stands before and behind a conversation in a list.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/neighbours", tag = "conversations", operation_id = "get_neighbours",
    params(("id" = String, Path, description = "Of the conversation, also of one that does not fit the filters any more"), Filters, MinPosition),
    responses(
        (status = 200, description = "Those next to it, as far as there are any", body = wire::Neighbours),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such conversation", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn neighbours(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Both(filters, Nothing {}): Both<Filters, Nothing>,
) -> Result<Json<wire::Neighbours>, Refusal> {
    let id = params::conversation(&id)?;
    let filter = filters.read(&state, &caller)?;
    let neighbours = state.ask(move |engine| engine.neighbours(id, &filter)).await?;
    Ok(Json(wire::Neighbours::of(&neighbours)))
}

/// A conversation, with all its origins and what may be sent now.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", tag = "conversations", operation_id = "get_conversation",
    params(("id" = String, Path, description = "Of the conversation, also of one that was merged into it"), AsOf, MinPosition),
    responses(
        (status = 200, description = "The conversation", body = wire::Conversation),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is none, or there was none at that moment", body = Problem),
        (status = 410, description = "The log does not hold all of that past any more", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn one(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(as_of): Params<AsOf>,
) -> Result<Json<wire::Conversation>, Refusal> {
    let id = params::conversation(&id)?;
    let clock = state.clock();
    if let Some(moment) = as_of.moment(&state).await? {
        let past = state
            .ask(move |engine| engine.conversation_at(id, &moment, clock.zone))
            .await?;
        let windows = wire::Windows::of(&past.windows);
        let then = windows.as_of;
        let conversation = wire::Conversation::of(&past.conversation, Some(&past.timeline));
        let conversation = conversation
            .with_windows(windows)
            .with_temperature(&past.conversation, then);
        return Ok(Json(conversation.joined(&state.names(&caller))));
    }
    Ok(Json(shown(&state, &caller, id).await?))
}

/// A conversation as it is now, with all that is shown of it.
pub(super) async fn shown(state: &State, caller: &Caller, id: ConversationId) -> Result<wire::Conversation, Refusal> {
    let clock = state.clock();
    let (conversation, timeline, terms) = state
        .ask(move |engine| {
            let conversation = engine.conversation(id)?;
            let terms = engine.terms(std::slice::from_ref(&conversation), clock)?;
            Ok((conversation, engine.timeline(id)?, terms))
        })
        .await?;
    let windows = wire::Windows::of(&conversation.windows(clock, &terms));
    let told = wire::Conversation::of(&conversation, Some(&timeline)).with_windows(windows);
    let directory = state.engine().directory().snapshot();
    let told = told.named(&directory).with_temperature(&conversation, clock.at);
    Ok(told.joined(&state.names(caller)))
}

/// Every origin of a conversation, in order of time.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/timeline", tag = "conversations", operation_id = "get_timeline",
    params(("id" = String, Path, description = "Of the conversation"), AsOf, MinPosition),
    responses(
        (status = 200, description = "The touches", body = wire::Page<wire::Touch>),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such conversation, or there was none at that moment", body = Problem),
        (status = 410, description = "The log does not hold all of that past any more", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn timeline(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(as_of): Params<AsOf>,
) -> Result<Json<wire::Page<wire::Touch>>, Refusal> {
    let id = params::conversation(&id)?;
    let touches = match as_of.moment(&state).await? {
        None => state.ask(move |engine| engine.timeline(id)).await?,
        Some(moment) => state.ask(move |engine| engine.timeline_at(id, &moment)).await?,
    };
    let page = wire::Page::whole(touches.iter().map(wire::Touch::of));
    Ok(Json(page.joined(&state.names(&caller))))
}

/// Every ticket of a conversation, in order of opening, each with its origins.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/tickets", tag = "conversations", operation_id = "get_tickets",
    params(("id" = String, Path, description = "Of the conversation"), AsOf, MinPosition),
    responses(
        (status = 200, description = "The tickets", body = wire::Page<wire::Ticket>),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such conversation, or there was none at that moment", body = Problem),
        (status = 410, description = "The log does not hold all of that past any more", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn tickets(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(as_of): Params<AsOf>,
) -> Result<Json<wire::Page<wire::Ticket>>, Refusal> {
    let id = params::conversation(&id)?;
    let tickets = match as_of.moment(&state).await? {
        None => state.ask(move |engine| engine.tickets(id)).await?,
        Some(moment) => state.ask(move |engine| engine.tickets_at(id, &moment)).await?,
    };
    let page = wire::Page::whole(tickets.iter().map(wire::Ticket::of));
    Ok(Json(page.joined(&state.names(&caller))))
}
