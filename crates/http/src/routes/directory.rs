//! The directory: what a business maintains beside the events. Every kind has the same routes; one is added with one line in
//! `kinds!`.

use axum::Json;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use origem_access::Denied;
use origem_domain::access::Role;
use origem_domain::day::Day;
use origem_domain::directory::{Faults, Item, Kind};
use origem_engine::{Directory, EngineError, Entry, Wish, Writer};
use origem_wire::directory::{
    Named, read_ad_spend, read_ads, read_campaigns, read_links, read_many, read_one, read_rate_cards, write_links,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::body;
use crate::error::Refusal;
use crate::links::public_base;
use crate::params::{Params, Segment};
use crate::state::{State, now};
use origem_wire::json::{self as wire, Problem};

/// Whose directory.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    /// The tenant; the server's own if not told. Accounts themselves have none.
    account: Option<String>,
}

/// Whose directory, and who writes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The tenant; the server's own if not told. Accounts themselves have none.
    account: Option<String>,
    /// Who writes, to be kept with the entry; if not told, the caller.
    by: Option<String>,
    /// Of rate cards as CSV: the day from which rows hold that do not tell theirs, such as 2026-10-01.
    #[param(value_type = Option<String>, format = Date)]
    effective_from: Option<Day>,
}

/// Entries as JSON; links as a table with their addresses to whoever asks for `text/csv`.
fn answered(state: &State, kind: Kind, headers: &HeaderMap, page: Json<wire::Page<wire::DirectoryEntry>>) -> Response {
    let wanted = headers.get(header::ACCEPT).and_then(|wanted| wanted.to_str().ok());
    if kind != Kind::Link || !wanted.is_some_and(|wanted| wanted.contains("text/csv")) {
        return page.into_response();
    }
    let links = page.0.items.iter().filter_map(|entry| match &entry.item {
        Item::Link(link) => Some((entry.id.as_str(), link)),
        _ => None,
    });
    let table = write_links(links, &public_base(state.options(), headers));
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], table).into_response()
}

/// Whose entry it is: an account is its own.
fn account_of<'a>(kind: Kind, account: &'a str, id: &'a str) -> &'a str {
    if kind == Kind::Account { id } else { account }
}

/// That an entry is of the caller's account; of kinds whose entries are accounts, that it is the account.
fn own(state: &State, caller: &Caller, kind: Kind, account: &str, ids: &[&str]) -> Result<(), Refusal> {
    for id in ids {
        caller.account(state, Some(account_of(kind, account, id).to_owned()))?;
    }
    Ok(())
}

/// That nobody but operators gives an account a plan, or takes it away: `told` is the plan it is to have.
fn keeps_plan(state: &State, caller: &Caller, id: &str, told: Option<&String>) -> Result<(), Refusal> {
    let directory = state.engine().directory().snapshot();
    let has = directory.account(id).and_then(|account| account.plan.as_ref());
    if caller.open || caller.role == Role::Operator || has == told {
        return Ok(());
    }
    Err(Denied::Role {
        role: caller.role,
        allowed: &[Role::Operator],
    }
    .into())
}

/// What a caller is told of an entry: where the results of campaigns are shown is for those who manage them.
fn shown(caller: &Caller, entry: &Entry) -> wire::DirectoryEntry {
    let mut shown = wire::DirectoryEntry::of(entry);
    if let Item::Campaign(campaign) = &mut shown.item
        && !caller.manages()
    {
        campaign.dashboard_url = None;
    }
    shown
}

async fn list(
    state: State,
    caller: Caller,
    kind: Kind,
    of: Of,
) -> Result<Json<wire::Page<wire::DirectoryEntry>>, Refusal> {
    let account = caller.account(&state, of.account)?;
    if kind == Kind::Template {
        let entries = templates_of(&state, account).await?;
        return Ok(Json(wire::Page::whole(entries.iter().map(wire::DirectoryEntry::of))));
    }
    let snapshot = state.engine().directory().snapshot();
    let entries: Vec<wire::DirectoryEntry> = match kind {
        Kind::Account => snapshot
            .accounts()
            .filter(|entry| caller.account.as_ref().is_none_or(|own| *own == entry.id))
            .map(|entry| shown(&caller, entry))
            .collect(),
        kind => snapshot
            .list(&account, kind)
            .map(|entry| shown(&caller, entry))
            .collect(),
    };
    Ok(Json(wire::Page::whole(entries)))
}

