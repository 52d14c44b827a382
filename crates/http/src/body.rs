//! Bodies: read whole, bounded in bytes and time, before anybody looks inside.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use crate::error::Refusal;

/// Refuses a body that would have to be unpacked first: kept as it came, nobody could read it.
pub(crate) fn plain(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Refusal::Encoding(
            String::from_utf8_lossy(encoding.as_bytes()).into_owned(),
        )),
        _ => Ok(()),
    }
}

/// The whole of `body`, up to and including `bytes_max` bytes.
pub(crate) async fn read(body: Body, bytes_max: usize, timeout: Duration) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(timeout, collect(body, bytes_max)).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::BodyTooSlow),
    }
}

async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let mut chunks = body.into_data_stream();
    let mut read = BytesMut::new();
    let mut excess = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::BodyBroken)?;
        if excess == 0 && read.len() + chunk.len() <= bytes_max {
            read.extend_from_slice(&chunk);
            continue;
        }
        // Go on reading for a while, into nothing: a caller that still writes when we hang up never sees the answer.
        read.clear();
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
