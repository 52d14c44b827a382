//! Keys of callers: made, listed without what is secret of them, revoked.

use axum::Json;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use origem_access::{Key, Wanted};
use origem_domain::access::Role;
use origem_domain::directory::{AccessKey, Item, KEYS, Kind};
use origem_domain::time::Timestamp;
use origem_engine::{EngineError, Entry, Snapshot, Wish, Writer};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::body;
use crate::error::Refusal;
use crate::params::{self, Segment};
use crate::state::{State, now};
use origem_wire::json::{self as wire, Page, Problem};

/// The key that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// What its holder may do: `agent`, `manager`, `administrator`, `operator`, `producer`.
    #[schema(value_type = String)]
    role: Role,
    /// The agent its holder is, by id; needed for the role `agent`.
    agent: Option<String>,
    /// The only account it is good for. Operators have none; producers without one bring events of any; of
    /// others the caller's or the server's own if not told.
    account: Option<String>,
    /// What it is for.
    name: Option<String>,
    /// It is good for that long, such as `90d`; not told: until it is revoked.
    #[schema(example = "90d")]
    expires_in: Option<String>,
    /// It is good until then. Instead of `expires_in`.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl New {
    fn wanted(self, state: &State, caller: &Caller) -> Result<Wanted, Refusal> {
        caller.may_give(self.role)?;
        let now = now();
        let expires_at = match (self.expires_in, self.expires_at) {
            (Some(_), Some(_)) => {
                return Err(Refusal::Invalid(
                    "expires_at: it does not go with expires_in; give one of them".to_owned(),
                ));
            }
            (Some(text), None) => Some(now.plus(params::length(&text)?)),
            (None, told) => told,
        };
        if expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::Invalid("expires_at: it is in the past".to_owned()));
        }
        let account = match self.role {
            Role::Operator => self.account,
            Role::Producer if caller.account.is_none() => self.account,
            _ => Some(caller.account(state, self.account)?),
        };
        Ok(Wanted {
            role: self.role,
            account,
            agent: self.agent,
            name: self.name,
            expires_at,
        })
    }
}

/// All keys that the caller looks after, in order of ids; of none of them the key itself.
#[utoipa::path(
    get, path = "/v1/keys", tag = "access", operation_id = "list_keys",
    responses(
        (status = 200, description = "The keys", body = Page<wire::Key>),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 403, description = "Not an administrator or operator", body = Problem)
    )
)]
pub(super) async fn list(Shared(state): Shared<State>, caller: Caller) -> Json<Page<wire::Key>> {
    let directory = state.engine().directory().snapshot();
    let keys = directory.list(KEYS, Kind::AccessKey).filter_map(|entry| {
        let key = looked_after(entry, &caller)?;
        Some(wire::Key::of(entry, key))
    });
    Json(Page::whole(keys.collect::<Vec<_>>()))
}

/// Makes a key. The answer has the key itself, this once. With the first one, everybody has to show a key from then on.
#[utoipa::path(
    post, path = "/v1/keys", tag = "access", operation_id = "create_key",
    request_body(content = New, description = "What it is to be"),
    responses(
        (status = 201, description = "The key", body = wire::NewKey),
        (status = 400, description = "Something makes no sense", body = Problem),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 403, description = "Not the caller's to make: of another account, or of operators", body = Problem),
        (status = 503, description = "The directory cannot be written; try again", body = Problem)
    )
)]
pub(super) async fn create(
    Shared(state): Shared<State>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let options = state.options();
    body::plain(&headers)?;
    let body = body::read(&state, &headers, body, options.request_bytes_max).await?;
    let new: New = serde_json::from_slice(&body).map_err(|error| Refusal::Invalid(format!("the body: {error}")))?;
    let key = Key::make(new.wanted(&state, &caller)?).map_err(|_| Refusal::Lost)?;
    let Key { id, entry, secret } = key;
    let writer = Writer {
        at: now(),
        by: caller.writer(None)?,
    };
    let wish = Wish {
        account: KEYS.to_owned(),
        id: id.clone(),
        item: Item::AccessKey(entry),
    };
    state
        .ask(move |engine| engine.directory().put(&[wish], &writer))
        .await?;
    let directory = state.engine().directory().snapshot();
    let about = found(&directory, &caller, &id)?;
    let new = wire::NewKey {
        key: String::from_utf8_lossy(secret.bytes()).into_owned(),
        about,
    };
    Ok((StatusCode::CREATED, Json(new)).into_response())
}

/// Revokes a key: it is good for nothing from then on, here at once, at other instances a moment later.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "access", operation_id = "revoke_key",
    params(("id" = String, Path, description = "The public id of the key")),
    responses(
        (status = 204, description = "It is good for nothing any more"),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 403, description = "Not the caller's to revoke", body = Problem),
        (status = 404, description = "There is no such key", body = Problem),
        (status = 503, description = "The directory cannot be written; try again", body = Problem)
    )
)]
pub(super) async fn revoke(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<StatusCode, Refusal> {
    found(&state.engine().directory().snapshot(), &caller, &id)?;
    if let Some(key) = state.engine().directory().snapshot().access_key(KEYS, &id) {
        caller.may_give(key.role)?;
    }
    let writer = Writer {
        at: now(),
        by: caller.writer(None)?,
    };
    state
        .ask(move |engine| engine.directory().remove(KEYS, Kind::AccessKey, &id, &writer))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The key of an entry, if it is the caller's to look after: of its account, or of any where it has none.
fn looked_after<'a>(entry: &'a Entry, caller: &Caller) -> Option<&'a AccessKey> {
    match &entry.item {
        Item::AccessKey(key) if caller.account.is_none() || caller.account == key.account => Some(key),
        _ => None,
    }
}

/// A key of the directory that the caller looks after.
fn found(directory: &Snapshot, caller: &Caller, id: &str) -> Result<wire::Key, Refusal> {
    let entry = directory.entry(KEYS, Kind::AccessKey, id)?;
    let missing = || EngineError::NoEntry {
        kind: Kind::AccessKey.name(),
        id: id.to_owned(),
    };
    let key = looked_after(entry, caller).ok_or_else(missing)?;
    Ok(wire::Key::of(entry, key))
}
