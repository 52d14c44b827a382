//! Credit: how what a win is worth is shared out among the origins that led to it. One file a model.
//!
//! ```text
//! path of a win --model--> weights --apportion--> exact integers that add up
//! paths of wins and of the others --markov::Chain--> weights of origins --apportion--> the same
//! ```
//! All but [`markov`] look at one path at a time, so what shards share out can be added up. Numbers are integers from the weights
//! on; see docs/reports.md for what each model means.

pub mod apportion;
mod first;
mod last;
mod last_non_organic;
mod linear;
pub mod markov;
mod position;
mod shapley;
mod time_decay;

pub use apportion::apportion;
pub use time_decay::Decay;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How credit is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// All to the first touch.
    First,
    /// All to the last touch.
    Last,
    /// All to the last touch that is not organic; to the last one where all are.
    LastNonOrganic,
    /// The same to every touch.
    Linear,
    /// Two fifths to the first, two fifths to the last, one fifth to those between.
    Position,
    /// Half as much for every half-life that a touch is older.
    TimeDecay,
    /// By how many wins there would be less without an origin, told by the chances to go from one origin to the next.
    Markov,
    /// The Shapley value of each origin.
    Shapley,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::First,
        Self::Last,
        Self::LastNonOrganic,
        Self::Linear,
        Self::Position,
        Self::TimeDecay,
        Self::Markov,
        Self::Shapley,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::LastNonOrganic => "last_non_organic",
            Self::Linear => "linear",
            Self::Position => "position",
            Self::TimeDecay => "time_decay",
            Self::Markov => "markov",
            Self::Shapley => "shapley",
        }
    }

    /// The model of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }
}

/// A touch as models see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touchpoint<P> {
    /// The origin that competes for credit: whatever a report tells origins apart by.
    pub origin: P,
    /// When.
    pub at: Timestamp,
    /// The customer came by themselves, as far as anybody knows.
    pub organic: bool,
}

/// The weight of every touch of a path, in order of the path; at least one is not 0 unless the path is empty. `None` for
/// [`Model::Markov`], whose weights come from all paths together.
#[must_use]
pub fn weights<P: PartialEq>(
    model: Model,
    path: &[Touchpoint<P>],
    won_at: Timestamp,
    decay: &Decay,
) -> Option<Vec<u64>> {
    Some(match model {
        Model::First => first::weights(path.len()),
        Model::Last => last::weights(path.len()),
        Model::LastNonOrganic => last_non_organic::weights(path),
        Model::Linear => linear::weights(path.len()),
        Model::Position => position::weights(path.len()),
        Model::TimeDecay => decay.weights(path, won_at),
        Model::Shapley => shapley::weights(path),
        Model::Markov => return None,
    })
}

/// All the weight on one of `length` touches.
fn only(length: usize, index: Option<usize>) -> Vec<u64> {
    (0..length).map(|place| u64::from(Some(place) == index)).collect()
}

#[cfg(test)]
mod tests;
