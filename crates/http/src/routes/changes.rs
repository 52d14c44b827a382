//! The feed of changes as server-sent events: what happened, from a position on, for as long as the caller listens.
//!
//! Derived from the log, so a caller may come back after any time with the last id it saw: no gap, no repeat. A stream holds
//! one batch of changes at most; a slow caller slows down nobody but itself.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::future::{Either, select};
use futures_util::{Stream, stream};
use origem_domain::position::{Position, Positions};
use origem_engine::query::Heads;
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Changes that are read at once.
const BATCH: usize = 100;
/// How often other instances are asked for what happened there.
const POLL: Duration = Duration::from_millis(250);

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
    let seen = match told {
        None => heads(&state).await?,
        Some(("after", "start")) => Positions::default(),
        Some((name, text)) => after(name, text, &heads(&state).await?)?,
    };
    let feed = Feed {
        news: state.engine().news(),
        closing: state.closing(),
        seen,
        ready: VecDeque::new(),
        state: state.clone(),
    };
    let keep_alive = KeepAlive::new().interval(state.options().heartbeat);
    Ok(Sse::new(stream::unfold(feed, Feed::advance)).keep_alive(keep_alive))
}

/// What was seen by whoever has seen everything.
async fn heads(state: &State) -> Result<Positions, Refusal> {
    let heads = state.ask(|engine| engine.ask(&Heads)).await?;
    let lasts = heads.into_iter().filter_map(|(partition, checkpoint)| {
        let last = checkpoint.next.0.checked_sub(1)?;
        Some(Position::new(partition.0, last))
    });
    Ok(lasts.collect())
}

/// What was seen. A place behind the views is none of this log: another was here before.
fn after(name: &str, text: &str, heads: &Positions) -> Result<Positions, Refusal> {
    let invalid = || Refusal::Invalid(format!("{name}: `{text}` is no position of this log"));
    let seen: Positions = text.parse().map_err(|_| invalid())?;
    let known = seen
        .iter()
        .all(|seen| heads.get(seen.partition).is_some_and(|head| seen.offset <= head));
    if known { Ok(seen) } else { Err(invalid()) }
}

/// One caller's place in the feed.
struct Feed {
    state: State,
    news: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// The last change given of each partition.
    seen: Positions,
    ready: VecDeque<wire::Change>,
}

impl Feed {
    /// The next change; waits for it. `None` at the end of the server or of the projector, or if the log cannot be read: the
    /// caller comes back with the last id it saw.
    async fn advance(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                self.seen.advance(change.position);
                let event = Event::default()
                    .id(self.seen.to_string())
                    .event("change")
                    .json_data(&change)
                    .ok()?;
                return Some((Ok(event), self));
            }
            if *self.closing.borrow() {
                return None;
            }
            // Seen before the log is read: what comes after that wakes us again.
            self.news.mark_unchanged();
            let seen = self.seen.clone();
            let changes = self.state.ask(move |engine| {
                let changes = engine.changes(&seen, BATCH)?;
                Ok(changes.iter().map(wire::Change::of).collect::<VecDeque<_>>())
            });
            match changes.await {
                Ok(changes) => self.ready = changes,
                // A partition is on its way to another instance: what it has comes later.
                Err(refusal) if refusal.is_retryable() => {}
                Err(_) => return None,
            }
            if self.ready.is_empty() {
                self.more().await?;
            }
        }
    }

    /// Waits until there is more to read. `None`: there never will be.
    async fn more(&mut self) -> Option<()> {
        let elsewhere = self.state.engine().shards().len() < self.state.engine().partitions().count();
        let news = async {
            if elsewhere {
                // Other instances do not call us: they are asked again after a while.
                drop(tokio::time::timeout(POLL, self.news.changed()).await);
                Ok(())
            } else {
                self.news.changed().await
            }
        };
        match select(pin!(news), pin!(self.closing.changed())).await {
            Either::Left((news, _)) => news.ok(),
            Either::Right(_) => None,
        }
    }
}
