//! `last_non_organic`: the last origin that somebody made gets everything; the last of all where nobody made any.

use super::{Touchpoint, only};

pub(super) fn weights<P>(path: &[Touchpoint<P>]) -> Vec<u64> {
    let made = path.iter().rposition(|touch| !touch.organic);
    only(path.len(), made.or(path.len().checked_sub(1)))
}
