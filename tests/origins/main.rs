//! Origins, from the payload a provider sends to the timeline an agent sees: one file a family of stories.
//!
//! Every story is told in the order it happened, backwards, and with each delivery twice; the timeline must be the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a broken promise is to stop the test

mod ads;
mod any_order;
mod campaigns;
mod identity;
mod links;
mod messages;
mod payload;
mod social;
mod story;
