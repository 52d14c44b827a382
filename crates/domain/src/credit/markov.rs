//! `markov`: the removal effect of each origin in a chain of first order, made of the paths that won and of those that did not.
//!
//! ```text
//! start -> ad -> link -> win         how often each step was taken gives its chance; without an origin, whoever would have
//! start -> link -> nothing           come to it is lost. Credit goes by how much smaller the chance of a win is then.
//! ```
//! Source: Anderl, Becker, von Wangenheim and Schumann, "Mapping the customer journey" (2016); order 1.
//!
//! The chance of a win without origin `i` is that of a win less that of coming to `i` and winning from there. With `N`, the inverse
//! of `1 - Q` where `Q` has the chances to go from origin to origin, all of them come from one inversion.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The most origins that a chain is worked out for: the work grows with their cube, and this many take a tenth of a second.
pub const ORIGINS_MAX: usize = 400;

/// Weights are parts of this.
const WHOLE: f64 = (1_u64 << 40) as f64;

/// A place on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place<P> {
    /// Before the first touch.
    Start,
    /// An origin.
    Origin(P),
    /// A win.
    Win,
    /// The end without one.
    Nothing,
}

/// There are too many origins to work the chain out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the markov model compares at most {ORIGINS_MAX} origins, and these are {origins}; group by less, or ask for less time"
)]
pub struct TooManyOrigins {
    /// How many there are.
    pub origins: usize,
}

/// How often each step was taken. Counts add up, so chains of parts of the paths can be put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain<P: Ord> {
    steps: BTreeMap<(Place<P>, Place<P>), u64>,
}

impl<P: Ord> Default for Chain<P> {
    fn default() -> Self {
        Self { steps: BTreeMap::new() }
    }
}

impl<P: Ord + Clone> Chain<P> {
    /// Takes a path in: its origins in order of time, and whether it won. One without any origin tells nothing of them.
    pub fn add(&mut self, path: impl IntoIterator<Item = P>, won: bool) {
        let mut from = Place::Start;
        for origin in path {
            let to = Place::Origin(origin);
            self.step(from, to.clone(), 1);
            from = to;
        }
        if from != Place::Start {
            self.step(from, if won { Place::Win } else { Place::Nothing }, 1);
        }
    }

    /// Adds so many steps.
    pub fn step(&mut self, from: Place<P>, to: Place<P>, number: u64) {
        *self.steps.entry((from, to)).or_default() += number;
    }

    /// The steps, with how often each was taken.
    pub fn steps(&self) -> impl Iterator<Item = (&Place<P>, &Place<P>, u64)> {
        self.steps.iter().map(|((from, to), number)| (from, to, *number))
    }

    /// How many different steps were taken.
    #[must_use]
    pub fn size(&self) -> usize {
        self.steps.len()
    }

    /// How many origins it compares.
    #[must_use]
    pub fn origins(&self) -> usize {
        self.compared().len()
    }

    fn compared(&self) -> Vec<&P> {
        let mut origins: Vec<&P> = self.steps.keys().filter_map(|(from, _)| origin(from)).collect();
        origins.dedup();
        origins
    }

    /// The removal effect of each origin, from 0 to 1: the part of the wins that would not be without it.
    ///
    /// # Errors
    /// `TooManyOrigins` above [`ORIGINS_MAX`].
    pub fn effects(&self) -> Result<BTreeMap<P, f64>, TooManyOrigins> {
        let origins = self.compared();
        if origins.len() > ORIGINS_MAX {
            return Err(TooManyOrigins { origins: origins.len() });
        }
        let chances = Chances::of(&self.steps, &origins);
        let effects = chances.removal_effects();
        Ok(origins.into_iter().cloned().zip(effects).collect())
    }

    /// The weight of each origin in what was won; all 0 if nothing was.
    ///
    /// # Errors
    /// As [`Chain::effects`].
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 2^40
    pub fn weights(&self) -> Result<BTreeMap<P, u64>, TooManyOrigins> {
        let effects = self.effects()?;
        let weight = |effect: f64| (effect.clamp(0.0, 1.0) * WHOLE).round() as u64;
        Ok(effects
            .into_iter()
            .map(|(origin, effect)| (origin, weight(effect)))
            .collect())
    }
}

