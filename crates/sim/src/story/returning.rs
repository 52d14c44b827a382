//! A customer whom the business knows comes again, days later and by another way.

use origem_domain::time::{DAY, HOUR};

use super::{Act, MINUTE, Talk};
use super::{ad, campaign, dialogue, hashtag, link, organic};
use crate::business::words;
use crate::delivery::whatsapp::Content;
use crate::world::World;

/// Origins after the first that one conversation can have.
const CHAPTERS_MAX: u8 = 3;

/// Perhaps plans a return. The pause is skewed: most come back soon, some after a week.
pub(super) fn perhaps(world: &mut World, talk: &mut Talk) {
    if talk.chapters < CHAPTERS_MAX && world.rng.chance(220) {
        talk.chapters += 1;
        let pause = if world.rng.chance(150) {
            world.rng.between(2 * HOUR, 20 * HOUR)
        } else {
            world.rng.skewed(25 * HOUR, 7 * DAY)
        };
        talk.then(pause, Act::Return);
    }
}

/// Plans the next chapter; its first beat is due at once.
pub(super) fn enter(world: &mut World, talk: &mut Talk) {
    match world.rng.weighted(&[28, 27, 22, 10, 5, 8]) {
        0 => ad::enter(world, talk),
        1 => {
            let campaign = world.rng.index(world.business.campaigns.len());
            return campaign::enter(world, talk, campaign);
        }
        2 => organic::enter(world, talk),
        3 => link::enter(world, talk, None),
        4 => hashtag::enter(world, talk),
        _ => {
            talk.then(0, Act::Approach);
            if world.rng.chance(400) {
                return;
            }
            let answer = world.rng.pick(words::of(talk.person.language).answer).to_owned();
            talk.then(world.rng.skewed(MINUTE, 20 * HOUR), Act::Say(Content::Text(answer)));
        }
    }
    dialogue::go_on(world, talk);
}
