//! What a message says: wrappers off, then by the kind of the inner message.

use origem_domain::event::{Edit, Media, Message};

use super::context::Context;
use super::names::{Loose as _, fold, same};
use crate::json::Node;

/// What the inner message is.
pub(super) enum Content {
    /// Something said.
    Message(Message),
    /// A reaction to a message; without emoji it was taken back.
    Reaction { message_id: String, emoji: Option<String> },
    /// An earlier message is gone.
    Revoke { message_id: String },
    /// An earlier message is changed.
    Edit(Edit),
    /// Protocol business that people do not see: keys, settings, pins.
    NotNeeded,
}

/// Messages around the message.
const WRAPPERS: [&str; 11] = [
    "ephemeralmessage",
    "viewoncemessage",
    "viewoncemessagev2",
    "viewoncemessagev2extension",
    "devicesentmessage",
    "associatedchildmessage",
    "documentwithcaptionmessage",
    "groupmentionedmessage",
    "lottiestickermessage",
    "botinvokemessage",
    "editedmessage",
];

/// The message inside of all wrappers.
fn unwrap<'d, 'a>(mut message: Node<'d, 'a>) -> Node<'d, 'a> {
    while let Some(inner) = message.any(&WRAPPERS).and_then(|wrapper| wrapper.any(&["message"])) {
        message = inner;
    }
    message
}

/// Reads `message`, an object with one member named by its kind. `None` if nothing is in it.
pub(super) fn of_message(message: Node<'_, '_>, context: &Context<'_, '_>) -> Option<Content> {
    let part = spoken(message)?;
    Some(of_kind(&part.key(), part, context))
}

/// The member that holds what was said.
fn spoken<'d, 'a>(message: Node<'d, 'a>) -> Option<Node<'d, 'a>> {
    let is_content = |part: &Node<'_, '_>| part.is_object() || same(&part.key(), "conversation");
    let inner = unwrap(message);
    let mut parts = inner
        .children()
        .filter(is_content)
        .filter(|part| !is_beside(&fold(&part.key())));
    // A pin may stand before what was said.
    let first = parts.next()?;
    if !is_protocol(&fold(&first.key())) {
        return Some(first);
    }
    parts.find(|part| !is_protocol(&fold(&part.key()))).or(Some(first))
}

/// `message` has its kind as a member, as opposed to being the inside of one.
pub(super) fn is_keyed(message: Node<'_, '_>) -> bool {
    message.is_object() && (message.any(&WRAPPERS).is_some() || message.any(&KINDS).is_some())
}

/// The kinds that tell a message from the inside of one.
const KINDS: [&str; 16] = [
    "conversation",
    "extendedtextmessage",
    "imagemessage",
    "videomessage",
    "ptvmessage",
    "audiomessage",
    "documentmessage",
    "stickermessage",
    "locationmessage",
    "livelocationmessage",
    "contactmessage",
    "contactsarraymessage",
    "buttonsresponsemessage",
    "listresponsemessage",
    "templatebuttonreplymessage",
    "reactionmessage",
];

/// Reads `part`, the content of the kind `name`: an object, or the text itself.
pub(super) fn of_kind(name: &str, part: Node<'_, '_>, context: &Context<'_, '_>) -> Content {
    let folded = fold(name);
    match folded.as_str() {
        "reactionmessage" => reaction(part),
        "protocolmessage" => protocol(part),
        _ if is_protocol(&folded) => Content::NotNeeded,
        _ => Content::Message(message(name, &folded, part, context)),
    }
}

/// Members that stand beside the content.
fn is_beside(folded: &str) -> bool {
    matches!(
        folded,
        "messagecontextinfo" | "contextinfo" | "senderkeydistributionmessage" | "base64" | "mediaurl"
    )
}

/// Kinds that people do not see.
fn is_protocol(folded: &str) -> bool {
    matches!(
        folded,
        "pininchatmessage"
            | "keepinchatmessage"
            | "fastratchetkeysenderkeydistributionmessage"
            | "encreactionmessage"
            | "stickersyncrmrmessage"
            | "messagehistorybundle"
    )
}

