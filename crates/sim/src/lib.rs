//! A believable business whose customers and systems produce real provider deliveries, reproducible from a seed.
//!
//! [`Business::of`] is what the owner configured; [`Simulation`] is what then happens, as the webhook bodies WhatsApp Cloud
//! API, Instagram and Messenger would post, in the order of their delivery. No clock, no IO, whole numbers only: the same
//! [`Options`] give the same bytes for ever, on any machine.
//!
//! ```text
//! arrivals -> story (a plan of beats) -> acts -> pieces -> noise (late, swapped) -> batches -> deliveries (some twice)
//!             story/*.rs                story/  delivery/  noise.rs                 simulation.rs
//! ```
//!
//! Adding a kind of customer: a file in `story/` with a plan, one line in `story/mod.rs`.

mod business;
mod delivery;
mod json;
mod noise;
mod pricing;
mod rhythm;
mod rng;
mod simulation;
mod story;
mod world;

pub use business::{Ad, AdSource, Agent, Business, Campaign, Category, Channel, Hashtag, Link, RefLink, Team, Utm};
pub use rhythm::Pace;
pub use simulation::{Delivery, Options, Simulation};
