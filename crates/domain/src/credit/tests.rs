//! Every model adds up, and gives what its source gives.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::markov::Chain;
use super::*;
use crate::time::DAY;

fn day(number: i64) -> Timestamp {
    Timestamp::from_micros(number * DAY)
}

/// A path such as `0 ad, 7 social, 8 organic`: days and origins.
fn path(text: &str) -> Vec<Touchpoint<String>> {
    let touches = text.split(", ").filter_map(|touch| touch.split_once(' '));
    touches
        .map(|(at, origin)| Touchpoint {
            origin: origin.to_owned(),
            at: day(at.parse().unwrap()),
            organic: origin == "organic",
        })
        .collect()
}

/// What each touch gets of a hundred, in order of the path.
fn check(model: Model, text: &str, won_on: i64, parts: &[i64]) {
    let path = path(text);
    let weights = weights(model, &path, day(won_on), &Decay::default()).unwrap();
    assert_eq!(apportion(100, &weights), parts, "{} of {text}", model.name());
}

/// Google Analytics, "Default MCF attribution models": a customer finds the site by an ad, comes back a week later from a social
/// network, the same day by an e-mail, and a few hours later directly, and buys. Last interaction: all to direct. Last non-direct
/// click: all to e-mail. First interaction: all to the ad. Linear: 25 % each. Position based: 40 % to the first and the last, 20 %
/// to those between. Time decay has a half-life of 7 days: the ad is worth half of the others, so 1/7 and three times 2/7.
const GOOGLE: &str = "0 ad, 7 social, 7 email, 7 organic";

#[test]
fn published_examples_are_reproduced() {
    check(Model::Last, GOOGLE, 7, &[0, 0, 0, 100]);
    check(Model::LastNonOrganic, GOOGLE, 7, &[0, 0, 100, 0]);
    check(Model::First, GOOGLE, 7, &[100, 0, 0, 0]);
    check(Model::Linear, GOOGLE, 7, &[25, 25, 25, 25]);
    check(Model::Position, GOOGLE, 7, &[40, 10, 10, 40]);
    check(Model::TimeDecay, GOOGLE, 7, &[14, 29, 29, 28]);
    // The same page: with 7 days, an interaction 8 days before gets half as much as one a day before.
    check(Model::TimeDecay, "2 ad, 9 social", 10, &[33, 67]);
}

#[test]
fn short_and_organic_paths() {
    for (model, text, parts) in [
        (Model::Position, "1 ad", &[100][..]),
        (Model::Position, "1 ad, 2 link", &[50, 50]),
        (Model::Position, "1 ad, 2 link, 3 tag", &[40, 20, 40]),
        (Model::LastNonOrganic, "1 organic, 2 organic", &[0, 100]),
        (Model::LastNonOrganic, "1 ad, 2 organic, 3 organic", &[100, 0, 0]),
        (Model::Shapley, "1 ad, 2 link, 3 ad", &[50, 50, 0]),
        (Model::Linear, "1 ad, 2 link, 3 ad", &[34, 33, 33]),
        (Model::First, "", &[]),
        (Model::Last, "", &[]),
        (Model::LastNonOrganic, "", &[]),
    ] {
        check(model, text, 10, parts);
    }
}

/// A touch cannot be so old that nobody gets the credit.
#[test]
fn decay_leaves_somebody_to_be_credited() {
    check(Model::TimeDecay, "0 ad, 1 link", 100_000, &[48, 52]);
    check(Model::TimeDecay, "0 ad, 10000 link", 100_000, &[0, 100]);
}

#[test]
fn every_model_is_found_by_its_name() {
    for model in Model::ALL {
        assert_eq!(Model::named(model.name()), Some(model));
    }
    assert_eq!(Model::named("best"), None);
}

/// What each origin gets of all wins by the closed form.
fn shapley(wins: &[(Vec<u8>, i64)]) -> BTreeMap<u8, i64> {
    let mut values = BTreeMap::new();
    for (path, value) in wins {
        let path: Vec<Touchpoint<u8>> = path
            .iter()
            .map(|origin| Touchpoint {
                origin: *origin,
                at: day(0),
                organic: false,
            })
            .collect();
        let weights = weights(Model::Shapley, &path, day(0), &Decay::default()).unwrap();
        for (touch, part) in path.iter().zip(apportion(*value, &weights)) {
            *values.entry(touch.origin).or_default() += part;
        }
    }
    values
}

