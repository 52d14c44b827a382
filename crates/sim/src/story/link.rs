//! A customer comes through a custom link: the text that was filled in, mostly with its click code.

use super::dialogue;
use super::{Act, SECOND, Talk};
use crate::delivery::whatsapp::Content;
use crate::world::World;

/// A new customer.
pub(super) fn plot(world: &mut World) -> Talk {
    let link = world.rng.index(world.business.links.len());
    let channel = world.business.links[link].channel;
    let mut talk = Talk::new(world, channel);
    enter(world, &mut talk, Some(link));
    dialogue::go_on(world, &mut talk);
    talk
}

/// Plans the message with the code of `link`, or of a link to the talk's own number.
pub(super) fn enter(world: &mut World, talk: &mut Talk, link: Option<usize>) {
    let rng = &mut world.rng;
    let Some(link) = link.or_else(|| {
        world
            .business
            .links
            .iter()
            .position(|link| link.channel == talk.channel)
    }) else {
        return;
    };
    let link = &world.business.links[link];
    let text = match rng.weighted(&[70, 8, 8, 14]) {
        0 => format!("{} [{}]", link.text, link.code),
        1 => format!("{}  [{}]  ", link.text, link.code.to_lowercase()),
        2 => format!("{} [{}] e aceita pix?", link.text, link.code),
        // The customer deleted the code: only the text is left.
        _ => link.text.clone(),
    };
    talk.then(rng.between(0, SECOND), Act::Say(Content::Text(text)));
    dialogue::burst(world, talk, 250);
}
