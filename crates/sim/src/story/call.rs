//! A customer calls on WhatsApp, and writes afterwards.

use super::dialogue;
use super::{Act, MINUTE, Talk, organic};
use crate::world::World;

/// A new customer, on the main number.
pub(super) fn plot(world: &mut World) -> Talk {
    let mut talk = Talk::new(world, 0);
    let length = if world.rng.chance(600) {
        world.rng.between(20, 400)
    } else {
        0
    };
    talk.then(0, Act::Call(length));
    if world.rng.chance(700) {
        // Counted from the moment the call has ended: see `Act::Call`.
        let pause = world.rng.between(MINUTE / 6, 9 * MINUTE);
        organic::enter(world, &mut talk);
        if let Some(next) = talk.plan.get_mut(1) {
            next.wait += pause;
        }
        dialogue::go_on(world, &mut talk);
    }
    talk
}
