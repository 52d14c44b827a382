//! Voice calls. Source: reference/meta-platform.md 1.10.

use origem_domain::alias::canonical_phone;
use origem_domain::event::{Body, Call, CallEvent, Direction};

use super::identity::Person;
use super::place::Place;
use super::{Reading, echo};
use crate::json::Node;

/// Reads one element of `calls`. A call of the user opens the service window whether or not it is answered.
pub(super) fn read<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    let id = node.word("id").ok_or("call without id")?;
    let event = match node.word("event").unwrap_or_default().to_ascii_lowercase().as_str() {
        "connect" => CallEvent::Connect,
        "terminate" => CallEvent::Terminate,
        other => return Err(format!("call event {other}").into()),
    };
    let caller = Person::of_item(node, &["from"], &["from_user_id", "from_parent_user_id"]);
    let direction = match node.word("direction").as_deref() {
        Some("USER_INITIATED") => Direction::In,
        Some("BUSINESS_INITIATED") => Direction::Out,
        _ if is_own(place, &caller) => Direction::Out,
        _ => Direction::In,
    };
    let person = if direction == Direction::In {
        caller
    } else {
        echo::recipient(node)
    };
    let contact = place
        .with_contact(person)
        .into_contact()
        .ok_or("call without customer")?;
    let payload = node.text("deeplink_payload").or_else(|| node.text("cta_payload"));
    let body = Body::CallReceived {
        call: Call {
            id,
            event,
            direction,
            payload,
        },
    };
    Ok(Some(place.event(place.at(node), Some(contact), body)))
}

/// Reads one element of the `statuses` of a call of ours. Only that the user accepted it is needed: it opens the window.
pub(super) fn read_status<'d, 'a>(place: &Place<'d, 'a>, node: Node<'d, 'a>) -> Reading {
    match node.word("status").unwrap_or_default().to_ascii_uppercase().as_str() {
        "ACCEPTED" => {}
        "RINGING" | "REJECTED" => return Ok(None),
        other => return Err(format!("call status {other}").into()),
    }
    let id = node.word("id").ok_or("call status without id")?;
    let recipient = Person::of_item(
        node,
        &["recipient_id"],
        &[
            "recipient_user_id",
            "parent_recipient_user_id",
            "recipient_parent_user_id",
        ],
    );
    let contact = place
        .with_contact(recipient)
        .into_contact()
        .ok_or("call status without customer")?;
    let call = Call {
        id,
        event: CallEvent::Accepted,
        direction: Direction::Out,
        payload: None,
    };
    Ok(Some(place.event(
        place.at(node),
        Some(contact),
        Body::CallReceived { call },
    )))
}

fn is_own(place: &Place<'_, '_>, caller: &Person) -> bool {
    let own = place
        .value
        .get("metadata")
        .and_then(|metadata| metadata.digits("display_phone_number"));
    own.zip(caller.phone.as_deref())
        .is_some_and(|(own, phone)| canonical_phone(&own) == canonical_phone(phone))
}
