//! One element of `messaging[]` or `standby[]`: who is the user, when it was, which event object stands in it.
//!
//! An element of `standby[]` is the same for an app that does not own the thread: a real message, counted as such.

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{
    AccountUpdate, Body, Channel, Contact, DeliveryState, Edit, Reaction, Revoke, SentDetails, Status, Via,
};

use super::{Place, Spot, message, referral};
use crate::json::Node;
use crate::output::{Envelope, Output};
use crate::time::At;

/// Event objects that are understood and of no use here: who handles the thread, typing, roles.
const NOT_NEEDED: [&str; 6] = [
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
    "account_linking",
    "typing",
];

/// Event objects that become events.
const NEEDED: [&str; 9] = [
    "message",
    "postback",
    "reaction",
    "message_edit",
    "read",
    "delivery",
    "optin",
    "referral",
    "policy_enforcement",
];

/// `node` looks like an element: somebody sends or receives.
pub(super) fn is_element(node: Node<'_, '_>) -> bool {
    ["sender", "recipient"]
        .iter()
        .any(|side| node.get(side).is_some_and(Node::is_object))
}

/// Reads one element. `spot` is what to keep of the delivery.
pub(super) fn read<'a>(out: &mut Output<'a>, place: Place<'_, 'a>, node: Node<'_, 'a>, spot: Spot<'a>) {
    let element = Element {
        place,
        node,
        sides: Sides::of(place, node),
    };
    let found = NEEDED
        .iter()
        .find_map(|name| Some((*name, node.get(name).filter(|object| object.is_object())?)));
    let Some((name, object)) = found else {
        if !NOT_NEEDED.iter().any(|name| node.get(name).is_some()) {
            let reason = match node.children().find(|child| !is_frame(&child.key())) {
                Some(child) if node.is_object() => format!("event object {}", child.key()),
                _ => "element without event object".to_owned(),
            };
            element.unrecognised(out, reason, spot);
        }
        return;
    };
    if name == "delivery" {
        return element.read_delivery(out, object, spot);
    }
    match element.body(name, object) {
        Ok(None) => {}
        Ok(Some(body)) => element.push(out, body, element.at(out), spot.raw, || {
            place.envelope(spot.open.as_ref())
        }),
        Err(reason) => element.unrecognised(out, reason, spot),
    }
}

/// A member of every element.
fn is_frame(key: &str) -> bool {
    matches!(key, "sender" | "recipient" | "timestamp")
}

struct Element<'d, 'a> {
    place: Place<'d, 'a>,
    node: Node<'d, 'a>,
    sides: Sides,
}

