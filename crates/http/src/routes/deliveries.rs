//! Bulk intake of bare deliveries, for `origem ingest --url`.

use std::mem::take;

use axum::Json;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use origem_engine::query::Heads;
use origem_engine::{Accepted, Source};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::Params;
use crate::state::State;
use crate::{body, position};
use origem_wire::json::{AcceptedDeliveries, Problem};

/// Bytes of deliveries that are made durable together.
const GROUP_BYTES_MAX: usize = 1 << 20;

/// How the body is to be read.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Who wrote the deliveries: `meta` (default), `twilio`, `whatsapp_web`, `event`.
    source: Option<String>,
    /// Wait until the views hold the deliveries, and count duplicates.
    #[serde(default)]
    wait: bool,
    /// What is one delivery.
    #[serde(default)]
    #[param(inline)]
    split: Split,
}

/// What is one delivery.
#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Split {
    /// Every line that is not blank.
    #[default]
    Lines,
    /// The whole body.
    None,
}

/// Appends bare deliveries, one per line, in order.
///
/// What no reader understands is kept and counted as unrecognised. A refusal may leave the first of them appended; sending
/// all again does no harm, for duplicates fold to nothing.
#[utoipa::path(
    post, path = "/v1/deliveries", tag = "producers", operation_id = "append_deliveries",
    params(Query, ("Authorization" = Option<String>, Header, description = "`Bearer` and the token, where one is configured")),
    request_body(content = String, content_type = "application/x-ndjson", description = "Deliveries; up to 8 MiB"),
    responses(
        (status = 200, description = "Durable", body = AcceptedDeliveries,
            headers(("Origem-Position" = String, description = "Where the last event stands"))),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 403, description = "One is of another account than the caller's; nothing was appended", body = Problem),
        (status = 404, description = "No such source", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "Longer than 8 MiB", body = Problem),
        (status = 415, description = "Compressed", body = Problem),
        (status = 503, description = "The log cannot take them, or there is no room for them (`overloaded`), then before the body is read; try again after `Retry-After`", body = Problem)
    )
)]
pub(super) async fn append(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(query): Params<Query>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let options = state.options();
    body::plain(&headers)?;
    let name = query.source.unwrap_or_else(|| Source::Meta.name().to_owned());
    let source = Source::named(&name).ok_or(Refusal::Source(name))?;
    let body = body::deliveries(&state, &headers, body, options.request_bytes_max).await?;

    let mut total = AcceptedDeliveries::default();
    let mut taken = Accepted::default();
    let mut groups_read = Vec::new();
    for group in groups(&body, query.split) {
        total.deliveries += group.len() as u64;
        groups_read.push(state.read(Some(&caller), source, group).await?);
    }
    // Not before all of them are known to be the caller's to bring.
    for read in groups_read {
        taken.add(state.append(source, read).await?);
    }
    (total.events, total.unrecognised) = (taken.events, taken.unrecognised);
    total.position = taken.positions();
    // Whoever waits for the views needs no room any more.
    drop(body);
    if query.wait {
        let waited = state.engine().wait(&total.position, options.bulk_wait_timeout).await;
        // They are durable, whatever the views do: an error would only make the caller send them again.
        total.duplicates = waited.ok().and_then(|()| state.engine().duplicates(&taken));
        let heads = state.ask(|engine| engine.ask(&Heads)).await;
        total.conversations = heads
            .ok()
            .map(|heads| heads.values().map(|head| head.conversations).sum());
    }
    Ok((position::told(&total.position), Json(total)).into_response())
}

/// The deliveries of a body, in groups that are made durable together.
fn groups(body: &Bytes, split: Split) -> Vec<Vec<Bytes>> {
    let lines: Vec<Bytes> = match split {
        Split::None => vec![body.clone()],
        Split::Lines => {
            let lines = body.split(|byte| *byte == b'\n');
            let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            let told = lines.filter(|line| !line.trim_ascii().is_empty());
            told.map(|line| body.slice_ref(line)).collect()
        }
    };
    let (mut groups, mut group, mut bytes) = (Vec::new(), Vec::new(), 0);
    for line in lines {
        bytes += line.len();
        group.push(line);
        if bytes >= GROUP_BYTES_MAX {
            groups.push(take(&mut group));
            bytes = 0;
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}
