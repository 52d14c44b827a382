//! How WhatsApp conversations go on after the first message: bursts, answers, reactions, second thoughts, leads, returns.

use origem_domain::time::{HOUR, Micros};

use super::{Act, MINUTE, SECOND, Talk, returning};
use crate::business::words;
use crate::delivery::whatsapp::Content;
use crate::rng::Rng;
use crate::world::World;

/// Perhaps plans one to four messages within seconds of the one before.
pub(super) fn burst(world: &mut World, talk: &mut Talk, per_mille: u64) {
    let rng = &mut world.rng;
    if rng.chance(per_mille) {
        for _ in 0..rng.skewed(1, 5) {
            let says = anything(rng, talk);
            talk.then(rng.between(2 * SECOND, 15 * SECOND), Act::Say(says));
        }
    }
}

/// Plans what follows the first message, to the end of the conversation or of its chapter.
pub(super) fn go_on(world: &mut World, talk: &mut Talk) {
    let shared = world.business.channels[talk.channel].coexistence;
    let rounds = [0, 1, 2, 3, 5][world.rng.weighted(&[8, 27, 30, 25, 10])];
    for _ in 0..rounds {
        answer(&mut world.rng, talk, shared);
        if !world.rng.chance(800) {
            break;
        }
        reaction_or_words(world, talk, shared);
    }
    afterwards(&mut world.rng, talk);
    returning::perhaps(world, talk);
}

/// An agent answers: through the API, or in the phone app where the number is shared with it.
fn answer(rng: &mut Rng, talk: &mut Talk, shared: bool) {
    let wait: Micros = if rng.chance(15) {
        rng.between(24 * HOUR, 30 * HOUR)
    } else {
        rng.skewed(20 * SECOND, 45 * MINUTE)
    };
    talk.then(
        wait,
        if shared && rng.chance(600) {
            Act::Echo
        } else {
            Act::Reply
        },
    );
    if rng.chance(200) {
        talk.then(
            rng.between(5 * SECOND, 2 * MINUTE),
            if shared { Act::Echo } else { Act::Reply },
        );
    }
}

/// The customer goes on.
fn reaction_or_words(world: &mut World, talk: &mut Talk, shared: bool) {
    let rng = &mut world.rng;
    let wait = rng.skewed(15 * SECOND, 3 * HOUR);
    let says = anything(rng, talk);
    match rng.weighted(&[70, 12, 6, 4, 8]) {
        0 => talk.then(wait, Act::Say(says)),
        1 => talk.then(wait, Act::Quote(says)),
        2 => {
            talk.then(wait, Act::React(false));
            if rng.chance(200) {
                talk.then(30 * SECOND, Act::React(true));
            }
            return;
        }
        3 => talk.then(wait, Act::Forward(says)),
        _ => talk.then(
            wait,
            Act::Say(Content::Text(
                rng.pick(words::of(talk.person.language).thanks).to_owned(),
            )),
        ),
    };
    // Edits and deletions are told only for numbers shared with the phone app.
    if shared && rng.chance(80) {
        talk.then(
            rng.between(10 * SECOND, 10 * MINUTE),
            if rng.chance(600) { Act::Edit } else { Act::Revoke },
        );
    }
    burst(world, talk, 200);
}

/// What the provider tells at the end.
fn afterwards(rng: &mut Rng, talk: &mut Talk) {
    if rng.chance(150) {
        talk.then(rng.between(MINUTE, HOUR), Act::Convert(None));
    }
    if rng.chance(50) {
        talk.then(
            rng.between(HOUR, 5 * HOUR),
            Act::Convert(Some(rng.between(4_900, 599_990))),
        );
    }
    if rng.chance(25) {
        talk.then(rng.between(HOUR, 30 * HOUR), Act::Move);
        let words = words::of(talk.person.language).follow;
        talk.then(
            rng.between(MINUTE, HOUR),
            Act::Say(Content::Text(rng.pick(words).to_owned())),
        );
    }
}

/// Something a customer says in the middle of a conversation.
fn anything(rng: &mut Rng, talk: &Talk) -> Content {
    let words = words::of(talk.person.language);
    match rng.weighted(&[780, 60, 10, 40, 15, 15, 15, 10, 15, 15, 10, 10, 5]) {
        0 => Content::Text(rng.pick(words.follow).to_owned()),
        1 => Content::Image(rng.chance(300).then(|| rng.pick(words.follow).to_owned())),
        2 => Content::Video,
        3 => Content::Audio,
        4 => Content::Document,
        5 => Content::Sticker,
        6 => Content::Location { named: rng.chance(500) },
        7 => Content::Contacts,
        8 => Content::ButtonReply,
        9 => Content::ListReply,
        10 => Content::Flow,
        11 => Content::Order,
        _ => Content::Unsupported("gif"),
    }
}
