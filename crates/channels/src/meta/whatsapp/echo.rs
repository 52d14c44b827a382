//! Echoes: messages the business sent by other ways than through us. Source: reference/meta-platform.md 1.8.
//!
//! Those of the phone app (`smb_message_echoes`) are `via` app, those of other integrations (`message_echoes`) `via` api:
//! the difference decides windows. A reaction of the business is understood and not needed.

use origem_domain::event::{Body, SentDetails, Via};

use super::identity::Person;
use super::place::Place;
use super::{Reading, content, message};
use crate::json::Node;

/// Reads an element of `message_echoes` that was typed in the phone app.
pub(super) fn from_app<'d, 'a>(place: &Place<'d, 'a>, echo: Node<'d, 'a>) -> Reading {
    read(place, echo, Via::App)
}

/// Reads an element of `message_echoes` that another integration sent.
pub(super) fn from_api<'d, 'a>(place: &Place<'d, 'a>, echo: Node<'d, 'a>) -> Reading {
    read(place, echo, Via::Api)
}

fn read<'d, 'a>(place: &Place<'d, 'a>, echo: Node<'d, 'a>, via: Via) -> Reading {
    let kind = content::kind(echo).ok_or("echo without type")?;
    let contact = place.with_contact(recipient(echo)).into_contact();
    let group = message::group(echo);
    if contact.is_none() && group.is_none() {
        return Err("echo without recipient".into());
    }
    let body = match kind.as_str() {
        "edit" => Body::MessageEdited {
            edit: message::edit(echo)?,
        },
        "revoke" => Body::MessageRevoked {
            revoke: message::revoke(echo)?,
        },
        "reaction" => return Ok(None),
        known if content::is_known(known) => {
            let details = SentDetails {
                via,
                template: content::template(echo),
                ..SentDetails::default()
            };
            Body::MessageSent {
                message: content::read(echo, known),
                details,
            }
        }
        other => return Err(format!("echo type {other}").into()),
    };
    let mut event = place.event(place.at(echo), contact, body);
    event.group = group;
    Ok(Some(event))
}

/// Whom an echo went to.
pub(super) fn recipient(echo: Node<'_, '_>) -> Person {
    Person::of_item(echo, &["to"], &["to_user_id", "to_parent_user_id"])
}
