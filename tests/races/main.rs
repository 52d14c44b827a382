//! Commands under fire: many agents want the same tickets at the same time, on one instance and on several, through restarts and
//! lost answers. One has each ticket, nothing that was told done is lost, and whoever is refused is told the truth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a broken promise is to stop the test

mod again;
mod leads;
mod model;
mod shop;
mod storm;
mod time;
