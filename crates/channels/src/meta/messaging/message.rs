//! What a message of Messenger or Instagram says. Source: reference/meta-platform.md 2.2.

use origem_domain::event::{Media, Message};

use crate::json::Node;

/// The content of a `message` object.
pub(super) fn of(object: Node<'_, '_>) -> Message {
    let attachment = object.list("attachments").find(|attachment| attachment.is_object());
    let story = object.path(&["reply_to", "story"]);
    let text = object.text("text");
    Message {
        id: object.word("mid"),
        kind: kind(object, attachment, story.is_some(), text.is_some()),
        text: text
            .or_else(|| quick_reply_title(object))
            .or_else(|| attachment.and_then(title)),
        payload: object
            .get("quick_reply")
            .and_then(|reply| reply.text("payload").or_else(|| reply.word("payload"))),
        reply_to: object.get("reply_to").and_then(|reply| reply.word("mid")),
        media: attachment.and_then(media).or_else(|| story.and_then(story_media)),
        forwarded: false,
    }
}

/// The content of a `postback`: what was tapped is what was said.
pub(super) fn of_postback(object: Node<'_, '_>) -> Message {
    Message {
        id: object.word("mid"),
        kind: "postback".to_owned(),
        text: object.text("title"),
        payload: object.text("payload").or_else(|| object.word("payload")),
        ..Message::default()
    }
}

fn kind(object: Node<'_, '_>, attachment: Option<Node<'_, '_>>, replies_to_story: bool, has_text: bool) -> String {
    if object.flag("is_unsupported") == Some(true) {
        return Message::UNSUPPORTED.to_owned();
    }
    if replies_to_story {
        return "story_reply".to_owned();
    }
    match attachment.map(attachment_kind) {
        // The preview of a link in the text is no content of its own.
        Some(kind) if has_text && kind == "fallback" => "text".to_owned(),
        Some(kind) => kind,
        None if has_text || object.get("quick_reply").is_some() => "text".to_owned(),
        None => Message::UNSUPPORTED.to_owned(),
    }
}

fn attachment_kind(attachment: Node<'_, '_>) -> String {
    // Until 2026-08-30 a sticker came as an image with the sticker's id.
    if attachment.path(&["payload", "sticker_id"]).is_some() {
        return "sticker".to_owned();
    }
    let word = attachment
        .word("type")
        .unwrap_or_else(|| Message::UNSUPPORTED.to_owned());
    let word = snake_case(&word);
    if word == "file" { "document".to_owned() } else { word }
}

/// A provider's word as ours are written.
fn snake_case(word: &str) -> String {
    word.chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}

fn quick_reply_title(object: Node<'_, '_>) -> Option<String> {
    object.get("quick_reply")?.text("title")
}

fn title(attachment: Node<'_, '_>) -> Option<String> {
    attachment
        .get("payload")
        .and_then(|payload| payload.text("title"))
        .or_else(|| attachment.text("title"))
}

fn media(attachment: Node<'_, '_>) -> Option<Media> {
    let payload = attachment.get("payload");
    let url = payload
        .and_then(|payload| payload.text("url"))
        .or_else(|| attachment.text("url"));
    let id = payload.and_then(|payload| {
        ["sticker_id", "attachment_id", "reel_video_id"]
            .iter()
            .find_map(|key| payload.word(key))
    });
    (url.is_some() || id.is_some()).then(|| Media {
        id,
        url,
        ..Media::default()
    })
}

fn story_media(story: Node<'_, '_>) -> Option<Media> {
    let media = Media {
        id: story.word("id"),
        url: story.text("url"),
        ..Media::default()
    };
    (media != Media::default()).then_some(media)
}
