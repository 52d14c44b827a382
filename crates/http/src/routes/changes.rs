//! The feed of changes as server-sent events: what happened, from a position on, for as long as the caller listens.
//!
//! Derived from the log, so a caller may come back after any time with the last id it saw: no gap, no repeat. A stream holds
//! one batch of changes at most; a slow caller slows down nobody but itself.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::pin;

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::future::{Either, select};
use futures_util::{Stream, stream};
use origem_domain::position::{Offset, Partition, Position};
use origem_engine::{EngineError, Progress};
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Changes that are read at once.
const BATCH: usize = 100;

/// From where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// A position: what happened after it. `start`: all there is. Not told: what happens from now on. The header
    /// `Last-Event-ID` wins over it.
    after: Option<String>,
}

/// What happens, as server-sent events: `id` is the position, `event` is `change`, `data` a `Change`.
#[utoipa::path(
    get, path = "/v1/changes", tag = "conversations", operation_id = "follow_changes",
    params(From, ("Last-Event-ID" = Option<String>, Header, description = "The last id seen: go on after it"), MinPosition),
    responses(
        (status = 200, description = "The stream", body = wire::Change, content_type = "text/event-stream"),
        (status = 400, description = "Not a position of this log", body = Problem),
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
    let status = state.ask(|engine| engine.status()).await?;
    let next = match told {
        None => status.checkpoint.next,
        Some(("after", "start")) => {
            state
                .ask(|engine| engine.log().start(Partition(0)).map_err(EngineError::Log))
                .await?
        }
        Some((name, text)) => after(name, text, status.tail)?,
    };
    let feed = Feed {
        progress: state.engine().watch(),
        closing: state.closing(),
        next,
        ready: VecDeque::new(),
        state: state.clone(),
    };
    let keep_alive = KeepAlive::new().interval(state.options().heartbeat);
    Ok(Sse::new(stream::unfold(feed, Feed::advance)).keep_alive(keep_alive))
}

/// The offset after a position that was seen. One behind the tail is none of this log: another was here before.
fn after(name: &str, text: &str, tail: Offset) -> Result<Offset, Refusal> {
    let position = text.parse::<Position>().ok();
    let seen = position.filter(|position| position.partition == Partition(0) && position.offset < tail);
    let invalid = || Refusal::Invalid(format!("{name}: `{text}` is no position of this log"));
    Ok(seen.ok_or_else(invalid)?.offset.plus(1))
}

/// One caller's place in the feed.
struct Feed {
    state: State,
    progress: watch::Receiver<Progress>,
    closing: watch::Receiver<bool>,
    next: Offset,
    ready: VecDeque<wire::Change>,
}

impl Feed {
    /// The next change; waits for it. `None` at the end of the server or of the projector, or if the log cannot be read: the
    /// caller comes back with the last id it saw.
    async fn advance(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                let event = Event::default()
                    .id(change.position.to_string())
                    .event("change")
                    .json_data(&change)
                    .ok()?;
                return Some((Ok(event), self));
            }
            if *self.closing.borrow() {
                return None;
            }
            // Seen before the log is read: what comes after that wakes us again.
            self.progress.mark_unchanged();
            let from = Position {
                partition: Partition(0),
                offset: self.next,
            };
            let changes = self.state.ask(move |engine| {
                let changes = engine.changes(from, BATCH)?;
                Ok(changes.iter().map(wire::Change::of).collect::<VecDeque<_>>())
            });
            self.ready = changes.await.ok()?;
            match self.ready.back() {
                Some(last) => self.next = last.position.offset.plus(1),
                None => self.more().await?,
            }
        }
    }

    /// Waits until there is more to read. `None`: there never will be.
    async fn more(&mut self) -> Option<()> {
        let (progressed, closed) = (pin!(self.progress.changed()), pin!(self.closing.changed()));
        match select(progressed, closed).await {
            Either::Left((progressed, _)) => progressed.ok(),
            Either::Right(_) => None,
        }
    }
}
