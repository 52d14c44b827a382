//! Views to projected topics: conversations, touches and the queue, for whoever is downstream.
//!
//! ```text
//!   views --commit--> changed conversations --take--+
//!                                                   v
//!   topics --contents, on takeover--> what differs --> round: read, encode, compare --> outlet: one transaction
//! ```
//! A publisher owns the projected values of one partition of the views. It **reconciles, then follows**: on takeover it reads
//! what the topics hold and publishes only what the views say otherwise; from then on it publishes what changes. So a crash
//! loses nothing, a rebuild sends nothing twice, and neither an outbox nor an index is needed. Invariants:
//!
//! 1. Versions of a key never go back: nothing is published while the views are behind what was published before.
//! 2. A value holds at least every event before its version.
//! 3. A reader that keeps the last value of each key has what the views have, as soon as the publisher is idle.
//!
//! What a broker is, is the [`Outlet`](origem_log::Outlet)'s business. Format: docs/formats/topics.md.

pub mod asyncapi;
mod digest;
mod follower;
mod handle;
mod headers;
mod known;
mod options;
mod routes;
mod source;
#[cfg(test)]
mod tests;
mod value;

pub use handle::{Handle, Phase, Publisher, Status};
pub use options::{Format, Options, Partitions};
pub use source::{Snapshot, Source, SourceError};
