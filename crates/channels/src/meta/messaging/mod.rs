//! Messenger and Instagram webhooks. Source: reference/meta-platform.md section 2.
//!
//! Here: the ways down to one *element* (`{sender, recipient, timestamp, <event object>}`) or one *change*
//! (`{field, value}`), and the envelopes that lead there again. What they mean is in [`element`] and [`change`].
//!
//! ```text
//! {"object":..,"entry":[{"id":..,"time":..,"messaging":[ ELEMENT ]}]}        also "standby"
//! {"object":..,"entry":[{"id":..,"time":..,"changes":[ CHANGE ]}]}           comments; test buttons put an element in `value`
//! {"object":..,"entry":[{"id":..,"time":..,"field":..,"value": VALUE }]}     apps with Instagram Login
//! {"field":..,"value": VALUE }      ELEMENT                                  test buttons, samples
//! ```

mod change;
mod element;
mod message;
mod referral;

use origem_domain::alias::AliasKind;
use origem_domain::event::{Channel, ChannelKind};

use crate::json::Node;
use crate::output::{Envelope, Output, UNKNOWN_CHANNEL};
use crate::{Decoded, Delivery};

/// The events of one webhook body with `object` `page` or `instagram`, or with no `object` and nothing of WhatsApp in it.
/// `root` is the whole body, an object.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>, root: Node<'_, 'a>) -> Vec<Decoded<'a>> {
    let mut out = Output::new(delivery);
    let place = Place {
        platform: platform(root),
        entry: None,
    };
    if let Some(entries) = root.get("entry").filter(|entry| entry.is_array()) {
        if is_single(entries) {
            out.expect_one();
        }
        for entry in entries.items() {
            read_entry(
                &mut out,
                Place {
                    entry: Some(entry),
                    ..place
                },
                entry,
            );
        }
    } else if let Some(value) = root.get("value") {
        read_value(&mut out, place, root, value);
    } else if element::is_element(root) {
        element::read(
            &mut out,
            place,
            root,
            Spot {
                raw: root.raw().as_bytes(),
                open: None,
            },
        );
    } else {
        unrecognised(
            &mut out,
            place,
            "neither entry nor value",
            Spot {
                raw: delivery.body,
                open: None,
            },
        );
    }
    out.finish()
}

/// Where in a delivery we are.
#[derive(Clone, Copy)]
struct Place<'d, 'a> {
    platform: ChannelKind,
    entry: Option<Node<'d, 'a>>,
}

