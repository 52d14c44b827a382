//! Rebuilds, for operators: views are folded again from the log beside those that serve, compared with them, and switched to.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::future::{Either, select};
use futures_util::{Stream, stream};
use origem_engine::EngineError;
use origem_engine::rebuild::RebuildOptions;
use origem_wire::json::{self as wire, Page, Problem};
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::body;
use crate::error::Refusal;
use crate::params::Segment;
use crate::state::State;

/// What a rebuild is to do.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// Read the bytes of deliveries again by the parsers of this build.
    renormalise: bool,
    /// End with the comparison: nothing is switched, and what was folded is removed.
    dry_run: bool,
    /// Switch even where the log begins late and the new views lack what the ones that serve hold from before: it is lost then.
    accept_loss: bool,
    /// Conversations that differ to show in full; 20 if not told, 1,000 at most.
    examples: Option<usize>,
    /// The share of one core it may take: over 0, up to 1; 1: no limit, on all cores. The setting `rebuild.cpu_share` if not told.
    cpu_share: Option<f64>,
}

impl Wanted {
    /// Conversations shown in full, at most: they are kept in memory.
    const EXAMPLES_MAX: usize = 1_000;

    fn options(&self, usual: RebuildOptions) -> Result<RebuildOptions, Refusal> {
        let cpu_share = self.cpu_share.unwrap_or(usual.cpu_share);
        if !(cpu_share > 0.0 && cpu_share <= 1.0) {
            return Err(Refusal::Invalid("cpu_share: it must be over 0 and up to 1".to_owned()));
        }
        Ok(RebuildOptions {
            renormalise: self.renormalise,
            dry_run: self.dry_run,
            accept_loss: self.accept_loss,
            examples: self.examples.unwrap_or(usual.examples).min(Self::EXAMPLES_MAX),
            cpu_share,
            ..usual
        })
    }
}

/// Begins a rebuild.
///
/// Views are folded again beside those that serve, of every partition that this instance owns, one after the other; both are
/// compared, and unless it is a dry run the new ones take over at an equal position. Nobody who reads notices.
#[utoipa::path(
    post, path = "/v1/admin/rebuilds", tag = "operators", operation_id = "start_rebuild",
    params(("Authorization" = Option<String>, Header, description = "`Bearer` and the token of operators, where one is configured")),
    request_body(content = Wanted, description = "What it is to do; empty: all as usual"),
    responses(
        (status = 202, description = "It has begun", body = wire::Rebuild, headers(("Location" = String, description = "Where to follow it"))),
        (status = 400, description = "It makes no sense", body = Problem),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 409, description = "Another is under way; or the log begins late, and `accept_loss` is not told", body = Problem),
        (status = 503, description = "The log or the views cannot be read", body = Problem)
    )
)]
pub(super) async fn start(Shared(state): Shared<State>, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let wanted: Wanted = wanted(&state, &headers, body).await?;
    let options = wanted.options(state.engine().rebuild_options())?;
    let engine = state.engine().clone();
    let status = tokio::task::spawn_blocking(move || engine.start_rebuild(options)).await??;
    let location = format!("/v1/admin/rebuilds/{}", status.id);
    let location = HeaderValue::try_from(location).map_err(|_| Refusal::Lost)?;
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, Json(wire::Rebuild::of(&status))).into_response())
}

/// Reads what is wanted of whoever may want it.
async fn wanted<T: Default + for<'a> Deserialize<'a>>(
    state: &State,
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Refusal> {
    let options = state.options();
    body::plain(headers)?;
    let body = body::read(state, headers, body, options.request_bytes_max).await?;
    if body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(&body).map_err(|error| Refusal::Invalid(format!("the body: {error}")))
}

/// The rebuilds of this instance, the latest first.
#[utoipa::path(
    get, path = "/v1/admin/rebuilds", tag = "operators", operation_id = "list_rebuilds",
    params(("Authorization" = Option<String>, Header, description = "`Bearer` and the token of operators, where one is configured")),
    responses(
        (status = 200, description = "All that are remembered", body = Page<wire::Rebuild>),
        (status = 401, description = "No key, or one that is not valid", body = Problem)
    )
)]
pub(super) async fn list(Shared(state): Shared<State>) -> Result<Json<Page<wire::Rebuild>>, Refusal> {
    Ok(Json(Page {
        items: state.engine().rebuilds().iter().map(wire::Rebuild::of).collect(),
        next: None,
    }))
}

/// A rebuild.
#[utoipa::path(
    get, path = "/v1/admin/rebuilds/{id}", tag = "operators", operation_id = "get_rebuild",
    params(
        ("id" = u64, Path, description = "Which"),
        ("Authorization" = Option<String>, Header, description = "`Bearer` and the token of operators, where one is configured")
    ),
    responses(
        (status = 200, description = "How it is", body = wire::Rebuild),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 404, description = "There is none of that number", body = Problem)
    )
)]
pub(super) async fn one(Shared(state): Shared<State>, Segment(id): Segment) -> Result<Json<wire::Rebuild>, Refusal> {
    let status = state.engine().rebuild(number(&id)?)?;
    Ok(Json(wire::Rebuild::of(&status)))
}

