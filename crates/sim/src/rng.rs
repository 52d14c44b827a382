//! Chance, from the seed alone.
//!
//! The generator is PCG (`Pcg64Mcg`), whose output is fixed by its paper; everything derived from it (ranges, choices) is
//! done here in whole numbers, so that a seed gives the same bytes on any machine and with any version of any library.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng as _;

/// A source of chance.
pub(crate) struct Rng(Pcg64Mcg);

impl Rng {
    /// The chance of `seed`; another `stream` of the same seed is independent of it.
    pub fn seeded(seed: u64, stream: u64) -> Self {
        let low = mix(seed ^ mix(stream));
        let high = mix(low ^ 0x5851_f42d_4c95_7f2d);
        Self(Pcg64Mcg::new(u128::from(high) << 64 | u128::from(low)))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// A number in `low..high`; `low` for an empty range.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).max(0) as u64) as i64
    }

    /// Like [`Rng::between`], but each order of magnitude is about as likely as the next: most values are small.
    pub fn skewed(&mut self, low: i64, high: i64) -> i64 {
        let mut top = high;
        while top / 4 > low && self.chance(600) {
            top /= 4;
        }
        self.between(low, top)
    }

    /// True `per_mille` times in a thousand.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// An index below `len`.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// One of `list`, which must not be empty.
    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.index(list.len())]
    }

    /// The place of a weight in `weights`, as often as its weight says.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return place,
            }
        }
        weights.len().saturating_sub(1)
    }

    /// Appends `count` random letters of `alphabet`.
    pub fn letters(&mut self, out: &mut String, alphabet: &[u8], count: usize) {
        for _ in 0..count {
            out.push(char::from(alphabet[self.index(alphabet.len())]));
        }
    }

    /// `prefix` followed by random digits, `length` characters in all.
    pub fn digits(&mut self, prefix: &str, length: usize) -> String {
        let mut out = String::with_capacity(length);
        out.push_str(prefix);
        self.letters(&mut out, b"0123456789", length.saturating_sub(prefix.len()));
        out
    }
}

/// A bijection of 64 bits that looks random (the finaliser of splitmix64): turns counters into ids that never collide.
pub(crate) const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_a_seed_is_pinned() {
        let mut rng = Rng::seeded(7, 1);
        let first: Vec<u64> = (0..4).map(|_| rng.below(1_000_000)).collect();
        assert_eq!(first, PINNED);
        assert_ne!(Rng::seeded(8, 1).bits(), Rng::seeded(7, 1).bits());
        assert_ne!(Rng::seeded(7, 2).bits(), Rng::seeded(7, 1).bits());
    }

    const PINNED: [u64; 4] = [88_480, 156_350, 629_670, 891_603];

    #[test]
    fn ranges_are_half_open_and_weights_are_kept() {
        let mut rng = Rng::seeded(1, 1);
        assert!((0..1_000).all(|_| (3..9).contains(&rng.between(3, 9))));
        assert!((0..1_000).all(|_| (3..9_000).contains(&rng.skewed(3, 9_000))));
        assert_eq!((rng.between(5, 5), rng.below(0)), (5, 0));
        let hits = (0..10_000).filter(|_| rng.weighted(&[1, 0, 3]) == 2).count();
        assert!((7_000..8_000).contains(&hits), "{hits}");
    }
}
