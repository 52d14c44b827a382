//! Rows of read models on sled 0.34: a directory per generation of views, and a file that says which one serves.
//!
//! All of it is disposable. A store that will not open, or that was found damaged while it was read, is set aside and an empty one
//! takes its place; the projector then folds the log from the start.
//!
//! ```text
//! views/serving      which generation serves, and which one served before
//! views/last         the largest number a generation ever had
//! views/1/           a store of sled      views/1/journal   what sled was given and may not have on disk yet
//! views/1/scratch/   what a load keeps for a while
//! views/1.damaged    an empty file: the store was found damaged, set it aside
//! views/1.aside/     the last one that was set aside
//! ```
//! Source for the figures: docs/performance.md.

mod disk;
mod drain;
mod generations;
mod journal;
mod layer;
mod memory;
mod overlay;
mod packed;
mod store;
mod trees;

pub use generations::SledGenerations;
pub use memory::usual_cache_bytes;
pub use store::{OpenError, Options, SledStore};
