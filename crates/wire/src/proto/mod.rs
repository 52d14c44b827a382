//! The protobuf of the API, package `origem.api.v1`: one file per shape, each with its conversion.
//!
//! The read models are made from the JSON shapes, so that both say the same; the schema is `proto/origem/api/v1`. Times are
//! `google.protobuf.Timestamp`, ids and positions are strings, words are those of the JSON.

mod anomaly;
mod change;
mod conversation;
mod events;
mod read;
mod requests;
mod status;
mod thread;
mod ticket;
mod time;
mod touch;

pub use events::json_of_bytes;
pub use generated::*;
pub use read::NotUnderstood;
pub use requests::told;
pub use time::{NotATime, timestamp, to_domain as time};

/// The schema itself: an encoded `google.protobuf.FileDescriptorSet`, with comments and everything it imports.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/origem.api.v1.bin"));

/// What the schema compiles to; documented there.
#[allow(missing_docs, clippy::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/origem.api.v1.rs"));
}
