//! A customer comments on a post or ad, gets a private reply, and mostly goes on in Direct.

use origem_domain::event::ChannelKind;
use origem_domain::time::HOUR;

use super::{Act, MINUTE, PageAct, SECOND, Talk, ad_for, direct};
use crate::business::words;
use crate::world::World;

/// A new customer: on Instagram, sometimes on the page.
pub(super) fn plot(world: &mut World) -> Talk {
    let kind = if world.rng.chance(800) {
        ChannelKind::Instagram
    } else {
        ChannelKind::Messenger
    };
    let channel = world.business.first(kind);
    let mut talk = Talk::new(world, channel);
    let ad = (kind == ChannelKind::Instagram && world.rng.chance(400)).then(|| ad_for(world, kind));
    let rng = &mut world.rng;
    talk.then(rng.between(0, SECOND), Act::Page(PageAct::Comment(ad)));
    if rng.chance(750) {
        talk.then(rng.skewed(MINUTE, 3 * HOUR), Act::Page(PageAct::Echo));
        if rng.chance(650) {
            let text = rng.pick(words::of(talk.person.language).answer).to_owned();
            talk.then(rng.skewed(MINUTE, 20 * HOUR), Act::Page(PageAct::Say(text, None)));
            direct::go_on(world, &mut talk, kind);
        }
    }
    talk
}
