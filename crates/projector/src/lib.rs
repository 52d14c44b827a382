//! The projector: tails a partition of the log, folds it into rows, commits rows and checkpoint together.
//!
//! Blocking, on threads of its own: one reads and decodes ahead, one folds and commits.
//!
//! ```text
//! log --read, decode--> [batch] --fold--> changes + checkpoint --commit--> store          Progress --> who waits
//!        reader thread                    projector thread
//! ```

mod decode;
mod dirty;
mod fold;
mod outcomes;
mod read;
mod run;
#[cfg(test)]
mod tests;

pub use decode::{Reading, decode};
pub use dirty::Dirty;
pub use fold::{Decoded, Folded, Folding, Outcome, fold};
pub use outcomes::Outcomes;
pub use run::{Handle, Options, Progress, ProjectError, spawn};