impl<'a> Place<'_, 'a> {
    /// The page or account, as the entry names it. `0` is what test buttons write instead.
    fn business_id(&self) -> Option<String> {
        self.entry?.word("id").filter(|id| id != "0")
    }

    /// The channel; `other` is who stands across from the user, for entries that do not tell.
    fn channel(&self, other: Option<String>) -> Channel {
        let id = self.business_id().or(other).or_else(|| self.entry?.word("id"));
        Channel {
            kind: self.platform,
            id: id.unwrap_or_else(|| UNKNOWN_CHANNEL.to_owned()),
        }
    }

    /// The kind of id this platform gives to people.
    const fn alias_kind(&self) -> AliasKind {
        match self.platform {
            ChannelKind::Instagram => AliasKind::Igsid,
            _ => AliasKind::Psid,
        }
    }

    /// The envelope down to the inside of the entry, then `open`: a list or members the fragment stands behind.
    fn envelope(&self, open: Option<&Open<'_>>) -> Envelope {
        let Some(open) = open else { return Envelope::default() };
        // Also where the delivery has no `object`: what told the platform may stand outside of the fragment.
        let object = if self.platform == ChannelKind::Instagram {
            "instagram"
        } else {
            "page"
        };
        let mut before = format!(r#"{{"object":"{object}","#);
        let mut after = String::new();
        if let Some(entry) = self.entry {
            before.push_str(r#""entry":["#);
            after.push_str("]}");
            if let Open::Entry = open {
                return Envelope { before, after };
            }
            before.push('{');
            after.insert(0, '}');
            for name in ["id", "time"] {
                if let Some(node) = entry.get(name) {
                    before.push_str(&format!(r#""{name}":{},"#, node.raw()));
                }
            }
        } else {
            after.push('}');
        }
        match open {
            Open::Entry => {}
            Open::List(name) => {
                before.push_str(&format!(r#""{name}":["#));
                after.insert(0, ']');
            }
            Open::Member(name) => before.push_str(&format!(r#""{name}":"#)),
            Open::Value(field) => before.push_str(&format!(r#""field":{field},"value":"#)),
        }
        Envelope { before, after }
    }
}

/// What a fragment stands in, inside of its entry.
#[derive(Clone, Copy)]
enum Open<'a> {
    /// The fragment is the entry itself.
    Entry,
    /// It is an element of the list of that name.
    List(&'static str),
    /// It is the member of that name.
    Member(&'static str),
    /// It is the `value` beside a `field`, whose raw text this is.
    Value(&'a str),
}

/// A fragment: its bytes and what it stands in; without `open` it is the whole delivery.
#[derive(Clone, Copy)]
struct Spot<'a> {
    raw: &'a [u8],
    open: Option<Open<'a>>,
}

/// The lists of an entry.
const LISTS: [&str; 3] = ["messaging", "standby", "changes"];

fn read_entry<'a>(out: &mut Output<'a>, place: Place<'_, 'a>, entry: Node<'_, 'a>) {
    let mut understood = false;
    for name in LISTS {
        let Some(list) = entry.get(name) else { continue };
        understood = true;
        if !list.is_array() {
            let spot = Spot {
                raw: list.raw().as_bytes(),
                open: Some(Open::Member(name)),
            };
            unrecognised(out, place, format!("{name} is no list"), spot);
        }
        for item in list.items() {
            let spot = Spot {
                raw: item.raw().as_bytes(),
                open: Some(Open::List(name)),
            };
            if name == "changes" {
                change::read(out, place, item, spot);
            } else {
                element::read(out, place, item, spot);
            }
        }
    }
    if let Some(value) = entry.get("value") {
        understood = true;
        read_value(out, place, entry, value);
    }
    if !understood {
        let spot = Spot {
            raw: entry.raw().as_bytes(),
            open: Some(Open::Entry),
        };
        unrecognised(out, place, "entry without messaging or changes", spot);
    }
}

/// Reads `holder{field, value}` where `holder` is an entry or the whole delivery: only `value` is the fragment.
fn read_value<'a>(out: &mut Output<'a>, place: Place<'_, 'a>, holder: Node<'_, 'a>, value: Node<'_, 'a>) {
    let field = holder.get("field").map_or("null", Node::raw);
    change::read(
        out,
        place,
        holder,
        Spot {
            raw: value.raw().as_bytes(),
            open: Some(Open::Value(field)),
        },
    );
}

fn unrecognised<'a>(out: &mut Output<'a>, place: Place<'_, 'a>, reason: impl Into<String>, spot: Spot<'a>) {
    out.unrecognised(place.channel(None), reason, spot.raw, || {
        place.envelope(spot.open.as_ref())
    });
}

/// The entries hold one event at most. A delivery report may be one event per message.
fn is_single(entries: Node<'_, '_>) -> bool {
    let mut entries = entries.items();
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        return false;
    };
    let mut parts = LISTS.iter().chain(&["value"]).filter_map(|name| entry.get(name));
    let (Some(part), None) = (parts.next(), parts.next()) else {
        return false;
    };
    let mut items = part.items();
    let (Some(item), None) = (items.next(), items.next()) else {
        return false;
    };
    item.get("delivery").is_none() && item.path(&["value", "delivery"]).is_none()
}

/// Messenger or Instagram. Without `object` the names of changes tell, then the shape: the test button of Instagram writes
/// entries, that of pages does not.
fn platform(root: Node<'_, '_>) -> ChannelKind {
    match root.word("object").as_deref() {
        Some("instagram") => return ChannelKind::Instagram,
        Some(_) => return ChannelKind::Messenger,
        None => {}
    }
    let changes = root
        .list("entry")
        .flat_map(|entry| entry.list("changes").chain([entry]));
    for field in changes.chain([root]).filter_map(|change| change.word("field")) {
        match field.as_str() {
            "comments" | "live_comments" | "mentions" | "story_insights" => return ChannelKind::Instagram,
            "feed" => return ChannelKind::Messenger,
            field if field.starts_with("messaging_") => return ChannelKind::Messenger,
            _ => {}
        }
    }
    if root.get("entry").is_some() {
        ChannelKind::Instagram
    } else {
        ChannelKind::Messenger
    }
}
