//! A few people and the business in a WhatsApp group.

use super::{Act, MINUTE, SECOND, Talk};
use crate::business::words;
use crate::delivery::referral::OPAQUE;
use crate::delivery::whatsapp::Content;
use crate::world::World;

/// A new group, on the main number.
pub(super) fn plot(world: &mut World) -> Talk {
    let mut talk = Talk::new(world, 0);
    let others = (0..world.rng.between(1, 4)).map(|_| world.somebody()).collect();
    let mut id = String::from("Y2FwaV9ncm91cDo");
    world.rng.letters(&mut id, &OPAQUE[..62], 32);
    talk.group = Some((id, others));
    for _ in 0..world.rng.between(2, 5) {
        let rng = &mut world.rng;
        let text = rng.pick(words::of(talk.person.language).follow).to_owned();
        talk.then(rng.between(5 * SECOND, 30 * MINUTE), Act::Say(Content::Text(text)));
        if rng.chance(500) {
            talk.then(rng.between(MINUTE, 40 * MINUTE), Act::Reply);
        }
    }
    talk
}
