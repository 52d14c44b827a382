//! Carries out what happens in WhatsApp conversations.

use origem_domain::time::{DAY, Timestamp};

use super::{Act, SECOND, Talk, outgoing, page_act, returning};
use crate::business::people::Person;
use crate::business::words;
use crate::delivery::whatsapp::{self, Around, Content};
use crate::delivery::{Piece, Slot, account, referral};
use crate::noise;
use crate::world::World;

/// Acts one beat of `talk`.
pub(super) fn perform(world: &mut World, talk: &mut Talk, act: Act, now: Timestamp) {
    match act {
        Act::Say(says) => say(world, talk, now, &says, Manner::default()),
        Act::SayFrom(says, ad, with_id, qualifies) => {
            talk.click = with_id.then(|| referral::click_id(&mut world.rng));
            say(
                world,
                talk,
                now,
                &says,
                Manner {
                    ad: Some(ad),
                    ..Manner::default()
                },
            );
            if qualifies {
                talk.entry.clicked(now);
            }
        }
        Act::Quote(says) => say(
            world,
            talk,
            now,
            &says,
            Manner {
                quotes: true,
                ..Manner::default()
            },
        ),
        Act::Forward(says) => say(
            world,
            talk,
            now,
            &says,
            Manner {
                forwarded: true,
                ..Manner::default()
            },
        ),
        Act::Tap(campaign, first) => {
            let campaign = &world.business.campaigns[campaign];
            let button = if first {
                campaign.buttons.first()
            } else {
                campaign.buttons.last()
            };
            let text = button.cloned().unwrap_or_default();
            let says = Content::Button(format!("{}:{}", campaign.id, if first { "sim" } else { "nao" }), text);
            say(
                world,
                talk,
                now,
                &says,
                Manner {
                    quotes: true,
                    ..Manner::default()
                },
            );
        }
        Act::Reply => outgoing::reply(world, talk, now),
        Act::Follow => {
            let body = account::click(
                &mut world.rng,
                &world.business.channels[talk.channel],
                &talk.person,
                now,
            );
            world.post(Piece::new(talk.channel, Slot::Click, now, body));
        }
        Act::Approach => outgoing::approach(world, talk, now),
        Act::Dispatch(campaign) => outgoing::dispatch(world, talk, now, campaign),
        Act::Echo => echo(world, talk, now),
        Act::React(taken_back) => {
            let Some(to) = talk.last_out.clone() else { return };
            let emoji = (!taken_back).then(|| world.rng.pick(&["👍", "❤️", "🙏", "😍"]));
            write(world, talk, now, |person, id| {
                whatsapp::reaction(person, id, now, &to, emoji)
            });
        }
        Act::Edit => {
            let Some(of) = talk.last_in.clone() else { return };
            let text = world.rng.pick(words::of(talk.person.language).follow);
            write(world, talk, now, |person, id| {
                whatsapp::edit(person, id, now, &of, text)
            });
        }
        Act::Revoke => {
            let Some(of) = talk.last_in.take() else { return };
            write(world, talk, now, |person, id| whatsapp::revoke(person, id, now, &of));
        }
        Act::Move => {
            let old = talk.person.clone();
            world.move_house(&mut talk.person);
            let id = whatsapp::message_id(&mut world.rng, &old, true);
            let body = whatsapp::system(&id, now, &old, &talk.person);
            world.post(Piece::new(talk.channel, Slot::Message, now, body));
        }
        Act::Stop(stop) => {
            talk.stopped = stop;
            let body = account::preference(&talk.person, now, stop);
            let contact = whatsapp::contact(&talk.person, true);
            world.post(Piece::new(talk.channel, Slot::Preference, now, body).with_contact(contact));
        }
        Act::Convert(cents) => {
            let (Some(click), Some(message)) = (&talk.click, &talk.last_in) else {
                return;
            };
            let body = account::conversion(message, now, click, cents);
            world.post(Piece::new(talk.channel, Slot::Conversion, now, body));
        }
        Act::Call(length) => call(world, talk, now, length),
        Act::HangUp(id, length) => hang_up(world, talk, now, &id, length),
        Act::Return => returning::enter(world, talk),
        Act::Page(act) => page_act::perform(world, talk, act, now),
    }
}

/// How a message is written.
#[derive(Default)]
struct Manner {
    quotes: bool,
    forwarded: bool,
    ad: Option<usize>,
}

fn say(world: &mut World, talk: &mut Talk, now: Timestamp, says: &Content, manner: Manner) {
    // In a group anybody may speak.
    let speaker = match &talk.group {
        Some((_, others)) if world.rng.chance(500) => &others[world.rng.index(others.len())],
        _ => &talk.person,
    };
    let id = whatsapp::message_id(&mut world.rng, speaker, true);
    let around = Around {
        context: talk
            .last_out
            .as_deref()
            .filter(|_| manner.quotes)
            .map(|id| (id, world.business.channels[talk.channel].display.as_str())),
        forwarded: manner.forwarded,
        referral: manner.ad.map(|ad| (&world.business.ads[ad], talk.click.as_deref())),
        group: talk.group.as_ref().map(|(id, _)| id.as_str()),
    };
    let body = whatsapp::message(&mut world.rng, speaker, &id, now, says, around);
    let piece = Piece::new(talk.channel, Slot::Message, now, body).with_contact(whatsapp::contact(speaker, true));
    let late = if manner.ad.is_some() {
        noise::referral_delay(&mut world.rng)
    } else {
        0
    };
    world.post_late(piece, late);
    talk.last_in = Some(id);
    talk.last_in_at = now;
    talk.entry.wrote(now);
}

/// Posts something the customer does to a message.
fn write(world: &mut World, talk: &Talk, now: Timestamp, body: impl FnOnce(&Person, &str) -> Vec<u8>) {
    let id = whatsapp::message_id(&mut world.rng, &talk.person, true);
    let contact = whatsapp::contact(&talk.person, true);
    world.post(Piece::new(talk.channel, Slot::Message, now, body(&talk.person, &id)).with_contact(contact));
}

fn echo(world: &mut World, talk: &mut Talk, now: Timestamp) {
    let id = whatsapp::message_id(&mut world.rng, &talk.person, false);
    let text = world.rng.pick(&words::REPLIES);
    let body = whatsapp::echo(&world.business.channels[talk.channel], &talk.person, &id, now, text);
    world.post(Piece::new(talk.channel, Slot::Echo, now, body));
    talk.last_out = Some(id);
}

fn call(world: &mut World, talk: &mut Talk, now: Timestamp, length: i64) {
    let mut id = String::from("wacid.HBg");
    world.rng.letters(&mut id, referral::OPAQUE, 48);
    let body = account::call(&world.business.channels[talk.channel], &talk.person, &id, now, None);
    let contact = whatsapp::contact(&talk.person, true);
    world.post(Piece::new(talk.channel, Slot::Call, now, body).with_contact(contact));
    talk.last_in_at = now;
    let rings = world.rng.between(3, 40);
    talk.plan.push_front(super::Beat {
        wait: (length + rings) * SECOND,
        act: Act::HangUp(id, length),
    });
}

fn hang_up(world: &mut World, talk: &Talk, now: Timestamp, id: &str, length: i64) {
    let body = account::call(
        &world.business.channels[talk.channel],
        &talk.person,
        id,
        now,
        Some(length),
    );
    world.post(Piece::new(talk.channel, Slot::Call, now, body));
}

/// Whether the customer service window is open at `now`.
pub(super) fn in_window(talk: &Talk, now: Timestamp) -> bool {
    now.since(talk.last_in_at) < DAY
}
