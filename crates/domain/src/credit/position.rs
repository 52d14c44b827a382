//! `position`: 40 % to the first touch, 40 % to the last, 20 % to those between in equal parts. Two touches get half each.

pub(super) fn weights(length: usize) -> Vec<u64> {
    let between = length.saturating_sub(2) as u64;
    if between == 0 {
        return vec![1; length];
    }
    // In parts of 1 / (5 between): 2/5 are twice the number of those between, 1/5 shared out among them is one part each.
    let mut weights = vec![1; length];
    weights[0] = 2 * between;
    weights[length - 1] = 2 * between;
    weights
}
