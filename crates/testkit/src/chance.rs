//! Chance from a seed, for tests that choose what happens: the same seed gives the same choices on any machine and in any build.

/// A source of chance (splitmix64, whose output is fixed by its definition).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The chance of `seed`; another `stream` of the same seed gives other choices.
    #[must_use]
    pub const fn new(seed: u64, stream: u64) -> Self {
        let mut streams = Self(stream);
        Self(seed ^ streams.bits())
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// A number in `from..=to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// True once in `times`, on average.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of `list`; panics where there is none.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_choices_for_ever() {
        // The first outputs of splitmix64 from 0, as its author prints them.
        let mut plain = Chance(0);
        assert_eq!(
            [plain.bits(), plain.bits()],
            [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]
        );
        let draw = |seed, stream| {
            let mut chance = Chance::new(seed, stream);
            [chance.below(1_000), chance.between(5, 9), chance.bits()]
        };
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        assert_ne!(draw(7, 1), draw(8, 1));
        let mut chance = Chance::new(1, 1);
        assert!((0..1_000).all(|_| (5..=9).contains(&chance.between(5, 9))));
        let hits = (0..10_000).filter(|_| chance.once_in(4)).count();
        assert!((2_200..2_800).contains(&hits), "{hits}");
        assert_eq!(chance.below(0), 0);
    }
}