fn message(name: &str, folded: &str, part: Node<'_, '_>, context: &Context<'_, '_>) -> Message {
    let other;
    let (kind, texts): (&str, &[&str]) = match folded {
        "conversation" | "extendedtextmessage" => ("text", &["text", "conversation"]),
        "imagemessage" => ("image", &["caption"]),
        "videomessage" | "ptvmessage" => ("video", &["caption"]),
        "audiomessage" | "ptt" => ("audio", &[]),
        "documentmessage" => ("document", &["caption"]),
        "stickermessage" => ("sticker", &[]),
        "locationmessage" | "livelocationmessage" => ("location", &["caption", "name", "address", "comment"]),
        "contactmessage" | "contactsarraymessage" => ("contacts", &["displayname"]),
        // `button` is the quick reply of a template, as in the Cloud API; other buttons and lists are `interactive`.
        "templatebuttonreplymessage" => ("button", &["selecteddisplaytext"]),
        "buttonsresponsemessage" => ("interactive", &["selecteddisplaytext"]),
        "listresponsemessage" => ("interactive", &["title", "description"]),
        "interactiveresponsemessage" => ("interactive", &["text"]),
        "ordermessage" => ("order", &["message", "ordertitle"]),
        "placeholdermessage" => (Message::UNSUPPORTED, &[]),
        _ => {
            other = other_kind(name);
            (
                &other,
                &["text", "caption", "title", "name", "displayname", "contenttext"],
            )
        }
    };
    // Go writes the alternatives of a protobuf message as an object of their own.
    let inside = ["response", "body"]
        .iter()
        .find_map(|key| part.any(&[key]))
        .unwrap_or(part);
    let text = if part.is_object() {
        part.any_text(texts).or_else(|| inside.any_text(texts))
    } else {
        part.as_text()
            .filter(|text| !text.is_empty())
            .map(std::borrow::Cow::into_owned)
    };
    let is_medium = matches!(kind, "image" | "video" | "audio" | "document" | "sticker");
    Message {
        id: None,
        kind: kind.to_owned(),
        text,
        payload: payload(part),
        reply_to: context.reply_to(),
        media: if is_medium { media(part) } else { None },
        forwarded: context.is_forwarded(),
    }
}

/// `pollCreationMessageV3` is a `poll_creation`, `eventMessage` an `event`.
fn other_kind(name: &str) -> String {
    let stem = name.find("Message").filter(|at| *at > 0).map_or(name, |at| &name[..at]);
    let mut kind = String::new();
    for c in stem.chars() {
        if c.is_ascii_uppercase() && !kind.is_empty() && !kind.ends_with('_') {
            kind.push('_');
        }
        kind.push(if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        });
    }
    if kind.is_empty() {
        Message::UNSUPPORTED.to_owned()
    } else {
        kind
    }
}

/// What a tapped button or row, or a filled form, hands back; latitude and longitude of a place.
fn payload(part: Node<'_, '_>) -> Option<String> {
    part.any_text(&["selectedbuttonid", "selectedid", "selectedrowid"])
        .or_else(|| part.any(&["singleselectreply"])?.any_text(&["selectedrowid"]))
        .or_else(|| {
            let latitude = part.any_word(&["degreeslatitude"])?;
            Some(format!("{latitude},{}", part.any_word(&["degreeslongitude"])?))
        })
        .or_else(|| {
            let response = part.any(&["nativeflowresponsemessage"]).or_else(|| {
                part.any(&["interactiveresponsemessage"])?
                    .any(&["nativeflowresponsemessage"])
            });
            response?.any_text(&["paramsjson"])
        })
}

fn media(part: Node<'_, '_>) -> Option<Media> {
    let media = Media {
        id: None,
        mime_type: part.any_text(&["mimetype"]),
        filename: part.any_text(&["filename"]),
        url: part.any_text(&["url"]),
    };
    (media != Media::default()).then_some(media)
}

fn reaction(part: Node<'_, '_>) -> Content {
    match part.any(&["key"]).and_then(|key| key.any_word(&["id"])) {
        Some(message_id) => Content::Reaction {
            message_id,
            emoji: part.any_text(&["text"]),
        },
        None => Content::NotNeeded,
    }
}

/// Type 0 takes a message back, 14 edits one; all others are about keys, history and settings.
fn protocol(part: Node<'_, '_>) -> Content {
    let Some(message_id) = part.any(&["key"]).and_then(|key| key.any_word(&["id"])) else {
        return Content::NotNeeded;
    };
    if let Some(edited) = part.any(&["editedmessage"]) {
        return Content::Edit(edit(message_id, edited));
    }
    // Protobuf leaves out a zero.
    match part.any_word(&["type"]).map(|word| fold(&word)).as_deref() {
        None | Some("0" | "revoke") => Content::Revoke { message_id },
        _ => Content::NotNeeded,
    }
}

/// The edit of the message `message_id` to what `edited` says.
pub(super) fn edit(message_id: String, edited: Node<'_, '_>) -> Edit {
    // Not by way of `of_message`: edits of edits could go as deep as somebody likes.
    let said = spoken(edited).map(|part| {
        let name = part.key();
        message(&name, &fold(&name), part, &Context::of([]))
    });
    let (kind, text) = said.map_or((None, None), |said| (Some(said.kind), said.text));
    Edit { message_id, kind, text }
}

/// `message` names the message it is about itself.
pub(super) fn is_about_another(message: Node<'_, '_>) -> bool {
    unwrap(message).any(&["protocolmessage"]).is_some()
}
