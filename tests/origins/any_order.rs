//! Story: the deliveries of a whole business arrive in any order, some twice. Everybody has the same past.

use origem_engine::Source;
use origem_sim::{Options, Simulation};

use crate::story::{Told, World};

fn business(events: u64, seed: u64) -> Vec<Told> {
    let options = Options {
        seed,
        events,
        ..Options::default()
    };
    let told = |body: Vec<u8>| Told {
        source: Source::Meta,
        body: String::from_utf8(body).unwrap(),
    };
    Simulation::new(options).map(|delivery| told(delivery.body)).collect()
}

/// The same deliveries in an order that `step` decides, which has no divisor in common with their number.
fn shuffled(story: &[Told], step: usize) -> Vec<&Told> {
    let divides = |factor: usize, number: usize| number.is_multiple_of(factor);
    let coprime = |step: &usize| (2..=*step).all(|factor| !divides(factor, *step) || !divides(factor, story.len()));
    let step = (step..).find(coprime).unwrap();
    (0..story.len())
        .map(|index| &story[index * step % story.len()])
        .collect()
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    for seed in [7, 8] {
        let story = business(1_500, seed);
        let (world, _) = World::heard(&story);
        let expected = world.everybody();
        assert!(expected.len() > 50, "{}", expected.len());
        let orders = [
            ("backwards", story.iter().rev().collect()),
            ("shuffled", shuffled(&story, 611)),
            (
                "shuffled, and once more",
                [shuffled(&story, 97), shuffled(&story, 23)].concat(),
            ),
        ];
        for (how, order) in orders {
            let everybody = World::heard(order).0.everybody();
            for (aliases, told) in &expected {
                assert_eq!(everybody.get(aliases), Some(told), "seed {seed}, {how}: {aliases:?}");
            }
            assert_eq!(everybody.len(), expected.len(), "seed {seed}, {how}");
        }
    }
}
