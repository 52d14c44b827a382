//! What was sold, told to who asked: the outbox of conversions.
//!
//! ```text
//!   log --deeds--> feeder: rules decide --> outbox (a log of its own, folded in memory) --due--> sender --> Meta, webhook
//!                                              ^                                            |
//!                                              +---------- sent, refused, to be tried again +
//! ```
//! A **conversion** is a sale, a stage or a lead of a ticket that a rule of the settings gives a name. It is decided once, from
//! facts, when the event is read; from then on it is the outbox's. Invariants:
//!
//! 1. The outbox is no view: a rebuild does not touch it, and sends nothing.
//! 2. A conversion goes to a destination once: its key is made of ticket and name, and is sent along as the id of the event. Where
//!    an answer was lost it is sent again under the same key, which receivers can drop.
//! 3. A destination that is new begins from now: what happened before is sent to nobody unasked.
//! 4. Everything that was not sent is there with its reason.
//!
//! One process sends: the log is the embedded one. How an operator sets it up: docs/conversions.md.

mod answer;
mod client;
mod conversion;
mod decide;
mod desk;
mod feeder;
mod meta;
mod outbox;
mod pace;
mod rule;
mod sender;
mod service;
mod settings;
#[cfg(test)]
mod tests;
mod webhook;

pub use conversion::{Conversion, Destination, Item, Origin, Reason, State, Trigger};
pub use decide::Judged;
pub use desk::{ConversionError, Desk, Explained, Filter, Page, Standing};
pub use outbox::{Counts, Outbox, OutboxError};
pub use pace::Pace;
pub use rule::{Rule, RuleError};
pub use service::Service;
pub use settings::{Dataset, MetaSettings, Settings, Token, WebhookSettings};
