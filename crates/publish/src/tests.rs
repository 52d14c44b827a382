//! Real views, folded from scripts, published to topics in memory through an outlet that fails when told to.

mod converging;
mod faulty;
mod following;
mod spawned;
mod views;
