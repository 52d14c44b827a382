//! Rebuilds: views are folded again from the log beside those that serve, compared with them, and take their place.

mod anew;
pub mod diff;
mod held;
mod loss;
mod make;
mod note;
mod operate;
mod rate;
mod registry;
mod status;
mod work;

pub use diff::{Comparison, Counts, Diff, Difference, Example, Part, RuleChange, RuleValue, Told};
pub(crate) use registry::{Rebuilds, Shards};
pub use status::{Cause, GenerationPair, KeptGenerations, Phase, RebuildOptions, RebuildStatus, Settings};
