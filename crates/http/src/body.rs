//! Bodies: read whole, bounded in bytes and time, before anybody looks inside.
//!
//! ```text
//! head --> has the log room? has the body a place? --> body --> request
//!               | no                                     |
//!               +--> 503 at once; the body goes unread into nothing, for a while
//! ```

use std::ops::Deref;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use crate::error::Refusal;
use crate::room::{Place, SMALL_BYTES_MAX};
use crate::state::State;

/// How long a caller who was refused may go on writing: one that is hung up on while it writes never sees the answer.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A body that was read. It keeps its place until it is dropped, so hold it until the request is answered.
pub(crate) struct Arrived {
    bytes: Bytes,
    _place: Place,
}

impl Deref for Arrived {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.bytes
    }
}

/// Refuses a body that would have to be unpacked first: kept as it came, nobody could read it.
pub(crate) fn plain(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Refusal::Encoding(
            String::from_utf8_lossy(encoding.as_bytes()).into_owned(),
        )),
        _ => Ok(()),
    }
}

/// The same as [`read`], of what is to be appended: refused at once where the log would not take it either.
pub(crate) async fn deliveries(
    state: &State,
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Arrived, Refusal> {
    if let Err(refusal) = state.engine().admit(told(&body).unwrap_or_default()) {
        turn_away(state, headers, body.into_data_stream(), bytes_max);
        return Err(refusal.into());
    }
    read(state, headers, body, bytes_max).await
}

/// The whole of `body`, up to and including `bytes_max` bytes. That of a large one, where the head tells its length, has a place before
/// anything is read. A small one has as much as came of it: heads alone, which cost their sender nothing, would take the room of all.
pub(crate) async fn read(state: &State, headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Arrived, Refusal> {
    let told = told(&body).filter(|bytes| (SMALL_BYTES_MAX + 1..=bytes_max).contains(bytes));
    let mut chunks = body.into_data_stream();
    let mut place = Place::of(state.room());
    let read = if place.grow(told.unwrap_or_default()) {
        let whole = collect(&mut chunks, bytes_max, |bytes| place.grow(bytes));
        let timed = tokio::time::timeout(state.options().body_timeout, whole).await;
        timed.unwrap_or(Err(Refusal::BodyTooSlow))
    } else {
        Err(Refusal::NoRoom)
    };
    if let Err(Refusal::NoRoom) = read {
        turn_away(state, headers, chunks, bytes_max);
    }
    read.map(|bytes| Arrived { bytes, _place: place })
}

/// The same of another instance, which asks few and bounded questions: it has a place whatever else is under way.
pub(crate) async fn of_peer(state: &State, body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let mut chunks = body.into_data_stream();
    let whole = collect(&mut chunks, bytes_max, |_| true);
    let timed = tokio::time::timeout(state.options().body_timeout, whole).await;
    timed.unwrap_or(Err(Refusal::BodyTooSlow))
}

/// How long a body is, if its head tells.
fn told(body: &Body) -> Option<usize> {
    usize::try_from(body.size_hint().exact()?).ok()
}

async fn collect(
    chunks: &mut BodyDataStream,
    bytes_max: usize,
    mut grow: impl FnMut(usize) -> bool,
) -> Result<Bytes, Refusal> {
    let mut read = BytesMut::new();
    let mut excess = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::BodyBroken)?;
        if excess == 0 && read.len() + chunk.len() <= bytes_max {
            if !grow(read.len() + chunk.len()) {
                return Err(Refusal::NoRoom);
            }
            read.extend_from_slice(&chunk);
            continue;
        }
        // Go on reading for a while, into nothing: a caller that still writes when we hang up never sees the answer.
        read = BytesMut::new();
        excess += chunk.len();
        if excess > bytes_max {
            break;
        }
    }
    if excess > 0 {
        return Err(Refusal::BodyTooLarge { limit: bytes_max });
    }
    Ok(read.freeze())
}

/// Counts a refusal, and reads on into nothing beside the answer, so that the caller sees it; up to `bytes_max` bytes and for a short
/// while, then the connection is closed. Who asked first whether to send the body (`Expect: 100-continue`) has not sent it.
fn turn_away(state: &State, headers: &HeaderMap, mut chunks: BodyDataStream, bytes_max: usize) {
    state.room().refuse();
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let drain = async move {
        let mut drained = 0;
        while drained <= bytes_max
            && let Some(Ok(chunk)) = chunks.next().await
        {
            drained += chunk.len();
        }
    };
    drop(tokio::spawn(tokio::time::timeout(DRAIN_TIMEOUT, drain)));
}
