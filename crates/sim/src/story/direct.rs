//! Customers of Instagram Direct and Messenger: ads, links with a `ref`, stories, plain messages.

use origem_domain::event::ChannelKind;
use origem_domain::time::{DAY, HOUR};

use super::{Act, MINUTE, PageAct, SECOND, Talk, ad_for};
use crate::business::words;
use crate::delivery::referral::Door;
use crate::world::World;

/// A new customer on Instagram.
pub(super) fn instagram(world: &mut World) -> Talk {
    plot(world, ChannelKind::Instagram)
}

/// A new customer on Messenger.
pub(super) fn messenger(world: &mut World) -> Talk {
    plot(world, ChannelKind::Messenger)
}

fn plot(world: &mut World, kind: ChannelKind) -> Talk {
    let channel = world.business.first(kind);
    let mut talk = Talk::new(world, channel);
    enter(world, &mut talk, kind);
    go_on(world, &mut talk, kind);
    if world.rng.chance(180) {
        // The thread exists now: a link or ad opens it first, and the message follows.
        let door = door(world, kind);
        talk.then(world.rng.skewed(HOUR, 6 * DAY), Act::Page(PageAct::Open(door)));
        if world.rng.chance(750) {
            let text = opening(world, &talk);
            let again = world.rng.chance(400).then_some(door);
            talk.then(
                world.rng.between(5 * SECOND, 10 * MINUTE),
                Act::Page(PageAct::Say(text, again)),
            );
            go_on(world, &mut talk, kind);
        }
    }
    talk
}

fn enter(world: &mut World, talk: &mut Talk, kind: ChannelKind) {
    let text = opening(world, talk);
    let door = door(world, kind);
    let instagram = kind == ChannelKind::Instagram;
    let weights = if instagram {
        [35, 25, 8, 14, 14, 4]
    } else {
        [40, 25, 30, 0, 0, 5]
    };
    let act = match world.rng.weighted(&weights) {
        0 => PageAct::Say(text, None),
        1 => PageAct::Say(text, Some(door)),
        2 => PageAct::Postback(world.rng.chance(700).then_some(door)),
        3 => PageAct::StoryReply,
        4 => PageAct::StoryMention,
        _ => PageAct::Withheld(world.rng.chance(500).then_some(door)),
    };
    talk.then(world.rng.between(0, SECOND), Act::Page(act));
}

/// Plans answers of both sides.
pub(super) fn go_on(world: &mut World, talk: &mut Talk, kind: ChannelKind) {
    let rng = &mut world.rng;
    for _ in 0..rng.between(1, 5) {
        talk.then(rng.skewed(20 * SECOND, HOUR), Act::Page(PageAct::Echo));
        if !rng.chance(800) {
            return;
        }
        let text = rng.pick(words::of(talk.person.language).follow).to_owned();
        let instagram = kind == ChannelKind::Instagram;
        let act = match rng.weighted(&[70, 8, 5, 5, if instagram { 0 } else { 6 }]) {
            0 => PageAct::Say(text, None),
            1 => PageAct::Quote(text),
            2 => PageAct::Picture,
            3 => PageAct::React,
            _ => PageAct::QuickReply,
        };
        talk.then(rng.skewed(15 * SECOND, 2 * HOUR), Act::Page(act));
        if instagram && rng.chance(90) {
            let second_thought = if rng.chance(500) {
                PageAct::Edit
            } else {
                PageAct::Delete
            };
            talk.then(rng.between(5 * SECOND, MINUTE), Act::Page(second_thought));
        }
    }
}

fn opening(world: &mut World, talk: &Talk) -> String {
    world
        .rng
        .pick(words::of(talk.person.language).opening)
        .replace("{}", talk.product)
}

fn door(world: &mut World, kind: ChannelKind) -> Door {
    if world.rng.chance(600) {
        Door::Ad(ad_for(world, kind))
    } else {
        Door::Link(world.rng.index(world.business.ref_links.len()))
    }
}
