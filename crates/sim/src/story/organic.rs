//! A customer writes without anything that tells why.

use super::dialogue;
use super::{Act, SECOND, Talk, number};
use crate::business::words;
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

/// Plans the first message.
pub(super) fn enter(world: &mut World, talk: &mut Talk) {
    let rng = &mut world.rng;
    let words = words::of(talk.person.language);
    let says = match rng.weighted(&[70, 20, 4, 3, 3]) {
        0 => Content::Text(rng.pick(words.greeting).to_owned()),
        1 => Content::Text(rng.pick(words.opening).replace("{}", talk.product)),
        2 => Content::Audio,
        3 => Content::Unsupported("poll_creation"),
        _ => Content::Sticker,
    };
    talk.then(rng.between(0, SECOND), Act::Say(says));
    dialogue::burst(world, talk, 400);
}
