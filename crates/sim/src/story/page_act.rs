//! Carries out what happens on pages and Instagram.

use origem_domain::event::ChannelKind;
use origem_domain::time::{HOUR, Timestamp};

use super::{MINUTE, PageAct, SECOND, Talk};
use crate::business::words;
use crate::delivery::page::{self, Comment, Happening};
use crate::delivery::{Piece, Slot};
use crate::world::World;

pub(super) fn perform(world: &mut World, talk: &mut Talk, act: PageAct, now: Timestamp) {
    let kind = world.business.channels[talk.channel].kind;
    let words = words::of(talk.person.language);
    if let PageAct::Comment(ad) = act {
        return comment(world, talk, ad, now);
    }
    let last = talk.last_in.clone().unwrap_or_default();
    let last_out = talk.last_out.clone().unwrap_or_default();
    let what = match &act {
        PageAct::Say(text, door) => Happening::Text {
            text,
            door: *door,
            quotes: None,
        },
        PageAct::Quote(text) => Happening::Text {
            text,
            door: None,
            quotes: talk.last_out.as_deref(),
        },
        PageAct::Picture => Happening::Picture,
        PageAct::Withheld(door) => Happening::Withheld(*door),
        PageAct::StoryReply => Happening::StoryReply(world.rng.pick(words.comment)),
        PageAct::StoryMention => Happening::StoryMention,
        PageAct::Postback(door) => Happening::Postback("Começar", "GET_STARTED", *door),
        PageAct::QuickReply => Happening::QuickReply("Ver unidades", "UNIDADES"),
        PageAct::Echo => Happening::Echo(world.rng.pick(&words::REPLIES)),
        PageAct::Open(door) => Happening::Opened(*door),
        PageAct::React if !last_out.is_empty() => Happening::Reaction(&last_out),
        PageAct::Edit if !last.is_empty() => Happening::Edited(&last, world.rng.pick(words.follow)),
        PageAct::Delete if !last.is_empty() => Happening::Deleted(&last),
        PageAct::React | PageAct::Edit | PageAct::Delete | PageAct::Comment(_) => return,
    };
    let id = page::message_id(&mut world.rng, kind);
    let channel = &world.business.channels[talk.channel];
    let body = page::messaging(&mut world.rng, &world.business, channel, &talk.person, &id, now, &what);
    let echoed = matches!(what, Happening::Echo(_));
    match what {
        Happening::Echo(_) => talk.last_out = Some(id),
        Happening::Deleted(_) => talk.last_in = None,
        Happening::Opened(_) | Happening::Reaction(_) | Happening::Edited(..) => (),
        Happening::Read(_) | Happening::Delivered(..) | Happening::Unknown => (),
        _ => talk.last_in = Some(id),
    }
    world.post(Piece::new(talk.channel, Slot::Messaging, now, body));
    if echoed {
        report(world, talk, now);
    }
}

/// What the provider tells of a message of ours: Messenger that it came, Instagram that it was read.
fn report(world: &mut World, talk: &Talk, now: Timestamp) {
    let channel = &world.business.channels[talk.channel];
    let Some(sent) = &talk.last_out else { return };
    let (what, at) = if channel.kind == ChannelKind::Instagram {
        (Happening::Read(sent), now.plus(world.rng.skewed(SECOND, HOUR)))
    } else {
        (
            Happening::Delivered(sent, now),
            now.plus(world.rng.skewed(SECOND, 5 * MINUTE)),
        )
    };
    if world.rng.chance(300) {
        return; // privacy settings, or never looked at
    }
    let body = page::messaging(&mut world.rng, &world.business, channel, &talk.person, "", at, &what);
    world.post(Piece::new(talk.channel, Slot::Messaging, at, body));
}

fn comment(world: &mut World, talk: &Talk, ad: Option<usize>, now: Timestamp) {
    let channel = &world.business.channels[talk.channel];
    let rng = &mut world.rng;
    let text = rng.pick(words::of(talk.person.language).comment);
    let id = if channel.kind == ChannelKind::Instagram {
        rng.digits("1790", 17)
    } else {
        format!("{}_{}", rng.digits("12", 15), rng.digits("9", 15))
    };
    let parent = rng.chance(100).then(|| rng.digits("1790", 17));
    let comment = Comment {
        id: &id,
        text,
        ad,
        parent: parent.as_deref().filter(|_| channel.kind == ChannelKind::Instagram),
    };
    let piece = if channel.kind == ChannelKind::Instagram {
        let body = page::comment(rng, &world.business, &talk.person, comment);
        Piece::new(talk.channel, Slot::Comment, now, body)
    } else {
        Piece::new(
            talk.channel,
            Slot::Feed,
            now,
            page::feed_comment(channel, &talk.person, now, comment),
        )
    };
    // Comments under ads may be told twice.
    if ad.is_some() && world.rng.chance(200) {
        world.post(piece.clone());
    }
    world.post(piece);
}
