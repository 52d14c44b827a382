//! Conversations: lists, one, and what happened in it.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::key::ConversationId;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_domain::touch::{OriginKind, Platform};
use origem_engine::query::{Conversation, Expiring, Filter, Order, Page};
use origem_engine::{Engine, EngineError};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::params::{self, MinPosition, Params, Segment};
use crate::past::AsOf;
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

const LIMIT: usize = 50;
const LIMIT_MAX: usize = 200;

/// Which conversations, in which order. Everything that is given must hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)] // a filter with a typo would otherwise list everything
pub(super) struct List {
    /// The tenant; `default` if not told.
    account: Option<String>,
    /// Status of the latest ticket: `new`, `unanswered`, `awaiting_customer`, `finished`.
    #[param(value_type = Option<String>)]
    status: Option<TicketStatus>,
    /// Kind of the current origin: `ad`, `whatsapp_campaign`, `link`, ...
    #[param(value_type = Option<String>)]
    origin: Option<OriginKind>,
    /// Platform of the current origin: `facebook`, `instagram`, `whatsapp`, `webchat`, `unknown`.
    #[param(value_type = Option<String>)]
    platform: Option<Platform>,
    /// Campaign of the current origin, by id.
    campaign: Option<String>,
    /// Ad of the current origin, by id.
    ad: Option<String>,
    /// Link of the current origin, by code.
    link: Option<String>,
    /// Hashtag of the current origin, with or without `#`.
    hashtag: Option<String>,
    /// Team of the latest ticket.
    team: Option<String>,
    /// Assignee of the latest ticket.
    agent: Option<String>,
    /// Beginning of words of a name, or of a number.
    q: Option<String>,
    /// Last activity at or after.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Last activity before.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Only those with a window that is open and closes within this time, such as `30m`, `2h`, `1d`: the customer service window, the
    /// free entry point, the time to answer an ad click. What closes first comes first, page by page; `order` does not count.
    #[param(value_type = Option<String>, example = "30m")]
    expiring_within: Option<String>,
    /// `latest` activity first (default), or `oldest`.
    #[param(value_type = Option<String>)]
    order: Option<OrderName>,
    /// Where to go on: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page: 50 if not told, 200 at most.
    limit: Option<usize>,
    /// Instead of a list: the conversation of whoever has this phone number or other alias; 404 if nobody has. On several
    /// channels, the one with the latest activity.
    contact: Option<String>,
    /// With `contact`: on this channel, `KIND:ID`.
    channel: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderName {
    Latest,
    Oldest,
}

/// Gives the page that was asked for.
type Find = Box<dyn FnOnce(&Engine) -> Result<Page, EngineError> + Send>;

/// A page of conversations.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "conversations", operation_id = "list_conversations", params(List, MinPosition),
    responses(
        (status = 200, description = "A page", body = wire::Conversations),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "Nobody has that alias", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Params(list): Params<List>,
) -> Result<Json<wire::Conversations>, Refusal> {
    let limit = params::limit(list.limit, LIMIT, LIMIT_MAX)?;
    let channel = list.channel.as_deref().map(params::channel).transpose()?;
    let find: Find = match (list.contact, channel) {
        (Some(contact), channel) => Box::new(move |engine| {
            let item = engine.conversation(engine.find(&contact, channel.as_ref())?)?;
            let counts = engine.counts(&item.card.account)?;
            Ok(Page {
                items: vec![item],
                next: None,
                counts,
            })
        }),
        (None, Some(_)) => return Err(Refusal::Invalid("channel: it goes with contact".to_owned())),
        (None, None) => {
            let now = state.clock().at;
            let within = list.expiring_within.as_deref().map(params::length).transpose()?;
            let expiring = within.map(|within| Expiring {
                now,
                by: now.plus(within),
            });
            let filter = Filter {
                account: list.account.unwrap_or_else(|| state.options().account.clone()),
                status: list.status,
                origin: list.origin,
                platform: list.platform,
                campaign: list.campaign,
                ad: list.ad,
                link: list.link,
                hashtag: list.hashtag.map(|tag| tag.trim_start_matches('#').to_lowercase()),
                team: list.team,
                agent: list.agent,
                search: list.q.filter(|q| !q.trim().is_empty()),
                from: list.from,
                to: list.to,
                expiring,
                order: match list.order {
                    Some(OrderName::Oldest) if expiring.is_none() => Order::Oldest,
                    _ => Order::Latest,
                },
            };
            let cursor = list.cursor;
            Box::new(move |engine| engine.conversations(&filter, cursor.as_deref(), limit))
        }
    };
    let clock = state.clock();
    let (page, windows) = state
        .ask(move |engine| {
            let page = find(engine)?;
            let terms = engine.terms(&page.items, clock)?;
            let windows = |item: &Conversation| wire::Windows::brief(&item.windows(clock, &terms));
            let windows: Vec<wire::Windows> = page.items.iter().map(windows).collect();
            Ok((page, windows))
        })
        .await?;
    Ok(Json(wire::Conversations::of(&page).with_windows(windows)))
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
        let conversation = wire::Conversation::of(&past.conversation, Some(&past.timeline));
        return Ok(Json(conversation.with_windows(windows)));
    }
    Ok(Json(shown(&state, id).await?))
}

/// A conversation as it is now, with all that is shown of it.
pub(super) async fn shown(state: &State, id: ConversationId) -> Result<wire::Conversation, Refusal> {
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
    Ok(told.with_temperature(&conversation, clock.at))
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
    Segment(id): Segment,
    Params(as_of): Params<AsOf>,
) -> Result<Json<wire::Page<wire::Touch>>, Refusal> {
    let id = params::conversation(&id)?;
    let touches = match as_of.moment(&state).await? {
        None => state.ask(move |engine| engine.timeline(id)).await?,
        Some(moment) => state.ask(move |engine| engine.timeline_at(id, &moment)).await?,
    };
    Ok(Json(wire::Page::whole(touches.iter().map(wire::Touch::of))))
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
    Segment(id): Segment,
    Params(as_of): Params<AsOf>,
) -> Result<Json<wire::Page<wire::Ticket>>, Refusal> {
    let id = params::conversation(&id)?;
    let tickets = match as_of.moment(&state).await? {
        None => state.ask(move |engine| engine.tickets(id)).await?,
        Some(moment) => state.ask(move |engine| engine.tickets_at(id, &moment)).await?,
    };
    Ok(Json(wire::Page::whole(tickets.iter().map(wire::Ticket::of))))
}