async fn one(
    state: State,
    caller: Caller,
    kind: Kind,
    id: String,
    of: Of,
) -> Result<Json<wire::DirectoryEntry>, Refusal> {
    let account = caller.account(&state, of.account)?;
    own(&state, &caller, kind, &account, &[&id])?;
    if kind == Kind::Template {
        let entries = templates_of(&state, account).await?;
        let missing = || EngineError::NoEntry {
            kind: kind.name(),
            id: id.clone(),
        };
        let entry = entries.iter().find(|entry| entry.id == id).ok_or_else(missing)?;
        return Ok(Json(wire::DirectoryEntry::of(entry)));
    }
    let snapshot = state.engine().directory().snapshot();
    let entry = snapshot.entry(account_of(kind, &account, &id), kind, &id)?;
    Ok(Json(shown(&caller, entry)))
}

async fn put_one(
    state: State,
    caller: Caller,
    kind: Kind,
    id: String,
    change: Change,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<wire::DirectoryEntry>, Refusal> {
    let body = taken(&state, &headers, body).await?;
    let named = id.clone();
    let entry = apart(&state, move || read_one(kind, Some(&named), &body)).await?;
    let of = Of {
        account: change.account.clone(),
    };
    write(&state, &caller, kind, change, vec![entry]).await?;
    one(state, caller, kind, id, of).await
}

async fn put_many(
    state: State,
    caller: Caller,
    kind: Kind,
    change: Change,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<wire::Page<wire::DirectoryEntry>>, Refusal> {
    let body = taken(&state, &headers, body).await?;
    let is_json = body
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_none_or(|byte| matches!(byte, b'[' | b'{'));
    let effective_from = change.effective_from;
    let read = move || match kind {
        Kind::RateCard if !is_json => read_rate_cards(&body, effective_from),
        Kind::AdSpend if !is_json => read_ad_spend(&body),
        Kind::Link if !is_json => read_links(&body),
        Kind::Campaign if !is_json => read_campaigns(&body),
        Kind::Ad if !is_json => read_ads(&body),
        kind => read_many(kind, &body),
    };
    let entries = apart(&state, read).await?;
    let account = caller.account(&state, change.account.clone())?;
    let ids: Vec<String> = entries.iter().map(|(id, _)| id.clone()).collect();
    write(&state, &caller, kind, change, entries).await?;
    let snapshot = state.engine().directory().snapshot();
    let written = ids
        .iter()
        .map(|id| snapshot.entry(account_of(kind, &account, id), kind, id));
    let written = written
        .map(|entry| Ok(wire::DirectoryEntry::of(entry?)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    Ok(Json(wire::Page::whole(written)))
}

async fn remove(state: State, caller: Caller, kind: Kind, id: String, change: Change) -> Result<StatusCode, Refusal> {
    let account = caller.account(&state, change.account)?;
    own(&state, &caller, kind, &account, &[&id])?;
    if kind == Kind::Account {
        keeps_plan(&state, &caller, &id, None)?;
    }
    let writer = Writer {
        at: now(),
        by: caller.writer(change.by)?,
    };
    state
        .ask(move |engine| {
            engine
                .directory()
                .remove(account_of(kind, &account, &id), kind, &id, &writer)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Templates as they are now: the directory's, and what the provider reported.
async fn templates_of(state: &State, account: String) -> Result<Vec<Entry>, Refusal> {
    state.ask(move |engine| engine.templates(&account, now())).await
}

/// The body of a write.
async fn taken(state: &State, headers: &HeaderMap, body: Body) -> Result<body::Arrived, Refusal> {
    let options = state.options();
    body::plain(headers)?;
    body::read(state, headers, body, options.request_bytes_max).await
}

/// Reads what was sent on a thread of its own: a file of rates may be long, and nobody else's requests wait for it.
async fn apart<T: Send + 'static>(
    state: &State,
    read: impl FnOnce() -> Result<T, Faults> + Send + 'static,
) -> Result<T, Refusal> {
    state.ask(move |_| read().map_err(EngineError::Faulty)).await
}

async fn write(state: &State, caller: &Caller, kind: Kind, change: Change, entries: Vec<Named>) -> Result<(), Refusal> {
    let account = caller.account(state, change.account)?;
    let ids: Vec<&str> = entries.iter().map(|(id, _)| id.as_str()).collect();
    own(state, caller, kind, &account, &ids)?;
    for (id, item) in &entries {
        if let Item::Account(told) = item {
            keeps_plan(state, caller, id, told.plan.as_ref())?;
        }
    }
    let writer = Writer {
        at: now(),
        by: caller.writer(change.by)?,
    };
    let wish = |(id, item): Named| Wish {
        account: account_of(kind, &account, &id).to_owned(),
        id,
        item,
    };
    let wishes: Vec<Wish> = entries.into_iter().map(wish).collect();
    state
        .ask(move |engine| Directory::put(engine.directory(), &wishes, &writer))
        .await
}

/// The routes of a kind: a module of handlers with their documentation.
macro_rules! kinds {
    ($($name:ident($kind:expr, $path:tt, $each:tt, $tag:tt, $list:tt, $get:tt, $put_all:tt, $put:tt, $delete:tt);)*) => { $(
        pub(super) mod $name {
            use super::*;

            /// All entries, in order of ids.
            #[utoipa::path(
                get, path = $path, tag = $tag, operation_id = $list, params(Of),
                responses((status = 200, description = "The entries", body = wire::Page<wire::DirectoryEntry>))
            )]
            pub(in super::super) async fn list(
                Shared(state): Shared<State>,
                caller: Caller,
                Params(of): Params<Of>,
                headers: HeaderMap,
            ) -> Result<Response, Refusal> {
                let page = super::list(state.clone(), caller, $kind, of).await?;
                Ok(super::answered(&state, $kind, &headers, page))
            }

            /// Writes several entries, all or none; done when they are durable and every later read here shows them.
            #[utoipa::path(
                put, path = $path, tag = $tag, operation_id = $put_all, params(Change),
                request_body(
                    content = Object,
                    description = "A JSON array of entries, or an object with it as `items`. Rate cards, ad spend, links, campaigns and ads also as CSV, as published or exported. Links are answered as CSV with their addresses to who asks for `text/csv`"
                ),
                responses(
                    (status = 200, description = "What was written", body = wire::Page<wire::DirectoryEntry>),
                    (status = 400, description = "Something makes no sense; nothing was written", body = Problem),
                    (status = 401, description = "No key, or one that is not valid", body = Problem),
                    (status = 503, description = "The directory cannot be written; try again", body = Problem)
                )
            )]
            pub(in super::super) async fn put_all(
                Shared(state): Shared<State>,
                caller: Caller,
                Params(change): Params<Change>,
                headers: HeaderMap,
                body: Body,
            ) -> Result<Response, Refusal> {
                let page = super::put_many(state.clone(), caller, $kind, change, headers.clone(), body).await?;
                Ok(super::answered(&state, $kind, &headers, page))
            }

            /// One entry.
            #[utoipa::path(
                get, path = $each, tag = $tag, operation_id = $get,
                params(("id" = String, Path, description = "Of the entry"), Of),
                responses(
                    (status = 200, description = "The entry", body = wire::DirectoryEntry),
                    (status = 404, description = "There is none", body = Problem)
                )
            )]
            pub(in super::super) async fn one(
                Shared(state): Shared<State>,
                caller: Caller,
                Segment(id): Segment,
                Params(of): Params<Of>,
            ) -> Result<Json<wire::DirectoryEntry>, Refusal> {
                super::one(state, caller, $kind, id, of).await
            }

            /// Writes an entry, new or in the place of what it said; done when it is durable and every later read here shows it.
            #[utoipa::path(
                put, path = $each, tag = $tag, operation_id = $put,
                params(("id" = String, Path, description = "Of the entry"), Change),
                request_body(content = Object, description = "What it says, as JSON"),
                responses(
                    (status = 200, description = "The entry", body = wire::DirectoryEntry),
                    (status = 400, description = "Something makes no sense; nothing was written", body = Problem),
                    (status = 401, description = "No key, or one that is not valid", body = Problem),
                    (status = 503, description = "The directory cannot be written; try again", body = Problem)
                )
            )]
            pub(in super::super) async fn put(
                Shared(state): Shared<State>,
                caller: Caller,
                Segment(id): Segment,
                Params(change): Params<Change>,
                headers: HeaderMap,
                body: Body,
            ) -> Result<Json<wire::DirectoryEntry>, Refusal> {
                super::put_one(state, caller, $kind, id, change, headers, body).await
            }

            /// Takes an entry away.
            #[utoipa::path(
                delete, path = $each, tag = $tag, operation_id = $delete,
                params(("id" = String, Path, description = "Of the entry"), Change),
                responses(
                    (status = 204, description = "It is gone"),
                    (status = 401, description = "No key, or one that is not valid", body = Problem),
                    (status = 404, description = "There is none", body = Problem),
                    (status = 503, description = "The directory cannot be written; try again", body = Problem)
                )
            )]
            pub(in super::super) async fn delete(
                Shared(state): Shared<State>,
                caller: Caller,
                Segment(id): Segment,
                Params(change): Params<Change>,
            ) -> Result<StatusCode, Refusal> {
                super::remove(state, caller, $kind, id, change).await
            }
        }
    )* };
}

