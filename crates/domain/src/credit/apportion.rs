//! Sharing an integer out by weights so that nothing is lost: the method of the largest remainder (Hamilton's).

/// Shares `total` out by `weights`: each part is its exact share rounded down or up, and the parts add up to `total`. What rounding
/// leaves goes to the largest remainders, the first among equals. Weights that are all 0 share equally; without any there is
/// no part.
#[must_use]
pub fn apportion(total: i64, weights: &[u64]) -> Vec<i64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if sum == 0 {
        return match weights.len() {
            0 => Vec::new(),
            number => apportion(total, &vec![1; number]),
        };
    }
    // A total below 0, such as a refund, is shared out as its opposite is.
    let (magnitude, sign) = (u128::from(total.unsigned_abs()), total.signum());
    // 2^63 times 2^64 is within the range.
    let shares = weights.iter().map(|weight| magnitude * u128::from(*weight));
    let (mut parts, remainders): (Vec<u128>, Vec<u128>) = shares.map(|share| (share / sum, share % sum)).unzip();
    let left = magnitude - parts.iter().sum::<u128>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(remainders[*index]));
    for (index, _) in order.into_iter().zip(0..left) {
        parts[index] += 1;
    }
    let signed = |part: u128| i64::try_from(part).map_or(total, |part| part * sign);
    parts.into_iter().map(signed).collect()
}

/// Rounds parts to whole `unit`s without changing what they add up to, if that is a whole number of units; as they are otherwise.
/// What rounding leaves goes as [`apportion`] says.
#[must_use]
pub fn to_units(parts: &[i64], unit: i64) -> Vec<i64> {
    let total: i128 = parts.iter().map(|part| i128::from(*part)).sum();
    if unit <= 1 || total % i128::from(unit) != 0 {
        return parts.to_vec();
    }
    let mut rounded: Vec<i64> = parts.iter().map(|part| part.div_euclid(unit)).collect();
    let known: i128 = rounded.iter().map(|units| i128::from(*units)).sum();
    let left = usize::try_from(total / i128::from(unit) - known).unwrap_or_default();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(parts[*index].rem_euclid(unit)));
    for index in order.into_iter().take(left) {
        rounded[index] += 1;
    }
    rounded.into_iter().map(|units| units.saturating_mul(unit)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_lost_and_the_first_of_equals_gets_what_is_left() {
        for (total, weights, parts) in [
            (100, &[1, 1, 1][..], &[34, 33, 33][..]),
            (-100, &[1, 1, 1], &[-34, -33, -33]),
            (101, &[1, 1, 1], &[34, 34, 33]),
            (10, &[2, 1, 2], &[4, 2, 4]),
            (1, &[1, 3], &[0, 1]),
            (5, &[0, 0], &[3, 2]),
            (5, &[], &[]),
            (0, &[7], &[0]),
            (
                i64::MAX,
                &[u64::MAX, u64::MAX],
                &[4_611_686_018_427_387_904, 4_611_686_018_427_387_903],
            ),
        ] {
            assert_eq!(apportion(total, weights), parts, "{total} by {weights:?}");
        }
    }

    #[test]
    fn parts_of_cents_become_cents() {
        for (parts, rounded) in [
            (
                &[33_333_334, 33_333_333, 33_333_333][..],
                &[33_340_000, 33_330_000, 33_330_000][..],
            ),
            (&[-5_000, 15_000], &[0, 10_000]),
            // The total is no whole number of cents.
            (&[1, 2], &[1, 2]),
            (&[], &[]),
        ] {
            assert_eq!(to_units(parts, 10_000), rounded, "{parts:?}");
        }
    }

    proptest! {
        #[test]
        fn parts_add_up_and_are_within_one_of_their_share(
            total in any::<i64>(),
            weights in proptest::collection::vec(0..u64::MAX, 1..20),
        ) {
            let parts = apportion(total, &weights);
            let sum: i128 = parts.iter().map(|part| i128::from(*part)).sum();
            prop_assert_eq!(sum, i128::from(total));
            let whole: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
            for (part, weight) in parts.iter().zip(&weights).filter(|_| whole > 0) {
                let share = u128::from(total.unsigned_abs()) * u128::from(*weight) / whole;
                prop_assert!(u128::from(part.unsigned_abs()).abs_diff(share) <= 1);
            }
        }

        #[test]
        fn rounding_keeps_the_sum(
            parts in proptest::collection::vec(-1_000_000_000_i64..1_000_000_000, 0..20),
            unit in prop_oneof![Just(1_i64), Just(1_000), Just(10_000), Just(1_000_000)],
        ) {
            let rounded = to_units(&parts, unit);
            prop_assert_eq!(rounded.iter().sum::<i64>(), parts.iter().sum::<i64>());
            for (rounded, part) in rounded.iter().zip(&parts) {
                prop_assert!((rounded - part).abs() <= unit);
            }
        }
    }
}