impl<'a> Element<'_, 'a> {
    /// What `object`, the event object `name`, tells. `Ok(None)`: nothing that is needed.
    fn body(&self, name: &str, object: Node<'_, 'a>) -> Result<Option<Body>, &'static str> {
        Ok(Some(match name {
            "message" => return self.message(object),
            "postback" => Body::MessageReceived {
                message: message::of_postback(object),
                referral: referral::of(object.get("referral").or_else(|| self.node.get("referral"))),
            },
            // A reaction of ours says nothing about the customer.
            "reaction" if self.sides.from_us => return Ok(None),
            "reaction" => Body::MessageReaction {
                reaction: Reaction {
                    message_id: object.word("mid").ok_or("reaction without mid")?,
                    emoji: reaction_emoji(object),
                },
            },
            "message_edit" => Body::MessageEdited {
                edit: Edit {
                    message_id: object.word("mid").ok_or("message_edit without mid")?,
                    kind: Some("text".to_owned()),
                    text: object.text("text"),
                },
            },
            "read" => match object.word("mid") {
                Some(mid) if !self.sides.from_us => Body::MessageStatus {
                    status: status(Some(mid), DeliveryState::Read),
                },
                Some(_) => return Ok(None),
                None if object.get("watermark").is_some() => return Ok(None),
                None => return Err("read without mid and watermark"),
            },
            "optin" => match referral::of(Some(object)) {
                Some(referral) => Body::ReferralOpened {
                    referral: Some(referral),
                },
                None => return Err("optin without ref"),
            },
            "referral" => Body::ReferralOpened {
                referral: referral::of(Some(object)),
            },
            "policy_enforcement" => Body::AccountUpdated {
                account_update: account_update(name, object),
            },
            _ => return Err("event object"),
        }))
    }

    fn message(&self, object: Node<'_, 'a>) -> Result<Option<Body>, &'static str> {
        if object.flag("is_deleted") == Some(true) {
            let message_id = object.word("mid").ok_or("deleted message without mid")?;
            return Ok(Some(Body::MessageRevoked {
                revoke: Revoke { message_id },
            }));
        }
        let message = message::of(object);
        Ok(Some(if self.sides.from_us {
            let via = if object.word("app_id").is_some() {
                Via::Api
            } else {
                Via::App
            };
            Body::MessageSent {
                message,
                details: SentDetails {
                    via,
                    ..SentDetails::default()
                },
            }
        } else {
            let referral = referral::of(object.get("referral").or_else(|| self.node.get("referral")));
            Body::MessageReceived { message, referral }
        }))
    }

    /// One event per message delivered; a bare watermark is one event for everything up to it.
    fn read_delivery(&self, out: &mut Output<'a>, object: Node<'_, 'a>, spot: Spot<'a>) {
        let watermark = object.get("watermark");
        let mids: Vec<_> = object
            .list("mids")
            .filter(|mid| mid.scalar().is_some_and(|mid| !mid.trim().is_empty()))
            .collect();
        if mids.is_empty() {
            let Some(watermark) = watermark else {
                return self.unrecognised(out, "delivery without mids and watermark", spot);
            };
            let at = At::of(Some(watermark), out.delivery().received_at);
            let body = Body::MessageStatus {
                status: status(None, DeliveryState::Delivered),
            };
            return self.push(out, body, at, spot.raw, || self.place.envelope(spot.open.as_ref()));
        }
        let told = self
            .node
            .get("timestamp")
            .or(watermark)
            .or_else(|| self.place.entry?.get("time"));
        let at = At::of(told, out.delivery().received_at);
        let alone = mids.len() == 1;
        for mid in mids {
            let id = mid.scalar().map(|mid| mid.trim().to_owned());
            let body = Body::MessageStatus {
                status: status(id, DeliveryState::Delivered),
            };
            if alone {
                self.push(out, body, at, spot.raw, || self.place.envelope(spot.open.as_ref()));
            } else {
                self.push(out, body, at, mid.raw().as_bytes(), || self.around_mid(spot, object));
            }
        }
    }

    /// The envelope around one of several mids: the element goes into it.
    fn around_mid(&self, spot: Spot<'a>, delivery: Node<'_, 'a>) -> Envelope {
        let Envelope { mut before, after } = self.place.envelope(spot.open.as_ref());
        let mut tail = String::from("]");
        if let Some(watermark) = delivery.get("watermark") {
            tail.push_str(&format!(r#","watermark":{}"#, watermark.raw()));
        }
        // Test buttons put the element in the `value` of a change; there the change is the fragment.
        let (open, close) = match spot.open {
            Some(super::Open::List("changes")) => (r#"{"field":"message_deliveries","value":{"#, "}}"),
            _ => ("{", "}"),
        };
        before.push_str(open);
        for member in self.node.children().filter(|member| member.key() != "delivery") {
            let key = serde_json::Value::from(&*member.key());
            before.push_str(&format!("{key}:{},", member.raw()));
        }
        before.push_str(r#""delivery":{"mids":["#);
        Envelope {
            before,
            after: format!("{tail}}}{close}{after}"),
        }
    }

    fn at(&self, out: &Output<'a>) -> At {
        let told = self.node.get("timestamp").or_else(|| self.place.entry?.get("time"));
        At::of(told, out.delivery().received_at)
    }

    fn push(&self, out: &mut Output<'a>, body: Body, at: At, raw: &'a [u8], envelope: impl FnOnce() -> Envelope) {
        let mut event = out.event(self.channel(), at, body);
        event.contact = self.sides.contact(self.place, self.node);
        out.push(event, raw, envelope);
    }

    fn unrecognised(&self, out: &mut Output<'a>, reason: impl Into<String>, spot: Spot<'a>) {
        out.unrecognised(self.channel(), reason, spot.raw, || {
            self.place.envelope(spot.open.as_ref())
        });
    }

    fn channel(&self) -> Channel {
        self.place.channel(self.sides.business.clone())
    }
}

fn status(message_id: Option<String>, state: DeliveryState) -> Status {
    Status {
        message_id,
        state,
        error: None,
        pricing: None,
        conversation: None,
        callback_data: None,
    }
}

/// The emoji, or the word for it where there is none; nothing when the reaction was taken back.
fn reaction_emoji(object: Node<'_, '_>) -> Option<String> {
    if object.word("action").as_deref() == Some("unreact") {
        return None;
    }
    object
        .text("emoji")
        .or_else(|| object.word("reaction"))
        .or_else(|| Some("other".to_owned()))
}

fn account_update(field: &str, object: Node<'_, '_>) -> AccountUpdate {
    let values = object
        .children()
        .filter_map(|value| Some((value.key().into_owned(), value.scalar()?.into_owned())));
    AccountUpdate {
        field: field.to_owned(),
        values: values.collect(),
    }
}

/// Who is who. Echoes swap sender and recipient, but not in every payload: the user is the one who is not the page or
/// account of the entry. Source: reference/meta-platform.md 2.2, `is_echo`.
struct Sides {
    user: Option<String>,
    business: Option<String>,
    /// Stands in for the user's id where plugins do not know it.
    user_ref: Option<String>,
    from_us: bool,
}

impl Sides {
    fn of(place: Place<'_, '_>, node: Node<'_, '_>) -> Self {
        let id = |side: &str| node.get(side)?.word("id");
        let user_ref = ["sender", "recipient", "optin"]
            .iter()
            .find_map(|side| node.get(side)?.word("user_ref"));
        let (sender, recipient) = (id("sender"), id("recipient"));
        let is_echo = node.get("message").and_then(|message| message.flag("is_echo")) == Some(true);
        let ours = place.business_id();
        let is_ours = |side: &Option<String>| side.is_some() && *side == ours;
        let sent_by_us = is_ours(&sender) && !is_ours(&recipient);
        let user_is_recipient = sent_by_us || (is_echo && !is_ours(&recipient));
        let (user, business) = if user_is_recipient {
            (recipient, sender)
        } else {
            (sender, recipient)
        };
        Self {
            user,
            business,
            user_ref,
            from_us: is_echo || sent_by_us,
        }
    }

    fn contact(&self, place: Place<'_, '_>, node: Node<'_, '_>) -> Option<Contact> {
        if node.get("policy_enforcement").is_some() {
            return None; // Meta to the page: no person in it
        }
        let user = self.user.as_deref().map(|id| Alias::new(place.alias_kind(), id));
        // A `user_ref` is what a plugin on our web site called its visitor.
        let visitor = self.user_ref.as_deref().map(|id| Alias::new(AliasKind::Visitor, id));
        let aliases: Vec<Alias> = user.into_iter().chain(visitor).collect();
        (!aliases.is_empty()).then(|| Contact {
            aliases,
            ..Contact::default()
        })
    }
}
