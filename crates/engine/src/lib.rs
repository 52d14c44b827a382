//! The engine: what Origem can do, in plain data. Edges convert, nothing else.
//!
//! ```text
//! edges --> intake ---> log --> projector --> views --> query --> edges
//! ```
//! Only this crate appends to the log. Methods without `async` may block on disk.

mod changes;
mod engine;
mod error;
mod intake;
pub mod query;

pub use changes::Change;
pub use engine::{Engine, Options, Status};
pub use error::{EngineError, ErrorCode};
pub use intake::{Accepted, Prepared};
pub use origem_channels::{Delivery, Source};
pub use origem_projector::Progress;
