//! What tests of several crates share: builders of events, one full sample per kind, scripts and random stories, proptest strategies,
//! chance from a seed.
//!
//! Only `domain` is known here; whatever needs a log or a store builds on top in its own crate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a wrong literal in a test is to stop that test

pub mod build;
pub mod chance;
pub mod crowd;
pub mod samples;
pub mod script;
pub mod story;
pub mod strategies;
pub mod traffic;

use origem_domain::key::Secret;

/// The secret of tests.
pub const SECRET: Secret = Secret::new(*b"not-so-secret-16");
