//! The business dispatches a campaign; some of those who get it answer.

use origem_domain::time::{HOUR, Micros, Timestamp};

use super::dialogue;
use super::{Act, MINUTE, SECOND, Talk, begin, number};
use crate::business::words;
use crate::delivery::whatsapp::Content;
use crate::world::World;

/// Dispatches a campaign to some people at once, in working hours.
pub(super) fn wave(world: &mut World, at: Timestamp) {
    let at = world.rhythm.when_open(&mut world.rng, at);
    let campaign = world.rng.index(world.business.campaigns.len());
    let channel = number(world);
    for _ in 0..world.rng.between(3, 30) {
        let mut talk = Talk::new(world, channel);
        enter(world, &mut talk, campaign);
        let sent = at.plus(world.rng.between(0, MINUTE));
        begin(world, talk, sent);
    }
}

/// Plans the dispatch and what the person makes of it: nothing, an answer by button, by quote, in free text, a stop.
pub(super) fn enter(world: &mut World, talk: &mut Talk, campaign: usize) {
    talk.then(0, Act::Dispatch(campaign));
    let rng = &mut world.rng;
    if rng.chance(60) {
        talk.then(rng.between(MINUTE, HOUR), Act::Follow);
    }
    let wait: Micros = rng.skewed(MINUTE, 70 * HOUR);
    let answer = Content::Text(rng.pick(words::of(talk.person.language).answer).to_owned());
    match rng.weighted(&[50, 26, 6, 14, 4]) {
        0 => return,
        1 => talk.then(wait, Act::Tap(campaign, true)),
        2 => talk.then(wait, Act::Quote(answer)),
        3 => talk.then(wait, Act::Say(answer)),
        _ => {
            talk.then(wait, Act::Tap(campaign, false))
                .then(20 * SECOND, Act::Stop(true));
            if rng.chance(300) {
                talk.then(rng.between(HOUR, 48 * HOUR), Act::Stop(false));
            } else if rng.chance(600) {
                // Somebody forgot to take them off the list.
                talk.then(rng.between(20 * HOUR, 90 * HOUR), Act::Dispatch(0));
            }
            return;
        }
    };
    dialogue::go_on(world, talk);
}
