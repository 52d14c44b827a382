//! Rebuilds: views are folded again from the log beside those that serve, compared with them, and take their place.

pub mod diff;
mod status;

pub use diff::{Comparison, Counts, Diff, Difference, Example, Part, RuleChange, Told};
pub use status::{Cause, GenerationPair, Phase, RebuildOptions, RebuildStatus};