/// The Shapley value taken literally: what an origin adds to those before it, over all orders of the origins.
fn by_definition(wins: &[(Vec<u8>, i64)], origins: &[u8]) -> BTreeMap<u8, i64> {
    let worth = |set: &BTreeSet<u8>| -> i64 {
        let within = wins
            .iter()
            .filter(|(path, _)| path.iter().all(|origin| set.contains(origin)));
        within.map(|(_, value)| value).sum()
    };
    let mut orders = vec![Vec::new()];
    for _ in origins {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<u8>| {
                let rest: Vec<u8> = origins
                    .iter()
                    .copied()
                    .filter(|origin| !order.contains(origin))
                    .collect();
                rest.into_iter()
                    .map(move |origin| [order.clone(), vec![origin]].concat())
            })
            .collect();
    }
    let mut added: BTreeMap<u8, i64> = BTreeMap::new();
    for order in &orders {
        let mut before = BTreeSet::new();
        for origin in order {
            let less = worth(&before);
            before.insert(*origin);
            *added.entry(*origin).or_default() += worth(&before) - less;
        }
    }
    let number = orders.len() as i64;
    added.into_iter().map(|(origin, sum)| (origin, sum / number)).collect()
}

/// The data of the public notebook tomgorb/misc, "Data driven attribution using Shapley value": of a hundred wins, by the origins of
/// their paths, F 20, O 10, L 17, F and O 17, F and L 30, O and L 0, all three 6. By hand: F 20 + 17/2 + 30/2 + 6/3 = 45.5,
/// O 10 + 17/2 + 6/3 = 20.5, L 17 + 30/2 + 6/3 = 34.
#[test]
fn a_published_set_function_has_its_shapley_values() {
    let wins = [
        (vec![b'F'], 20_000),
        (vec![b'O'], 10_000),
        (vec![b'L'], 17_000),
        (vec![b'F', b'O'], 17_000),
        (vec![b'F', b'L'], 30_000),
        (vec![b'F', b'L', b'O'], 6_000),
    ];
    let expected = BTreeMap::from([(b'F', 45_500), (b'O', 20_500), (b'L', 34_000)]);
    assert_eq!(shapley(&wins), expected);
    assert_eq!(by_definition(&wins, b"FOL"), expected);
}

proptest! {
    #[test]
    fn the_closed_form_is_the_shapley_value(
        // Values that sixty divides, so that no part is rounded.
        wins in proptest::collection::vec((proptest::collection::vec(0_u8..4, 1..6), (0_i64..100).prop_map(|value| value * 60)), 0..10)
    ) {
        let closed = shapley(&wins);
        for (origin, value) in by_definition(&wins, &[0, 1, 2, 3]) {
            prop_assert_eq!(value, closed.get(&origin).copied().unwrap_or_default());
        }
    }

    #[test]
    fn credit_of_random_histories_adds_up(
        steps in proptest::collection::vec((0_u8..6, 0_i64..400 * DAY, any::<bool>()), 1..30),
        value in any::<i64>(),
        half_life in 0_u16..60,
    ) {
        let mut path: Vec<Touchpoint<u8>> = steps
            .into_iter()
            .map(|(origin, at, organic)| Touchpoint { origin, at: Timestamp::from_micros(at), organic })
            .collect();
        path.sort_by_key(|touch| touch.at);
        let decay = Decay::by_half_life(half_life);
        for model in Model::ALL {
            let weights = weights(model, &path, day(400), &decay);
            let mut chain = Chain::default();
            chain.add(path.iter().map(|touch| touch.origin), true);
            let weights = weights.unwrap_or_else(|| chain.weights().unwrap().into_values().collect());
            prop_assert!(weights.iter().any(|weight| *weight > 0), "{} credits nobody", model.name());
            let parts = apportion(value, &weights);
            prop_assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(value));
        }
    }
}
