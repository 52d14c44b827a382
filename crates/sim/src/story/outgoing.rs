//! What the business sends through WhatsApp's API. Meta tells nothing of it but statuses.

use origem_domain::time::{HOUR, Micros, Timestamp};

use super::act::in_window;
use super::{MINUTE, SECOND, Talk};
use crate::business::Category;
use crate::business::people::{Person, Shows};
use crate::delivery::status::{self, CLOSED, Failure, HELD_BACK, Report, STOPPED, State, UNDELIVERABLE};
use crate::delivery::{Piece, Slot, whatsapp};
use crate::pricing::{self, FREE_ENTRY, Price, Session};
use crate::world::World;

/// A message under way.
#[derive(Clone, Copy)]
struct Outgoing<'a> {
    id: &'a str,
    callback: Option<&'a str>,
    price: Price,
    session: Option<Session>,
}

/// An agent's answer.
pub(super) fn reply(world: &mut World, talk: &mut Talk, now: Timestamp) {
    let id = whatsapp::message_id(&mut world.rng, &talk.person, false);
    if !in_window(talk, now) {
        return fail(world, talk, now, &id, None, &CLOSED);
    }
    let entry = world.rng.bits();
    let session = talk.entry.answered(now, entry);
    let price = match session {
        Some(_) => FREE_ENTRY,
        None => world.tier.service(talk.channel, now, talk.group.is_some()),
    };
    if world.rng.chance(4) {
        return fail(world, talk, now, &id, None, &UNDELIVERABLE);
    }
    deliver(
        world,
        talk,
        now,
        Outgoing {
            id: &id,
            callback: None,
            price,
            session,
        },
    );
    talk.last_out = Some(id);
}

/// A campaign's message to the customer.
pub(super) fn dispatch(world: &mut World, talk: &mut Talk, now: Timestamp, campaign: usize) {
    let id = whatsapp::message_id(&mut world.rng, &talk.person, false);
    let (callback, category) = (
        world.business.campaigns[campaign].id.clone(),
        world.business.campaigns[campaign].category,
    );
    let marketing = category == Category::Marketing;
    let failure = match () {
        () if marketing && talk.stopped => Some(&STOPPED),
        () if marketing && world.rng.chance(25) => Some(&HELD_BACK),
        () if world.rng.chance(25) => Some(&UNDELIVERABLE),
        () => None,
    };
    if let Some(failure) = failure {
        talk.plan.clear(); // nobody answers what never came
        return fail(world, talk, now, &id, Some(&callback), failure);
    }
    let entry = world.rng.bits();
    let session = talk.entry.answered(now, entry);
    let price = if session.is_some() {
        FREE_ENTRY
    } else {
        pricing::template(category, now, in_window(talk, now))
    };
    deliver(
        world,
        talk,
        now,
        Outgoing {
            id: &id,
            callback: Some(&callback),
            price,
            session,
        },
    );
    talk.last_out = Some(id);
}

/// An agent's or a CRM's template to a customer whose window is closed: nothing tells that it is no answer.
pub(super) fn approach(world: &mut World, talk: &mut Talk, now: Timestamp) {
    let id = whatsapp::message_id(&mut world.rng, &talk.person, false);
    let entry = world.rng.bits();
    let session = talk.entry.answered(now, entry);
    let price = match session {
        Some(_) => FREE_ENTRY,
        None => pricing::template(Category::Utility, now, in_window(talk, now)),
    };
    let out = Outgoing {
        id: &id,
        callback: None,
        price,
        session,
    };
    deliver(world, talk, now, out);
    talk.last_out = Some(id);
}

/// Sent, delivered, read: prices on the first two, the session's end only on the first. Delivered is skipped where the chat
/// is open on the other side.
fn deliver(world: &mut World, talk: &Talk, now: Timestamp, out: Outgoing<'_>) {
    let sent_at = now.plus(world.rng.between(SECOND / 5, 2 * SECOND));
    let full = Report {
        callback: out.callback,
        price: Some(out.price),
        session: out.session,
        group: None,
    };
    let bare = Report {
        price: None,
        session: None,
        ..full
    };
    if let Some((group, others)) = &talk.group {
        for person in std::iter::once(&talk.person).chain(others) {
            let report = Report {
                group: Some(group),
                ..full
            };
            post(world, talk, person, out.id, sent_at, State::Sent, report);
            let delivered_at = sent_at.plus(world.rng.skewed(SECOND, HOUR));
            post(world, talk, person, out.id, delivered_at, State::Delivered, report);
        }
        return;
    }
    let person = &talk.person;
    post(world, talk, person, out.id, sent_at, State::Sent, full);
    let skipped = world.rng.chance(70);
    let away = world.rng.chance(80);
    let delivered_at = sent_at.plus(world.rng.skewed(SECOND / 2, if away { 9 * HOUR } else { 20 * SECOND }));
    if !skipped {
        post(world, talk, person, out.id, delivered_at, State::Delivered, full);
    }
    if skipped || world.rng.chance(720) {
        let reads: Micros = if skipped {
            SECOND
        } else {
            world.rng.skewed(2 * SECOND, 90 * MINUTE)
        };
        post(
            world,
            talk,
            person,
            out.id,
            delivered_at.plus(reads),
            State::Read,
            if skipped { full } else { bare },
        );
    }
}

fn fail(world: &mut World, talk: &Talk, now: Timestamp, id: &str, callback: Option<&str>, why: &'static Failure) {
    let at = now.plus(world.rng.between(SECOND, 6 * SECOND));
    post(
        world,
        talk,
        &talk.person,
        id,
        at,
        State::Failed(why),
        Report {
            callback,
            ..Report::default()
        },
    );
}

fn post(world: &mut World, talk: &Talk, person: &Person, id: &str, at: Timestamp, state: State, report: Report<'_>) {
    let body = status::status(person, id, at, state, report);
    let mut piece = Piece::new(talk.channel, Slot::Status, at, body);
    let tells_contact = !matches!(state, State::Failed(_)) && report.group.is_none() && person.shows != Shows::Phone;
    if tells_contact {
        piece.contact = whatsapp::contact(person, state != State::Sent);
    }
    world.post(piece);
}
