//! Stories of customers. A story is a plan of [`Beat`]s made when the customer arrives; each beat is acted when it is due, so
//! that prices, windows and quotes follow from what has really happened until then.
//!
//! One file per kind of story; `dialogue` is what most of them go on with; `act` carries beats out.

mod act;
mod ad;
mod call;
mod campaign;
mod comment;
mod dialogue;
mod direct;
mod group;
mod hashtag;
mod link;
mod organic;
mod outgoing;
mod page_act;
mod returning;

use std::collections::VecDeque;

use origem_domain::event::ChannelKind;
use origem_domain::time::{Micros, Timestamp};

use crate::business::people::Person;
use crate::delivery::referral::Door;
use crate::delivery::whatsapp::Content;
use crate::pricing::EntryPoint;
use crate::world::{Item, World};

pub(crate) const SECOND: Micros = 1_000_000;
pub(crate) const MINUTE: Micros = 60 * SECOND;

/// A conversation under way.
pub(crate) struct Talk {
    /// Place in `Business::channels`.
    pub channel: usize,
    /// The customer.
    pub person: Person,
    /// The group it happens in, and who else is in it.
    pub group: Option<(String, Vec<Person>)>,
    /// What is to come, in order.
    plan: VecDeque<Beat>,
    /// What it is about, as it stands inside a sentence.
    pub product: &'static str,
    /// The last message of the customer.
    last_in: Option<String>,
    /// When it was written.
    last_in_at: Timestamp,
    /// The last message of the business.
    last_out: Option<String>,
    /// The free entry point window.
    entry: EntryPoint,
    /// The last ad click.
    click: Option<String>,
    /// The customer stopped marketing.
    stopped: bool,
    /// Origins after the first.
    chapters: u8,
}

/// Something that happens in a conversation, some time after what happened before.
struct Beat {
    wait: Micros,
    act: Act,
}

/// What can happen in a conversation.
enum Act {
    /// WhatsApp: the customer writes.
    Say(Content),
    /// WhatsApp: the customer writes, through the ad of that place; the flags tell whether the click has an id and whether it
    /// can open a free entry point.
    SayFrom(Content, usize, bool, bool),
    /// WhatsApp: the customer answers the last message of the business by quoting it.
    Quote(Content),
    /// WhatsApp: the customer forwards something.
    Forward(Content),
    /// WhatsApp: an agent answers through the API: only statuses tell.
    Reply,
    /// WhatsApp: the business writes in the phone app.
    Echo,
    /// WhatsApp: the campaign of that place is dispatched to the customer.
    Dispatch(usize),
    /// WhatsApp: an agent writes first, with a template and without anything to be told back.
    Approach,
    /// WhatsApp: the customer follows the link of a campaign.
    Follow,
    /// WhatsApp: the customer taps the first or the last button of the campaign of that place.
    Tap(usize, bool),
    /// WhatsApp: the customer reacts to the last message of the business, or takes the reaction back.
    React(bool),
    /// WhatsApp: the customer edits the last message.
    Edit,
    /// WhatsApp: the customer deletes the last message.
    Revoke,
    /// WhatsApp: the customer has a new number.
    Move,
    /// WhatsApp: the customer stops (or resumes) marketing.
    Stop(bool),
    /// WhatsApp: the provider noticed a lead, or a purchase of so many cents, after an ad click.
    Convert(Option<i64>),
    /// WhatsApp: the customer calls; the seconds it lasts, 0 for not answered.
    Call(i64),
    /// WhatsApp: an ended call, by its id.
    HangUp(String, i64),
    /// Any channel: the conversation goes on days later with another origin.
    Return,
    /// Page or Instagram: see `page_act`.
    Page(PageAct),
}

/// What can happen in a conversation of a page or Instagram account.
enum PageAct {
    Say(String, Option<Door>),
    Quote(String),
    Picture,
    Withheld(Option<Door>),
    StoryReply,
    StoryMention,
    Postback(Option<Door>),
    QuickReply,
    Echo,
    Open(Door),
    React,
    Edit,
    Delete,
    /// A comment, under the ad of that place or an ordinary post.
    Comment(Option<usize>),
}

impl Talk {
    fn new(world: &mut World, channel: usize) -> Self {
        let person = world.somebody();
        let product = world.rng.pick(&world.business.trade.products.each_ref());
        Self {
            channel,
            person,
            group: None,
            plan: VecDeque::new(),
            product,
            last_in: None,
            last_in_at: Timestamp::MIN,
            last_out: None,
            entry: EntryPoint::None,
            click: None,
            stopped: false,
            chapters: 0,
        }
    }

    /// Plans `act`, `wait` after what was planned before.
    fn then(&mut self, wait: Micros, act: Act) -> &mut Self {
        self.plan.push_back(Beat { wait, act });
        self
    }
}

/// How a story begins.
enum Story {
    /// One customer arrives.
    One(fn(&mut World) -> Talk),
    /// Something of the business reaches several people at once.
    Many(fn(&mut World, Timestamp)),
}

/// The stories and how often they begin, in thousandths.
const STORIES: [(u64, Story); 10] = [
    (350, Story::One(ad::plot)),
    (110, Story::One(link::plot)),
    (70, Story::One(hashtag::plot)),
    (165, Story::One(organic::plot)),
    (110, Story::One(direct::instagram)),
    (80, Story::One(direct::messenger)),
    (60, Story::One(comment::plot)),
    (15, Story::One(call::plot)),
    (10, Story::One(group::plot)),
    (30, Story::Many(campaign::wave)),
];

/// A story begins.
pub(crate) fn arrive(world: &mut World, at: Timestamp) {
    let place = world.rng.weighted(&STORIES.map(|(weight, _)| weight));
    match STORIES[place].1 {
        Story::One(plot) => {
            let talk = plot(world);
            begin(world, talk, at);
        }
        Story::Many(plot) => plot(world, at),
    }
}

/// Puts a conversation on the agenda.
fn begin(world: &mut World, talk: Talk, at: Timestamp) {
    if let Some(first) = talk.plan.front() {
        world.plan(at.plus(first.wait), Item::Talk(Box::new(talk)));
    }
}

/// The next beat of `talk` is due at `now`: acts it, and puts the one after it on the agenda.
pub(crate) fn go_on(world: &mut World, mut talk: Box<Talk>, now: Timestamp) {
    let Some(beat) = talk.plan.pop_front() else { return };
    act::perform(world, &mut talk, beat.act, now);
    let Some(next) = talk.plan.front() else { return };
    let mut at = now.plus(next.wait);
    // People of the business write in working hours; now and then a robot answers at night.
    let waits = match next.act {
        Act::Reply | Act::Echo | Act::Page(PageAct::Echo) => !world.rng.chance(250),
        Act::Dispatch(_) | Act::Approach => true,
        _ => false,
    };
    if waits {
        at = world.rhythm.when_open(&mut world.rng, at);
    }
    world.plan(at, Item::Talk(talk));
}

/// A WhatsApp number, the main one more often.
fn number(world: &mut World) -> usize {
    world.rng.weighted(&[55, 25, 20])
}

/// An ad that leads to `destination`, by its place.
fn ad_for(world: &mut World, destination: ChannelKind) -> usize {
    let places: Vec<usize> = (0..world.business.ads.len())
        .filter(|ad| world.business.ads[*ad].destination == destination)
        .collect();
    places[world.rng.index(places.len())]
}
