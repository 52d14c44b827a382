//! A customer sends a hashtag seen in print or heard on the radio.

use super::dialogue;
use super::{Act, SECOND, Talk, number};
use crate::delivery::whatsapp::Content;
use crate::world::World;

/// A new customer.
pub(super) fn plot(world: &mut World) -> Talk {
    let channel = number(world);
    let mut talk = Talk::new(world, channel);
    enter(world, &mut talk);
    dialogue::go_on(world, &mut talk);
    talk
}

/// Plans the message that starts with the hashtag: as printed, or as people type it.
pub(super) fn enter(world: &mut World, talk: &mut Talk) {
    let rng = &mut world.rng;
    let tags = &world.business.hashtags;
    let term = match rng.weighted(&[90, 10]) {
        0 => tags[rng.index(tags.len())].term.clone(),
        _ => rng.pick(&["cupom", "Sorteio"]).to_owned(), // not in the catalogue
    };
    let text = match rng.weighted(&[50, 20, 10, 10, 10]) {
        0 => format!("#{term}"),
        1 => format!("#{term} quero participar"),
        2 => format!("#{}!!", term.to_lowercase()),
        3 => format!("#{}, oi", term.to_uppercase()),
        _ => format!("  #{term} {}", talk.product),
    };
    talk.then(rng.between(0, SECOND), Act::Say(Content::Text(text)));
    dialogue::burst(world, talk, 200);
}
