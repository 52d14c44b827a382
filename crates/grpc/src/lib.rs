//! The gRPC edge: services over the engine, health, reflection. The same use cases as HTTP; messages are in `wire`, what
//! Origem can do is the engine's business.
//!
//! ```text
//! call --> token (producers) --> message to plain data --> engine --> plain data to message --> answer
//! ```
//! [`serve`] runs it on a listener. [`api`] holds the clients too.

mod access;
mod changes;
mod conversations;
mod feed;
mod gate;
mod health;
mod operations;
mod options;
mod producers;
mod publish;
mod refusal;
mod serve;
mod submission;

pub use options::{Options, Unready};
pub use serve::{ServeError, serve};

/// The services of `origem.api.v1`: what the schema compiles to, documented there.
#[allow(missing_docs, clippy::all)]
pub mod api {
    tonic::include_proto!("origem.api.v1");
}
