//! Reports on messages of ours: one word per message, or whatsmeow's receipts of several messages.

use origem_domain::event::{Body, DeliveryState, Revoke, Status};

use super::head::Head;
use super::item::Item;
use super::names::{Loose as _, fold};
use crate::json::Node;
use crate::output::{Envelope, Output};

/// The event of a state `word` of the message of `head`. States of the customer's messages are our own reading.
pub(super) fn of_state(word: &str, head: &Head<'_, '_>) -> Result<Option<Body>, &'static str> {
    let message_id = head.id.clone().ok_or("state without message id")?;
    let state = match fold(word).as_str() {
        "deleted" => {
            return Ok(Some(Body::MessageRevoked {
                revoke: Revoke { message_id },
            }));
        }
        "1" | "pending" => return Ok(None),
        _ if !head.from_me => return Ok(None),
        "0" | "error" | "failed" => DeliveryState::Failed,
        "2" | "serverack" | "sent" => DeliveryState::Sent,
        "3" | "deliveryack" | "delivered" => DeliveryState::Delivered,
        "4" | "read" => DeliveryState::Read,
        "5" | "played" => DeliveryState::Played,
        _ => return Err("unknown state of a message"),
    };
    Ok(Some(body(message_id, state)))
}

fn body(message_id: String, state: DeliveryState) -> Body {
    let message_id = Some(message_id);
    Body::MessageStatus {
        status: Status {
            message_id,
            state,
            error: None,
            pricing: None,
            conversation: None,
            callback_data: None,
        },
    }
}

/// Reads `{Chat, Sender, IsFromMe, Type, Timestamp, MessageIDs[..]}`: one event per message.
pub(super) fn read<'a>(item: &Item<'_, '_, 'a>, out: &mut Output<'a>) {
    let node = item.node;
    let Some(head) = Head::of(node, item.session) else {
        return item.unrecognised(out, "receipt without address");
    };
    // whatsmeow leaves the type of a delivery empty.
    let state = match node.any_word(&["type"]).map(|word| fold(&word)).as_deref() {
        None | Some("delivered") => DeliveryState::Delivered,
        Some("read") => DeliveryState::Read,
        Some("played") => DeliveryState::Played,
        // Our own devices, retries of encryption.
        Some("sender" | "retry" | "inactive" | "peermsg" | "histsync" | "server-error") => return,
        Some(word) if word.ends_with("self") => return,
        Some(_) => return item.unrecognised(out, "unknown type of receipt"),
    };
    if head.from_me || head.is_noise() {
        return;
    }
    let ids = || node.any(&["messageids"]).into_iter().flat_map(Node::items);
    let alone = ids().count() == 1;
    let at = head.at_or_received(out.delivery().received_at);
    for id in ids() {
        let Some(message_id) = id.scalar().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()) else {
            continue;
        };
        let mut event = out.event(item.session.channel(), at, body(message_id, state));
        event.contact = head.contact();
        event.group = head.group();
        if alone {
            item.push(out, event, node.raw().as_bytes(), || item.envelope());
        } else {
            item.push(out, event, id.raw().as_bytes(), || around_id(item));
        }
    }
}

/// The envelope around one of several ids: all else of the receipt goes into it.
fn around_id(item: &Item<'_, '_, '_>) -> Envelope {
    let Envelope { mut before, mut after } = item.envelope();
    before.push('{');
    for member in item.node.children() {
        let key = member.key();
        if fold(&key) != "messageids" {
            let key = serde_json::Value::from(&*key);
            before.push_str(&format!("{key}:{},", member.raw()));
        }
    }
    before.push_str(r#""MessageIDs":["#);
    after.insert_str(0, "]}");
    Envelope { before, after }
}
