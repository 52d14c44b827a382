//! Real views, folded from scripts, published to topics in memory through an outlet that fails when told to, and to a broker.

mod converging;
mod faulty;
pub(crate) mod following;
mod kafka;
mod spawned;
pub(crate) mod views;
