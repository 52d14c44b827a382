//! The engine: what Origem can do, in plain data. Edges convert, nothing else.
//!
//! ```text
//! edges --> intake ---> log --> projector --> views --> query --> edges
//! ```
//! Only this crate appends to the log. Methods without `async` may block on disk.

mod append;
mod ask;
mod catalogue;
mod command;
#[cfg(test)]
mod counted;
mod directory;
mod engine;
mod error;
mod feed;
mod generation;
mod intake;
mod limits;
mod meter;
pub mod query;
mod question;
pub mod readiness;
pub mod rebuild;
mod shard;
mod status;
mod wait;

pub use catalogue::{Catalogue, Place, reached_at};
pub use command::{By, Done, Order};
pub use directory::{Directory, Entry, Snapshot, Wish, Writer};
pub use engine::{Engine, Options};
pub use error::{EngineError, ErrorCode};
pub use feed::Feed;
pub use generation::Pinned;
pub use intake::{Accepted, IntakeLimits, Prepared, Span};
pub use meter::{Histogram, QueueReading};
pub use origem_channels::{Delivery, Source};
pub use origem_log::Refusal as LogRefusal;
pub use origem_projector::{Progress, trace};
pub use query::Change;
pub use question::{Peers, Question};
pub use readiness::{Cause, Readiness};
pub use shard::{Shard, View};
pub use status::{PartitionStatus, Status};
