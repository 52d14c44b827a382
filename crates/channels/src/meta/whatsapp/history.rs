//! The history a coexistence number hands over. Source: reference/meta-platform.md 1.8.
//!
//! One event per message of each thread, whatever its type: history opens no window, so nothing can go wrong by it. Media of
//! the last two weeks come again later as `messages` and `message_echoes` of the same field, with the ids of their
//! placeholders. A refusal to share (`errors`) is an update of the account.

use origem_domain::alias::canonical_phone;
use origem_domain::event::{Body, Direction, Event};

use super::identity::{Person, username};
use super::place::Place;
use super::{Reading, account, content, echo, message};
use crate::json::Node;
use crate::output::Output;

/// Reads `history`; whether there is any.
pub(super) fn read<'a>(output: &mut Output<'a>, place: &Place<'_, 'a>) -> bool {
    let Some(history) = place.value.get("history") else {
        return false;
    };
    if !history.is_array() {
        let raw = history.raw().as_bytes();
        output.unrecognised(place.channel.clone(), "history is no list", raw, || {
            place.around_member("history")
        });
    }
    for chunk in history.items() {
        let (threads, errors) = (chunk.list("threads"), chunk.list("errors"));
        if !chunk.is_object() || chunk.get("threads").is_some_and(|threads| !threads.is_array()) {
            let raw = chunk.raw().as_bytes();
            output.unrecognised(place.channel.clone(), "history without threads", raw, || {
                place.around_item("history", None)
            });
            continue;
        }
        for error in errors {
            let event = account::read_error(place, error, "history");
            output.push(event, error.raw().as_bytes(), || {
                place.around_item("history", None).nest(r#"{"errors":["#, "]}")
            });
        }
        for thread in threads {
            read_thread(output, place, thread);
        }
    }
    true
}

fn read_thread<'a>(output: &mut Output<'a>, place: &Place<'_, 'a>, thread: Node<'_, 'a>) {
    let around = || place.around_item("history", None).nest(r#"{"threads":["#, "]}");
    let Some(messages) = thread.get("messages").filter(|list| list.is_array()) else {
        // A thread without messages tells nothing; one with something else in their place is not understood.
        if !thread.is_object() || thread.get("messages").is_some() {
            output.unrecognised(
                place.channel.clone(),
                "thread without messages",
                thread.raw().as_bytes(),
                around,
            );
        }
        return;
    };
    let customer = customer(thread);
    for message in messages.items() {
        let around = || around().nest(&thread_head(thread), "}").nest(r#""messages":["#, "]");
        let raw = message.raw().as_bytes();
        match read_message(place, message, &customer) {
            Ok(event) => output.push(event, raw, around),
            Err(reason) => output.unrecognised(place.channel.clone(), reason, raw, around),
        }
    }
}

/// What the messages of a thread need of it.
fn thread_head(thread: Node<'_, '_>) -> String {
    let mut head = "{".to_owned();
    for key in ["id", "context"] {
        if let Some(node) = thread.get(key) {
            head.push_str(&format!(r#""{key}":{},"#, node.raw()));
        }
    }
    head
}

/// Whom a thread is with.
fn customer(thread: Node<'_, '_>) -> Person {
    let mut person = Person::of_item(thread, &[], &["user_id", "parent_user_id"]);
    if let Some(context) = thread.get("context") {
        person.complete(&Person::of_contact(context));
        person.complete(&Person::of_item(context, &["wa_id"], &["user_id", "parent_user_id"]));
        person.name = person.name.or_else(|| context.text("name"));
        person.username = person
            .username
            .or_else(|| context.word("username").and_then(|name| username(&name)));
    }
    person.address(thread.word("id"));
    person
}

fn read_message(place: &Place<'_, '_>, node: Node<'_, '_>, customer: &Person) -> Result<Event, &'static str> {
    if !node.is_object() {
        return Err("not an object");
    }
    let sender = sender(node);
    let direction = direction(place, node, &sender, customer);
    let mut person = match direction {
        Direction::In => sender,
        Direction::Out => echo::recipient(node),
    };
    if person.excludes(customer) {
        return Err("message of somebody else in the thread");
    }
    person.complete(customer);
    imported(place, node, direction, person)
}

fn sender(node: Node<'_, '_>) -> Person {
    Person::of_item(node, &["from"], &["from_user_id", "from_parent_user_id"])
}

/// Who wrote: the business if the number is its own or the message names whom it went to, else the customer.
fn direction(place: &Place<'_, '_>, node: Node<'_, '_>, sender: &Person, customer: &Person) -> Direction {
    if customer.has_id_of(sender) || customer.has_phone_of(sender) {
        return Direction::In;
    }
    let own = place
        .value
        .get("metadata")
        .and_then(|metadata| metadata.digits("display_phone_number"));
    let is_own = |phone: &str| {
        own.as_deref()
            .is_some_and(|own| canonical_phone(own) == canonical_phone(phone))
    };
    let recipient = echo::recipient(node);
    let to_customer = customer.has_id_of(&recipient) || customer.has_phone_of(&recipient);
    // Whoever else writes in the thread of a customer whose number is known is the business.
    let from_us = sender
        .phone
        .as_deref()
        .is_some_and(|phone| customer.phone.is_some() || is_own(phone));
    if from_us || to_customer {
        Direction::Out
    } else {
        Direction::In
    }
}

fn imported(
    place: &Place<'_, '_>,
    node: Node<'_, '_>,
    direction: Direction,
    person: Person,
) -> Result<Event, &'static str> {
    let kind = content::kind(node).ok_or("message without type")?;
    let contact = person.into_contact().ok_or("message without customer")?;
    let body = Body::HistoryImported {
        direction,
        message: content::read(node, &kind),
    };
    let mut event = place.event(place.at(node), Some(contact), body);
    event.group = message::group(node);
    Ok(event)
}

/// Reads an element of `messages`: a medium the customer sent.
pub(super) fn media_received<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    Ok(Some(imported(
        place,
        node,
        Direction::In,
        place.with_contact(sender(node)),
    )?))
}

/// Reads an element of `message_echoes`: a medium the business sent.
pub(super) fn media_sent<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    Ok(Some(imported(
        place,
        node,
        Direction::Out,
        place.with_contact(echo::recipient(node)),
    )?))
}
