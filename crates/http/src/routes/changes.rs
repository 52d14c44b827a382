//! The feed of changes as server-sent events: what happened, from a position on, for as long as the caller listens.

use std::convert::Infallible;
use std::pin::pin;

use axum::extract::State as Shared;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::future::{Either, select};
use futures_util::{Stream, stream};
use origem_access::Watch;
use origem_domain::position::Positions;
use origem_wire::json::{self as wire, Problem};
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::{State, now};

/// From where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// A position: what happened after it; several, comma-separated, in a log of several partitions, where of a partition that
    /// is not named everything is given. `start`: all there is. Not told: what happens from now on. The header
    /// `Last-Event-ID` wins over it.
    after: Option<String>,
}

/// What happens, as server-sent events: `id` is where to go on after it, `event` is `change`, `data` a `Change`.
///
/// Only what the caller sees. Of a conversation that somebody else was given just now, a change without `event` says so.
#[utoipa::path(
    get, path = "/v1/changes", tag = "conversations", operation_id = "follow_changes",
    params(From, ("Last-Event-ID" = Option<String>, Header, description = "The last id seen: go on after it"), MinPosition),
    responses(
        (status = 200, description = "The stream", body = wire::Change, content_type = "text/event-stream"),
        (status = 400, description = "Not a position of this log", body = Problem),
        (status = 410, description = "The log does not hold all changes after it any more: read again, then follow from now on", body = Problem),
        (status = 503, description = "The log cannot be read, or the views are not as far as asked", body = Problem)
    )
)]
pub(super) async fn follow(
    Shared(state): Shared<State>,
    Params(from): Params<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let last_seen = headers
        .get("last-event-id")
        .map(|value| ("Last-Event-ID", value.to_str().unwrap_or_default()));
    let told = last_seen.or(from.after.as_deref().map(|after| ("after", after)));
    let seen = match told {
        Some(("after", "start")) => Positions::default(),
        Some((name, text)) => {
            let text = text.to_owned();
            state.ask(move |engine| engine.seen(name, &text)).await?
        }
        None => state.ask(|engine| engine.last_seen()).await?,
    };
    let shown = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let place = Place {
        watch: Watch::new(state.engine(), seen, state.guard().clone(), shown, now),
        closing: state.closing(),
    };
    let keep_alive = KeepAlive::new().interval(state.options().heartbeat);
    Ok(Sse::new(stream::unfold(place, Place::advance)).keep_alive(keep_alive))
}

/// One caller's place in the feed.
struct Place {
    watch: Watch,
    closing: watch::Receiver<bool>,
}

impl Place {
    /// The next change that the caller may know of; waits for it. `None` at the end of the server, if the log or the views cannot
    /// be read, or once the caller's key is not good any more: it comes back with the last id it saw.
    async fn advance(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let ended = self.closing.wait_for(|closing| *closing);
        let (change, seen) = match select(pin!(self.watch.next()), pin!(ended)).await {
            Either::Left((next, _)) => next.ok()?,
            Either::Right(_) => return None,
        };
        let event = Event::default().id(seen.to_string()).event("change");
        let event = event.json_data(wire::Change::of(&change)).ok()?;
        Some((Ok(event), self))
    }
}
