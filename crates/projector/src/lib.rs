//! The projector: tails a partition of the log, folds it into rows, commits rows and checkpoint together.
//!
//! Blocking, on threads of its own: one reads and decodes ahead, one folds and commits.
//!
//! ```text
//! log --read, decode--> [batch] --fold--> changes + checkpoint --commit--> store          Progress --> who waits
//!        reader thread                    projector thread
//! ```

mod bulk;
mod by_view;
mod decode;
mod dirty;
mod fold;
mod handle;
mod hold;
mod outcomes;
mod read;
mod run;
mod start;
#[cfg(test)]
mod tests;
pub mod trace;

pub use bulk::{Costs, Settings as BulkSettings};
pub use decode::{Reading, decode};
pub use dirty::{Dirty, Follower};
pub use fold::{Decoded, Folded, Folding, Outcome, fold};
pub use handle::{Handle, Progress, Signals};
pub use outcomes::Outcomes;
pub use run::{Options, ProjectError, spawn};
pub use start::versions_of;