fn number(id: &str) -> Result<u64, Refusal> {
    let missing = |_| EngineError::NoRebuild { id: id.to_owned() };
    Ok(id.parse().map_err(missing)?)
}

/// A rebuild as it goes on, as server-sent events: `progress` a few times a second, and `end` when it has ended; `data` is a
/// `Rebuild`.
#[utoipa::path(
    get, path = "/v1/admin/rebuilds/{id}/events", tag = "operators", operation_id = "follow_rebuild",
    params(
        ("id" = u64, Path, description = "Which"),
        ("Authorization" = Option<String>, Header, description = "`Bearer` and the token of operators, where one is configured")
    ),
    responses(
        (status = 200, description = "The stream", body = wire::Rebuild, content_type = "text/event-stream"),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 404, description = "There is none of that number", body = Problem)
    )
)]
pub(super) async fn follow(
    Shared(state): Shared<State>,
    Segment(id): Segment,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let id = number(&id)?;
    let changed = state.engine().rebuild_watch();
    state.engine().rebuild(id)?;
    let keep_alive = KeepAlive::new().interval(state.options().heartbeat);
    let place = Place {
        closing: state.closing(),
        changed,
        told: false,
        state,
        id,
    };
    let events = stream::unfold(Some(place), |place| async { place?.advance().await });
    Ok(Sse::new(events).keep_alive(keep_alive))
}

/// One caller's place in what is told of a rebuild.
struct Place {
    state: State,
    id: u64,
    changed: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// It has been told something.
    told: bool,
}

impl Place {
    /// How the rebuild is, at once or when that has changed. `None` at the end of the server; nothing follows the end.
    async fn advance(mut self) -> Option<(Result<Event, Infallible>, Option<Self>)> {
        /// Between two events: a few a second are enough for a person.
        const PAUSE: Duration = Duration::from_millis(250);
        if self.told {
            let changed = async {
                tokio::time::sleep(PAUSE).await;
                self.changed.changed().await.ok()
            };
            let ended = self.closing.wait_for(|closing| *closing);
            match select(pin!(changed), pin!(ended)).await {
                Either::Left((changed, _)) => changed?,
                Either::Right(_) => return None,
            }
        }
        self.told = true;
        self.changed.mark_unchanged();
        let status = self.state.engine().rebuild(self.id).ok()?;
        let over = status.phase.is_over();
        let event = Event::default().event(if over { "end" } else { "progress" });
        let event = event.json_data(wire::Rebuild::of(&status)).ok()?;
        Some((Ok(event), (!over).then_some(self)))
    }
}

/// Ends a rebuild that is under way: what serves goes on serving, what was folded is removed.
#[utoipa::path(
    delete, path = "/v1/admin/rebuilds/{id}", tag = "operators", operation_id = "cancel_rebuild",
    params(
        ("id" = u64, Path, description = "Which"),
        ("Authorization" = Option<String>, Header, description = "`Bearer` and the token of operators, where one is configured")
    ),
    responses(
        (status = 200, description = "It has ended, now or before", body = wire::Rebuild),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 404, description = "There is none of that number", body = Problem)
    )
)]
pub(super) async fn cancel(Shared(state): Shared<State>, Segment(id): Segment) -> Result<Json<wire::Rebuild>, Refusal> {
    let (engine, id) = (state.engine().clone(), number(&id)?);
    let status = tokio::task::spawn_blocking(move || engine.cancel_rebuild(id)).await??;
    Ok(Json(wire::Rebuild::of(&status)))
}

/// Goes back to the views that served before the last switch, once they have caught up with the log.
#[utoipa::path(
    post, path = "/v1/admin/rollback", tag = "operators", operation_id = "roll_back",
    params(("Authorization" = Option<String>, Header, description = "`Bearer` and the token of operators, where one is configured")),
    responses(
        (status = 200, description = "They serve again", body = wire::Generations),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 409, description = "A rebuild is under way, or there is nothing to go back to", body = Problem),
        (status = 503, description = "The log or the views cannot be read", body = Problem)
    )
)]
pub(super) async fn rollback(Shared(state): Shared<State>) -> Result<Json<wire::Generations>, Refusal> {
    let engine = state.engine().clone();
    let generations = tokio::task::spawn_blocking(move || engine.rollback()).await??;
    Ok(Json(wire::Generations::of(&generations)))
}

/// Removes the views that are kept for going back, and gives their disk back.
#[utoipa::path(
    post, path = "/v1/admin/prune", tag = "operators", operation_id = "prune_generations",
    params(("Authorization" = Option<String>, Header, description = "`Bearer` and the token of operators, where one is configured")),
    responses(
        (status = 200, description = "Only what serves is left", body = wire::Generations),
        (status = 401, description = "No key, or one that is not valid", body = Problem),
        (status = 409, description = "A rebuild is under way", body = Problem)
    )
)]
pub(super) async fn prune(Shared(state): Shared<State>) -> Result<Json<wire::Generations>, Refusal> {
    let engine = state.engine().clone();
    let generations = tokio::task::spawn_blocking(move || engine.prune_generations()).await??;
    Ok(Json(wire::Generations::of(&generations)))
}