kinds! {
    accounts(Kind::Account, "/v1/accounts", "/v1/accounts/{id}", "directory",
        "list_accounts", "get_account", "put_accounts", "put_account", "delete_account");
    rate_cards(Kind::RateCard, "/v1/rate-cards", "/v1/rate-cards/{id}", "directory",
        "list_rate_cards", "get_rate_card", "put_rate_cards", "put_rate_card", "delete_rate_card");
    templates(Kind::Template, "/v1/templates", "/v1/templates/{id}", "directory",
        "list_templates", "get_template", "put_templates", "put_template", "delete_template");
    channels(Kind::Channel, "/v1/channels", "/v1/channels/{id}", "directory",
        "list_channels", "get_channel", "put_channels", "put_channel", "delete_channel");
    teams(Kind::Team, "/v1/teams", "/v1/teams/{id}", "directory",
        "list_teams", "get_team", "put_teams", "put_team", "delete_team");
    agents(Kind::Agent, "/v1/agents", "/v1/agents/{id}", "directory",
        "list_agents", "get_agent", "put_agents", "put_agent", "delete_agent");
    departments(Kind::Department, "/v1/departments", "/v1/departments/{id}", "directory",
        "list_departments", "get_department", "put_departments", "put_department", "delete_department");
    classifications(Kind::Classification, "/v1/classifications", "/v1/classifications/{id}", "directory",
        "list_classifications", "get_classification", "put_classifications", "put_classification", "delete_classification");
    plans(Kind::Plan, "/v1/plans", "/v1/plans/{id}", "directory",
        "list_plans", "get_plan", "put_plans", "put_plan", "delete_plan");
    campaigns(Kind::Campaign, "/v1/campaigns", "/v1/campaigns/{id}", "directory",
        "list_campaigns", "get_campaign", "put_campaigns", "put_campaign", "delete_campaign");
    ads(Kind::Ad, "/v1/ads", "/v1/ads/{id}", "directory",
        "list_ads", "get_ad", "put_ads", "put_ad", "delete_ad");
    links(Kind::Link, "/v1/links", "/v1/links/{id}", "directory",
        "list_links", "get_link", "put_links", "put_link", "delete_link");
    ad_spend(Kind::AdSpend, "/v1/ad-spend", "/v1/ad-spend/{id}", "directory",
        "list_ad_spend", "get_ad_spend", "put_ad_spend", "put_one_ad_spend", "delete_ad_spend");
}
