//! Messenger and Instagram: elements of `messaging[]`, comments.

use origem_domain::event::ChannelKind;
use origem_domain::time::Timestamp;

use super::referral::{self, Door, OPAQUE};
use super::{millis, seconds};
use crate::business::people::Person;
use crate::business::{Business, Channel};
use crate::json::Json;
use crate::rng::Rng;

/// What happened in a thread of a page or Instagram account.
#[derive(Debug, Clone)]
pub(crate) enum Happening<'a> {
    /// The customer wrote a text, through a door or not, in answer to a message or not.
    Text {
        text: &'a str,
        door: Option<Door>,
        quotes: Option<&'a str>,
    },
    /// The customer sent a picture.
    Picture,
    /// The customer wrote something that is withheld, through a door.
    Withheld(Option<Door>),
    /// The customer answered our story.
    StoryReply(&'a str),
    /// The customer mentioned us in their story.
    StoryMention,
    /// The customer tapped a button, through a door or not.
    Postback(&'a str, &'a str, Option<Door>),
    /// The customer tapped a quick reply.
    QuickReply(&'a str, &'a str),
    /// The business wrote.
    Echo(&'a str),
    /// The customer opened the thread through a door and has not written.
    Opened(Door),
    /// The customer reacted to a message.
    Reaction(&'a str),
    /// The customer edited a message.
    Edited(&'a str, &'a str),
    /// The customer took a message back.
    Deleted(&'a str),
    /// The customer read a message of ours (Instagram).
    Read(&'a str),
    /// A message of ours came to the customer (Messenger).
    Delivered(&'a str, Timestamp),
    /// An event object no reader knows.
    Unknown,
}

/// A message id of the channel's kind.
pub(crate) fn message_id(rng: &mut Rng, kind: ChannelKind) -> String {
    let (prefix, length) = if kind == ChannelKind::Instagram {
        ("aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlE", 80)
    } else {
        ("m_", 84)
    };
    let mut id = String::with_capacity(120);
    id.push_str(prefix);
    rng.letters(&mut id, OPAQUE, length);
    id
}

/// An element of `messaging[]`. `id` is the id of the message it makes, if it makes one.
pub(crate) fn messaging(
    rng: &mut Rng,
    business: &Business,
    channel: &Channel,
    person: &Person,
    id: &str,
    at: Timestamp,
    what: &Happening<'_>,
) -> Vec<u8> {
    let mut json = Json::escaped();
    json.item(|json| {
        let (from, to) = match what {
            Happening::Echo(_) => (&channel.id, &person.scoped),
            _ => (&person.scoped, &channel.id),
        };
        json.object("sender", |json| _ = json.text("id", from))
            .object("recipient", |json| _ = json.text("id", to));
        json.number("timestamp", millis(at));
        happening(json, rng, business, channel, id, what);
    });
    json.into_bytes()
}

fn happening(json: &mut Json, rng: &mut Rng, business: &Business, channel: &Channel, id: &str, what: &Happening<'_>) {
    let instagram = channel.kind == ChannelKind::Instagram;
    let enter = |json: &mut Json, door: Option<Door>| match door {
        Some(Door::Ad(place)) => referral::page_ad(json, &business.ads[place]),
        Some(Door::Link(place)) => referral::page_link(json, business.ref_links[place].reference, instagram),
        None => (),
    };
    let story = |id: &str| format!("https://lookaside.example/ig_messaging_cdn/?asset_id={id}&signature=AbZ");
    match what {
        Happening::Text { text, door, quotes } => json.object("message", |json| {
            json.text("mid", id).text("text", text);
            enter(json, *door);
            if let Some(quotes) = quotes {
                json.object("reply_to", |json| _ = json.text("mid", quotes));
            }
        }),
        Happening::Picture => json.object("message", |json| {
            json.text("mid", id);
            attachment(json, "image", &story("1789"));
        }),
        Happening::Withheld(door) => json.object("message", |json| {
            json.text("mid", id).flag("is_unsupported", true);
            enter(json, *door);
        }),
        Happening::StoryReply(text) => json.object("message", |json| {
            json.text("mid", id).text("text", text);
            json.object("reply_to", |json| {
                let number = rng.digits("179", 17);
                json.object("story", |json| {
                    _ = json.text("url", &story(&number)).text("id", &number)
                });
            });
        }),
        Happening::StoryMention => json.object("message", |json| {
            json.text("mid", id);
            attachment(json, "story_mention", &story(&rng.digits("179", 17)));
        }),
        Happening::Postback(title, payload, door) => json.object("postback", |json| {
            json.text("mid", id).text("title", title).text("payload", payload);
            enter(json, *door);
        }),
        Happening::QuickReply(text, payload) => json.object("message", |json| {
            json.text("mid", id)
                .text("text", text)
                .object("quick_reply", |json| _ = json.text("payload", payload));
        }),
        Happening::Echo(text) => json.object("message", |json| {
            json.text("mid", id).flag("is_echo", true);
            // What people type in the page's own inbox names no app.
            if rng.chance(600) {
                json.number("app_id", 263_902_037_430_902);
            }
            json.text("text", text);
        }),
        Happening::Opened(door) => {
            enter(json, Some(*door));
            json
        }
        Happening::Reaction(to) => json.object("reaction", |json| {
            json.text("mid", to)
                .text("action", "react")
                .text("reaction", "love")
                .text("emoji", "❤");
        }),
        Happening::Edited(of, text) => json.object("message_edit", |json| {
            _ = json.text("mid", of).text("text", text).number("num_edit", 1)
        }),
        Happening::Deleted(of) => json.object("message", |json| _ = json.text("mid", of).flag("is_deleted", true)),
        Happening::Read(mid) => json.object("read", |json| _ = json.text("mid", mid)),
        Happening::Delivered(mid, at) => json.object("delivery", |json| {
            json.array("mids", |json| _ = json.text_item(mid));
            json.number("watermark", millis(*at));
        }),
        Happening::Unknown => json.object("thread_poll", |json| {
            json.text("id", &rng.digits("poll_", 14))
                .text("question", "Qual cor você prefere?");
        }),
    };
}

fn attachment(json: &mut Json, kind: &str, url: &str) {
    json.array("attachments", |json| {
        json.item(|json| {
            _ = json
                .text("type", kind)
                .object("payload", |json| _ = json.text("url", url))
        });
    });
}

/// A comment of a customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comment<'a> {
    /// Its id.
    pub id: &'a str,
    /// What was written.
    pub text: &'a str,
    /// The place in `Business::ads` of the ad it stands under, if it is an ad.
    pub ad: Option<usize>,
    /// The comment it answers.
    pub parent: Option<&'a str>,
}

/// The value of an Instagram `comments` change.
pub(crate) fn comment(rng: &mut Rng, business: &Business, person: &Person, comment: Comment<'_>) -> Vec<u8> {
    let mut json = Json::escaped();
    json.item(|json| {
        json.object("from", |json| {
            let name = person
                .username
                .clone()
                .unwrap_or_else(|| format!("perfil_{}", &person.scoped[..8]));
            json.text("id", &person.scoped).text("username", &name);
        });
        json.object("media", |json| match comment.ad {
            Some(place) => {
                let ad = &business.ads[place];
                json.text("id", &ad.id.replacen("1202", "1799", 1))
                    .text("media_product_type", "AD");
                json.text("ad_id", &ad.id).text("ad_title", &ad.headline);
            }
            None => {
                let kind = rng.pick(&["FEED", "REELS"]);
                json.text("id", &rng.digits("1801", 17))
                    .text("media_product_type", kind);
            }
        });
        json.text("id", comment.id)
            .maybe("parent_id", comment.parent)
            .text("text", comment.text);
    });
    json.into_bytes()
}

/// The value of a page's `feed` change: a comment.
pub(crate) fn feed_comment(channel: &Channel, person: &Person, at: Timestamp, comment: Comment<'_>) -> Vec<u8> {
    let mut json = Json::escaped();
    json.item(|json| {
        let post = format!("{}_{}", channel.id, &comment.id[..15]);
        json.object("from", |json| {
            _ = json.text("id", &person.scoped).text("name", &person.name)
        });
        json.text("item", "comment")
            .text("verb", "add")
            .text("comment_id", comment.id);
        json.text("post_id", &post)
            .text("parent_id", comment.parent.unwrap_or(&post));
        json.number("created_time", seconds(at)).text("message", comment.text);
    });
    json.into_bytes()
}
