//! What a message says: to a person (`text`) and to a machine (`payload`). Source: reference/meta-platform.md 1.3.

use origem_domain::event::{Media, Message, Template};

use crate::json::Node;

/// Types whose content is read here.
const KNOWN: &[&str] = &[
    "text",
    "image",
    "video",
    "audio",
    "voice",
    "document",
    "sticker",
    "location",
    "contacts",
    "interactive",
    "button",
    "order",
    "template",
    "unsupported",
    "ephemeral",
    "unknown",
    "media_placeholder",
];
/// Types that are no content of their own.
const OTHER: &[&str] = &["reaction", "system", "edit", "revoke", "request_welcome"];

/// The customer wrote something of a type that is known here.
pub(super) fn is_known(kind: &str) -> bool {
    KNOWN.contains(&kind)
}

/// The type of a message in snake case. Some fixtures lack it; then the content object that is there tells it.
pub(super) fn kind(message: Node<'_, '_>) -> Option<String> {
    let named = message.word("type").map(|word| snake_case(&word));
    named.or_else(|| {
        let by_content = KNOWN.iter().chain(OTHER).find(|kind| message.get(kind).is_some());
        let unsupported = || message.get("errors").map(|_| Message::UNSUPPORTED);
        by_content.copied().or_else(unsupported).map(str::to_owned)
    })
}

/// The message with its content, its context and the id of what it answers. The object named like the type may be missing.
pub(super) fn read(node: Node<'_, '_>, kind: &str) -> Message {
    let mut message = Message {
        id: node.word("id"),
        kind: kind.to_owned(),
        ..Message::default()
    };
    if let Some(context) = node.get("context") {
        message.reply_to = context.word("id");
        message.forwarded = ["forwarded", "frequently_forwarded"]
            .iter()
            .any(|key| context.flag(key) == Some(true));
    }
    let content = node.get(kind);
    match kind {
        "text" => message.text = content.and_then(|text| text.text("body")),
        "image" | "video" | "audio" | "voice" | "document" | "sticker" => {
            message.text = content.and_then(|medium| medium.text("caption"));
            message.media = content.map(media).filter(|media| *media != Media::default());
        }
        "location" => {
            message.text = content.and_then(|place| place.text("name").or_else(|| place.text("address")));
            message.payload =
                content.and_then(|place| Some(format!("{},{}", place.word("latitude")?, place.word("longitude")?)));
        }
        "contacts" => {
            message.text = cards(node);
            let origin = node.list("contacts").find_map(|card| card.word("origin"));
            message.payload = node.word("origin").or(origin);
        }
        "interactive" => (message.text, message.payload) = content.map(interactive).unwrap_or_default(),
        "button" => {
            message.text = content.and_then(|button| button.text("text"));
            message.payload = content.and_then(|button| button.text("payload"));
        }
        "order" => {
            message.text = content.and_then(|order| order.text("text"));
            message.payload = content.map(|order| order.raw().to_owned());
        }
        "unsupported" => message.payload = content.and_then(|real| real.word("type")),
        // Seen in older payloads; what they held cannot be had either.
        "ephemeral" | "unknown" => {
            Message::UNSUPPORTED.clone_into(&mut message.kind);
            message.payload = Some(kind.to_owned());
        }
        "reaction" => {
            message.text = content.and_then(|reaction| reaction.text("emoji"));
            message.reply_to = content
                .and_then(|reaction| reaction.word("message_id"))
                .or(message.reply_to);
        }
        _ => {}
    }
    message
}

/// The template an echo was made from.
pub(super) fn template(node: Node<'_, '_>) -> Option<Template> {
    let template = node.get("template")?;
    let language = template
        .word("language")
        .or_else(|| template.get("language")?.word("code"));
    Some(Template {
        name: template.word("name")?,
        language,
        category: template.word("category").map(|c| snake_case(&c)),
    })
}

fn media(medium: Node<'_, '_>) -> Media {
    Media {
        id: medium.word("id"),
        mime_type: medium.word("mime_type"),
        filename: medium.text("filename"),
        url: medium.word("url"),
    }
}

/// The names on contact cards; the number of one without name, as the answer to a request for it.
fn cards(node: Node<'_, '_>) -> Option<String> {
    let texts = node.list("contacts").filter_map(|card| {
        let name = card.get("name");
        let name = name.and_then(|name| name.text("formatted_name").or_else(|| name.text("first_name")));
        name.or_else(|| card.list("phones").find_map(|phone| phone.text("phone")))
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// Text and payload of an answer to buttons, lists, flows and requests.
fn interactive(content: Node<'_, '_>) -> (Option<String>, Option<String>) {
    let named = content.word("type").and_then(|kind| content.get(&kind));
    let Some(answer) = named.or_else(|| content.children().find(|child| child.is_object())) else {
        return (None, None);
    };
    let text = ["title", "body", "text"].iter().find_map(|key| answer.text(key));
    let response_json = answer.get("response_json").map(|json| match json.as_text() {
        Some(text) => text.into_owned(),
        None => json.raw().to_owned(),
    });
    // A new kind of answer keeps its whole object: whatever a machine wants is in it.
    let payload = response_json
        .or_else(|| answer.text("id"))
        .or_else(|| answer.word("response"));
    (text, payload.or_else(|| Some(answer.raw().to_owned())))
}

/// A word of the provider's in lower case with underscores.
pub(super) fn snake_case(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 2);
    let mut lower_before = false;
    for c in word.chars() {
        match c {
            '-' | ' ' | '.' => out.push('_'),
            c if c.is_uppercase() => {
                if lower_before {
                    out.push('_');
                }
                out.extend(c.to_lowercase());
            }
            c => out.push(c),
        }
        lower_before = c.is_lowercase() || c.is_ascii_digit();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn words_are_brought_to_snake_case() {
        for (word, snake) in [
            ("text", "text"),
            ("PMP", "pmp"),
            ("authentication-international", "authentication_international"),
            ("buttonReply", "button_reply"),
            ("MEDIA_PLACEHOLDER", "media_placeholder"),
        ] {
            assert_eq!(snake_case(word), snake);
        }
    }
}