fn origin<P>(place: &Place<P>) -> Option<&P> {
    match place {
        Place::Origin(origin) => Some(origin),
        Place::Start | Place::Win | Place::Nothing => None,
    }
}

/// The chances of each step from an origin, and from the start.
struct Chances {
    /// From origin to origin, row by row.
    between: Vec<Vec<f64>>,
    /// From the start to an origin.
    start: Vec<f64>,
    /// From an origin to a win.
    win: Vec<f64>,
}

impl Chances {
    #[allow(clippy::cast_precision_loss)] // counts of steps are far below 2^53
    fn of<P: Ord>(steps: &BTreeMap<(Place<P>, Place<P>), u64>, origins: &[&P]) -> Self {
        let number = origins.len();
        let index = |place: &Place<P>| origin(place).and_then(|origin| origins.binary_search(&origin).ok());
        let mut from_start = 0.0;
        let mut from = vec![0.0; number];
        for ((left, _), times) in steps {
            match index(left) {
                Some(index) => from[index] += *times as f64,
                None => from_start += *times as f64,
            }
        }
        let mut chances = Self {
            between: vec![vec![0.0; number]; number],
            start: vec![0.0; number],
            win: vec![0.0; number],
        };
        for ((left, to), times) in steps {
            let times = *times as f64;
            match (index(left), index(to), to) {
                (Some(left), Some(to), _) => chances.between[left][to] = times / from[left],
                (Some(left), None, Place::Win) => chances.win[left] = times / from[left],
                (None, Some(to), _) => chances.start[to] = times / from_start,
                _ => {}
            }
        }
        chances
    }

    fn removal_effects(&self) -> Vec<f64> {
        let number = self.start.len();
        let visits = inverse_of_one_less(&self.between);
        let dot = |left: &[f64], right: &mut dyn Iterator<Item = f64>| -> f64 {
            left.iter().zip(right).map(|(left, right)| left * right).sum()
        };
        // From each origin: the chance of a win, and from the start how often it is come to.
        let wins: Vec<f64> = (0..number)
            .map(|from| dot(&visits[from], &mut self.win.iter().copied()))
            .collect();
        let come_to: Vec<f64> = (0..number)
            .map(|to| dot(&self.start, &mut visits.iter().map(|row| row[to])))
            .collect();
        let won = dot(&self.start, &mut wins.iter().copied());
        let effect = |origin: usize| match won > 0.0 {
            // The visits to an origin are the chance of a first one times those that follow from it.
            true => come_to[origin] / visits[origin][origin] * wins[origin] / won,
            false => 0.0,
        };
        (0..number).map(effect).collect()
    }
}

