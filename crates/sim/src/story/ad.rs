//! A customer comes through a click-to-WhatsApp ad or a boosted post.

use origem_domain::event::ChannelKind;

use super::dialogue;
use super::{Act, SECOND, Talk, ad_for, number};
use crate::business::{AdSource, words};
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

/// Plans the message that carries the referral, and sometimes the burst that follows it.
pub(super) fn enter(world: &mut World, talk: &mut Talk) {
    let ad = pick(world);
    let rng = &mut world.rng;
    talk.product = world.business.ads[ad].product;
    let opening = rng
        .pick(words::of(talk.person.language).opening)
        .replace("{}", talk.product);
    let says = match rng.weighted(&[80, 8, 4, 4, 4]) {
        0 => Content::Text(opening),
        1 => Content::Image(rng.chance(500).then_some(opening)),
        2 => Content::ButtonReply,
        3 => Content::Unsupported(rng.pick(&["link_preview", "gif", "product"])),
        _ => Content::Audio,
    };
    // Status ads never have a click id, desktop clicks now and then lack it; those open no free entry point either.
    let desktop = rng.chance(80);
    let with_id = world.business.ads[ad].source != AdSource::Status && !(desktop && rng.chance(500));
    talk.then(rng.between(0, SECOND), Act::SayFrom(says, ad, with_id, !desktop));
    dialogue::burst(world, talk, 450);
}

/// An ad: mostly such that its platform cannot be told.
fn pick(world: &mut World) -> usize {
    let source =
        [AdSource::Meta, AdSource::Instagram, AdSource::Status, AdSource::Post][world.rng.weighted(&[70, 16, 7, 7])];
    for _ in 0..64 {
        let ad = ad_for(world, ChannelKind::Whatsapp);
        if world.business.ads[ad].source == source {
            return ad;
        }
    }
    0
}
