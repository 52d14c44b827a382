//! `shapley`: the Shapley value of each origin, where a set of origins is worth the wins whose path has no other origins.
//!
//! This is the set function of Zhao, Mahboobi and Bagheri, "Shapley Value Methods for Attribution Modeling in Online Advertising"
//! (2018). It is a sum of games, one a win, in each of which nothing is won unless all origins of the path are there; of such a game
//! every origin of the path gets the same, and Shapley values of a sum add up. So the value is exact for any number of origins,
//! without looking at sets of them: each win is shared out equally among the different origins of its path.
//!
//! Not the formulation by chances of winning (Dalessandro et al. 2012): its values can be negative, need not add up to what was
//! won, and take time that doubles with every origin.

use super::Touchpoint;

/// The first touch of each origin stands for it.
pub(super) fn weights<P: PartialEq>(path: &[Touchpoint<P>]) -> Vec<u64> {
    let is_first = |(index, touch): (usize, &Touchpoint<P>)| {
        let before = path.iter().take(index);
        u64::from(before.into_iter().all(|other| other.origin != touch.origin))
    };
    path.iter().enumerate().map(is_first).collect()
}
