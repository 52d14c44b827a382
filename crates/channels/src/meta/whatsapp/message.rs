//! Messages of customers, and what customers do to messages. Source: reference/meta-platform.md 1.2 to 1.6.

use origem_domain::event::{Body, Edit, Group, Message, Reaction, Revoke};

use super::identity::Person;
use super::place::Place;
use super::{Reading, content, referral, system};
use crate::json::Node;

/// Members that may name the sender: phone or id by shape, and business-scoped ids.
const SENDER: (&[&str], &[&str]) = (&["from", "wa_id"], &["from_user_id", "from_parent_user_id"]);

/// Reads one element of `messages`.
pub(super) fn read<'d, 'a>(place: &Place<'d, 'a>, message: Node<'d, 'a>) -> Reading {
    let referral = referral::read(message);
    // Without any type, a referral still proves that the customer wrote something.
    let withheld = || referral.as_ref().map(|_| Message::UNSUPPORTED.to_owned());
    let kind = content::kind(message).or_else(withheld).ok_or("message without type")?;
    if kind == "system" {
        return system::read(place, message);
    }
    let contact = place
        .with_contact(Person::of_item(message, SENDER.0, SENDER.1))
        .into_contact();
    let contact = contact.ok_or("message without sender")?;
    let body = match kind.as_str() {
        "edit" => Body::MessageEdited { edit: edit(message)? },
        "revoke" => Body::MessageRevoked {
            revoke: revoke(message)?,
        },
        // A click is worth more than a thumb: both in one message have not been seen yet.
        "reaction" if referral.is_none() => Body::MessageReaction {
            reaction: reaction(message)?,
        },
        "reaction" | "request_welcome" => Body::ReferralOpened { referral },
        // A type nobody knows may be no message of the customer's at all, as `system` and `revoke` are none, so it must not
        // open a window. With a referral it is: only what a customer sends has one.
        other if content::is_known(other) || referral.is_some() => Body::MessageReceived {
            message: content::read(message, other),
            referral,
        },
        other => return Err(format!("message type {other}").into()),
    };
    let mut event = place.event(place.at(message), Some(contact), body);
    event.group = group(message);
    Ok(Some(event))
}

/// The group a message was written in.
pub(super) fn group(message: Node<'_, '_>) -> Option<Group> {
    message.word("group_id").map(|id| Group { id })
}

/// The new content of a message.
pub(super) fn edit(node: Node<'_, '_>) -> Result<Edit, &'static str> {
    let edit = node.get("edit").ok_or("edit without content")?;
    let message_id = edit.word("original_message_id").ok_or("edit without message id")?;
    let new = edit.get("message");
    let kind = new.and_then(content::kind);
    let text = new
        .zip(kind.as_deref())
        .and_then(|(new, kind)| content::read(new, kind).text);
    Ok(Edit { message_id, kind, text })
}

/// The deletion of a message.
pub(super) fn revoke(node: Node<'_, '_>) -> Result<Revoke, &'static str> {
    let message_id = node.get("revoke").and_then(|revoke| revoke.word("original_message_id"));
    Ok(Revoke {
        message_id: message_id.ok_or("revoke without message id")?,
    })
}

/// A reaction; without emoji it was taken back (older payloads: with an empty one).
fn reaction(node: Node<'_, '_>) -> Result<Reaction, &'static str> {
    let reaction = node.get("reaction").ok_or("reaction without content")?;
    let message_id = reaction.word("message_id").ok_or("reaction without message id")?;
    Ok(Reaction {
        message_id,
        emoji: reaction.text("emoji"),
    })
}