/// The inverse of `1 - Q` by Gauss and Jordan. Without exchange of rows: the diagonal dominates, because from everywhere a path ends.
fn inverse_of_one_less(between: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let number = between.len();
    let unit = |row: usize, column: usize| f64::from(u8::from(row == column));
    let mut rows: Vec<Vec<f64>> = (0..number)
        .map(|row| {
            let left = (0..number).map(|column| unit(row, column) - between[row][column]);
            left.chain((0..number).map(|column| unit(row, column))).collect()
        })
        .collect();
    for pivot in 0..number {
        let scale = rows[pivot][pivot];
        for value in &mut rows[pivot] {
            *value /= scale;
        }
        let by = std::mem::take(&mut rows[pivot]);
        for row in rows.iter_mut().filter(|row| !row.is_empty()) {
            let factor = row[pivot];
            if factor != 0.0 {
                for (value, by) in row.iter_mut().zip(&by) {
                    *value -= factor * by;
                }
            }
        }
        rows[pivot] = by;
    }
    rows.into_iter().map(|row| row[number..].to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chain(paths: &[(&str, u64, bool)]) -> Chain<String> {
        let mut chain = Chain::default();
        for (path, times, won) in paths {
            for _ in 0..*times {
                chain.add(path.split(" > ").map(str::to_owned), *won);
            }
        }
        chain
    }

    fn effects(chain: &Chain<String>) -> String {
        let effects = chain.effects().unwrap();
        let told: Vec<String> = effects
            .iter()
            .map(|(origin, effect)| format!("{origin} {effect:.4}"))
            .collect();
        told.join(", ")
    }

    #[test]
    fn published_examples_are_reproduced() {
        for (name, paths, told) in [
            // Sergey Bryl', "Marketing multi-channel attribution model with R (part 1: Markov chains concept)", 2016. The chance of a
            // win is 2/3 * 1/2 * 1 * 1/2 + 1/3 * 1 * 1/2 = 1/3. Without C1 1/6 is left of it; without C2 or C3 nothing. In parts: 0.2,
            // 0.4 and 0.4 of the one win.
            (
                "Bryl",
                &[("C1 > C2 > C3", 1, true), ("C1", 1, false), ("C2 > C3", 1, false)][..],
                "C1 0.5000, C2 1.0000, C3 1.0000",
            ),
            // Serhii Puzyrov, "Markov chain attribution: simple explanation of removal effect", 2019. The chance of a win is
            // 0.8 * (0.5 + 0.25) + 0.2 = 0.8. Without Google Ads 0.2 is left, without mailing 0.4: effects 0.75 and 0.5.
            (
                "Puzyrov",
                &[
                    ("google ads", 2, true),
                    ("mailing", 1, true),
                    ("google ads > mailing", 1, true),
                    ("google ads", 1, false),
                ],
                "google ads 0.7500, mailing 0.5000",
            ),
            // Coming to the same origin again changes nothing: neither is a step to another.
            (
                "again",
                &[("a > a > a > b", 1, true), ("a", 1, false)],
                "a 1.0000, b 1.0000",
            ),
            // From a every second step is a win.
            ("a circle", &[("a > b > a", 1, true)], "a 1.0000, b 0.5000"),
            ("nothing won", &[("a", 3, false)], "a 0.0000"),
        ] {
            assert_eq!(effects(&chain(paths)), told, "{name}");
        }
    }

    #[test]
    fn a_path_without_origins_tells_nothing() {
        let mut empty: Chain<u32> = Chain::default();
        empty.add([], true);
        assert_eq!(empty, Chain::default());
        assert_eq!(empty.effects(), Ok(BTreeMap::new()));
    }

    #[test]
    fn too_many_origins_are_refused() {
        let mut chain = Chain::default();
        chain.add(0..=ORIGINS_MAX, true);
        assert_eq!(chain.effects(), Err(TooManyOrigins { origins: 401 }));
    }

    /// The definition, taken literally: the chance of a win by following the chances until hardly any are left, without the origin.
    fn without(chain: &Chain<u8>, removed: Option<u8>) -> f64 {
        let mut total: BTreeMap<Place<u8>, f64> = BTreeMap::new();
        for (from, _, times) in chain.steps() {
            *total.entry(*from).or_default() += times as f64;
        }
        let mut here = BTreeMap::from([(Place::Start, 1.0)]);
        let mut won = 0.0;
        for _ in 0..3_000 {
            if here.values().sum::<f64>() < 1e-9 {
                break;
            }
            let mut next: BTreeMap<Place<u8>, f64> = BTreeMap::new();
            for (from, to, times) in chain.steps() {
                let chance = here.get(from).copied().unwrap_or_default() * times as f64 / total[from];
                match to {
                    Place::Win => won += chance,
                    Place::Origin(origin) if Some(*origin) == removed => {}
                    _ => *next.entry(*to).or_default() += chance,
                }
            }
            here = next;
        }
        won
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn effects_are_those_of_the_definition(
            paths in proptest::collection::vec((proptest::collection::vec(0_u8..4, 1..5), any::<bool>()), 1..12)
        ) {
            let mut chain = Chain::default();
            for (path, won) in &paths {
                chain.add(path.iter().copied(), *won);
            }
            let won = without(&chain, None);
            for (origin, effect) in chain.effects().unwrap() {
                let expected = if won > 0.0 { 1.0 - without(&chain, Some(origin)) / won } else { 0.0 };
                prop_assert!((effect - expected).abs() < 1e-6, "{origin}: {effect} instead of {expected}");
            }
        }
    }
}
