//! The HTTP edge: routes and their parameters; shapes are in `wire`. What Origem can do is the engine's business.
//!
//! ```text
//! request --> metrics --> authentication --> body (bounded, in a room that all share) --> wire to domain --> engine --> domain to wire --> response
//! ```
//! [`router`] gives the routes of the API. Pages for people (the console) are another router that the server merges; the
//! path `/` is theirs. [`serve`] runs both on a listener.

mod access;
mod auth;
mod beside;
mod body;
mod error;
mod links;
mod metrics;
mod observe;
mod options;
mod params;
mod past;
mod position;
mod room;
mod routes;
mod serve;
mod state;

pub use beside::Beside;
pub use links::CodeForm;
pub use metrics::{Kind, Labels, Metric, Sample, Value};
pub use options::{Credential, Options};
pub use routes::{openapi, router};
pub use serve::{Peer, serve};
pub use state::State;
