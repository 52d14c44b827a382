//! Our own channel events as JSON: one object, or an array of them. The shape is that of contract.md, "Events as JSON".
//!
//! Everything that can be left out has its default. Two things are more liberal than the shape itself: the time may be
//! written in any way [`crate::time`] reads, or left out, and phone numbers may be written with anything between the digits.

use std::borrow::Cow;

use origem_domain::alias::{Alias, AliasKind, digits};
use origem_domain::event::{BAD_TIME, Body, Event, TimeSource};
use serde::Deserialize as _;
use serde_json::Value;

use crate::json::{Doc, Node};
use crate::output::{self, Envelope, Output};
use crate::time::At;
use crate::{Decoded, Delivery};

/// The events of one delivery.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>) -> Vec<Decoded<'a>> {
    let doc = match Doc::parse(delivery.body) {
        Ok(doc) => doc,
        Err(reason) => return output::unrecognised(delivery, reason.to_string()),
    };
    let mut output = Output::new(delivery);
    if doc.root().is_array() {
        for item in doc.root().items() {
            read(&mut output, item);
        }
    } else {
        read(&mut output, doc.root());
    }
    output.finish()
}

/// An element of an array is a delivery by itself, so it needs no envelope.
fn read<'a>(output: &mut Output<'a>, node: Node<'_, 'a>) {
    let raw = node.raw().as_bytes();
    match parse(output.delivery(), node) {
        Ok(event) => output.push(event, raw, Envelope::default),
        Err(reason) => output.unrecognised(output::unknown_channel(), reason, raw, Envelope::default),
    }
}

fn parse(delivery: &Delivery<'_>, node: Node<'_, '_>) -> Result<Event, Cow<'static, str>> {
    if !node.is_object() {
        return Err("not an object".into());
    }
    let unreadable = |error: serde_json::Error| Cow::Owned(format!("not an event: {error}"));
    let mut value: Value = serde_json::from_str(node.raw()).map_err(unreadable)?;
    let told = node.get("occurred_at");
    let at = match told {
        Some(_) => At::of(told, delivery.received_at),
        None => At::received(delivery.received_at),
    };
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
        members.insert("occurred_at".to_owned(), Value::String(at.at.to_string()));
        members
            .entry("account")
            .or_insert_with(|| Value::String(delivery.account.to_owned()));
        // Contact data may stand in `ticket`, where commands have everything else.
        if members.get("kind").and_then(Value::as_str) == Some("contact_edited")
            && let Some(ticket) = members
                .get("ticket")
                .filter(|_| !members.contains_key("contact_edit"))
                .cloned()
        {
            members.insert("contact_edit".to_owned(), ticket);
        }
    }
    let mut event = Event::deserialize(value).map_err(unreadable)?;
    if at.source == TimeSource::Received {
        event.time_source = TimeSource::Received;
    }
    if at.bad && !event.oddities.iter().any(|oddity| oddity == BAD_TIME) {
        event.oddities.push(BAD_TIME.to_owned());
    }
    normalise(&mut event);
    Ok(event)
}

/// Brings aliases to the form the providers' readers give them; one without a value is none.
fn normalise(event: &mut Event) {
    if let Some(contact) = &mut event.contact {
        clean(&mut contact.aliases);
        contact.username = contact
            .username
            .take()
            .map(|name| name.trim().trim_start_matches('@').to_owned());
    }
    match &mut event.body {
        Body::IdentityChanged { from, to } => {
            clean(from);
            clean(to);
        }
        // An empty id is none: it would make every such message the same.
        Body::MessageReceived { message, .. }
        | Body::MessageSent { message, .. }
        | Body::HistoryImported { message, .. } => {
            message.id.take_if(|id| id.is_empty());
            message.reply_to.take_if(|id| id.is_empty());
        }
        Body::MessageStatus { status } => drop(status.message_id.take_if(|id| id.is_empty())),
        Body::ContactEdited(command) => {
            if let Some(phone) = command.contact_edit.as_mut().and_then(|edit| edit.phone.as_mut()) {
                *phone = digits(phone);
            }
        }
        _ => {}
    }
}

fn clean(aliases: &mut Vec<Alias>) {
    for alias in aliases.iter_mut().filter(|alias| alias.kind == AliasKind::Phone) {
        *alias = Alias::new(AliasKind::Phone, &alias.value);
    }
    aliases.retain(|alias| !alias.value.is_empty());
}
