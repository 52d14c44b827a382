//! WhatsApp Cloud API: inbound messages and echoes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use origem_domain::time::Timestamp;

use super::{referral, seconds};
use crate::business::people::Person;
use crate::business::{Ad, Channel};
use crate::json::{Json, object};
use crate::rng::Rng;

/// What a message says.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Text(String),
    Image(Option<String>),
    Video,
    Audio,
    Document,
    Sticker,
    Location {
        named: bool,
    },
    Contacts,
    /// A reply button of an interactive message of ours.
    ButtonReply,
    ListReply,
    Flow,
    Order,
    /// A quick-reply button of a template: payload and text.
    Button(String, String),
    /// Content that is withheld; the word says what it was.
    Unsupported(&'static str),
}

/// Everything about an inbound message besides what it says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Around<'a> {
    /// The message it answers, and the number that wrote that.
    pub context: Option<(&'a str, &'a str)>,
    /// It was forwarded.
    pub forwarded: bool,
    /// The ad it came through, and the click.
    pub referral: Option<(&'a Ad, Option<&'a str>)>,
    /// The group it was written in.
    pub group: Option<&'a str>,
}

/// A message id. Real ones are base64 of a small structure that holds the other side's phone; so are these. Ids of people
/// whose phone is not shown hold random digits instead.
pub(crate) fn message_id(rng: &mut Rng, person: &Person, inbound: bool) -> String {
    let hidden;
    let phone = match person.shown_phone() {
        Some(phone) => phone,
        None => {
            hidden = rng.digits("0", 13);
            &hidden
        }
    };
    let mut inner = Vec::with_capacity(56);
    inner.extend_from_slice(&[0x1c, 0x18, phone.len() as u8]);
    inner.extend_from_slice(phone.as_bytes());
    inner.extend_from_slice(if inbound {
        &[0x15, 0x02, 0x00, 0x12, 0x18, 0x14]
    } else {
        &[0x15, 0x02, 0x00, 0x11, 0x18, 0x12]
    });
    let unique = format!("{:016X}{:04X}", rng.bits(), rng.bits() & 0xffff);
    inner.extend_from_slice(if inbound {
        unique.as_bytes()
    } else {
        &unique.as_bytes()[..18]
    });
    inner.push(0);
    format!("wamid.{}", STANDARD.encode(inner))
}

/// An element of `contacts[]`.
pub(crate) fn contact(person: &Person, with_username: bool) -> Vec<u8> {
    object(|json| {
        json.object("profile", |json| {
            json.text("name", &person.name);
            json.maybe("username", person.username.as_deref().filter(|_| with_username));
        });
        json.maybe("wa_id", person.shown_phone())
            .maybe("user_id", person.shown_bsuid());
    })
}

/// The fields every inbound message begins with.
fn head(json: &mut Json, person: &Person, id: &str, at: Timestamp, kind: &str) {
    json.maybe("from", person.shown_phone())
        .maybe("from_user_id", person.shown_bsuid());
    json.text("id", id).digits("timestamp", seconds(at)).text("type", kind);
}

/// An element of `messages[]` that the customer wrote.
pub(crate) fn message(
    rng: &mut Rng,
    person: &Person,
    id: &str,
    at: Timestamp,
    says: &Content,
    around: Around<'_>,
) -> Vec<u8> {
    object(|json| {
        if around.context.is_some() || around.forwarded {
            json.object("context", |json| {
                if let Some((id, from)) = around.context {
                    json.text("from", from).text("id", id);
                }
                if around.forwarded {
                    json.flag("forwarded", true);
                }
            });
        }
        head(json, person, id, at, kind(says));
        content(json, rng, says);
        json.maybe("group_id", around.group);
        if let Some((ad, click)) = around.referral {
            referral::whatsapp(json, ad, click);
        }
    })
}

/// An element of `message_echoes[]`: a text the business typed in the phone app.
pub(crate) fn echo(number: &Channel, person: &Person, id: &str, at: Timestamp, text: &str) -> Vec<u8> {
    object(|json| {
        json.text("from", &number.display)
            .maybe("to", person.shown_phone())
            .maybe("to_user_id", person.shown_bsuid());
        json.text("id", id)
            .digits("timestamp", seconds(at))
            .text("type", "text");
        json.object("text", |json| _ = json.text("body", text));
    })
}

/// A reaction to a message of ours; no emoji takes it back.
pub(crate) fn reaction(person: &Person, id: &str, at: Timestamp, to: &str, emoji: Option<&str>) -> Vec<u8> {
    object(|json| {
        head(json, person, id, at, "reaction");
        json.object("reaction", |json| _ = json.text("message_id", to).maybe("emoji", emoji));
    })
}

/// An edit of an earlier message.
pub(crate) fn edit(person: &Person, id: &str, at: Timestamp, of: &str, text: &str) -> Vec<u8> {
    object(|json| {
        head(json, person, id, at, "edit");
        json.object("edit", |json| {
            json.text("original_message_id", of);
            json.object("message", |json| {
                json.text("type", "text")
                    .object("text", |json| _ = json.text("body", text));
            });
        });
    })
}

/// The deletion of an earlier message.
pub(crate) fn revoke(person: &Person, id: &str, at: Timestamp, of: &str) -> Vec<u8> {
    object(|json| {
        head(json, person, id, at, "revoke");
        json.object("revoke", |json| _ = json.text("original_message_id", of));
    })
}

/// A `system` message: `old` became `new`. A person whose phone is hidden has only a new user id to tell.
pub(crate) fn system(id: &str, at: Timestamp, old: &Person, new: &Person) -> Vec<u8> {
    object(|json| {
        json.maybe("from", old.shown_phone());
        json.text("id", id)
            .digits("timestamp", seconds(at))
            .text("type", "system");
        json.object("system", |json| match new.shown_phone() {
            Some(phone) => {
                let body = format!("User {} changed from {} to {phone}", new.name, old.phone);
                json.text("body", &body).text("wa_id", phone);
                json.maybe("user_id", new.shown_bsuid())
                    .maybe("previous_user_id", old.shown_bsuid());
                json.text("type", "user_changed_number");
            }
            None => {
                let body = format!("User {} changed from {} to {}", new.name, old.bsuid, new.bsuid);
                json.text("body", &body)
                    .text("user_id", &new.bsuid)
                    .text("previous_user_id", &old.bsuid);
                json.text("type", "user_changed_user_id");
            }
        });
    })
}

/// A message of a type no reader knows.
pub(crate) fn unknown(person: &Person, id: &str, at: Timestamp) -> Vec<u8> {
    object(|json| {
        head(json, person, id, at, "poll_vote");
        json.object("poll_vote", |json| {
            _ = json.text("poll_id", "poll_77").text("option", "Sábado às 10h")
        });
    })
}

const fn kind(says: &Content) -> &'static str {
    match says {
        Content::Text(_) => "text",
        Content::Image(_) => "image",
        Content::Video => "video",
        Content::Audio => "audio",
        Content::Document => "document",
        Content::Sticker => "sticker",
        Content::Location { .. } => "location",
        Content::Contacts => "contacts",
        Content::ButtonReply | Content::ListReply | Content::Flow => "interactive",
        Content::Order => "order",
        Content::Button(..) => "button",
        Content::Unsupported(_) => "unsupported",
    }
}

/// The object named like the type.
fn content(json: &mut Json, rng: &mut Rng, says: &Content) {
    match says {
        Content::Text(text) => json.object("text", |json| _ = json.text("body", text)),
        Content::Image(caption) => json.object("image", |json| {
            json.maybe("caption", caption.as_deref());
            media(json, rng, "image/jpeg");
        }),
        Content::Video => json.object("video", |json| media(json, rng, "video/mp4")),
        Content::Audio => json.object("audio", |json| {
            media(json, rng, "audio/ogg; codecs=opus");
            json.flag("voice", true);
        }),
        Content::Document => json.object("document", |json| {
            json.text("caption", "Comprovante")
                .text("filename", "comprovante março.pdf");
            media(json, rng, "application/pdf");
        }),
        Content::Sticker => json.object("sticker", |json| {
            media(json, rng, "image/webp");
            json.flag("animated", false);
        }),
        Content::Location { named } => json.object("location", |json| {
            json.raw("latitude", b"-23.5505199").raw("longitude", b"-46.6333094");
            if *named {
                json.text("name", "Praça da Sé")
                    .text("address", "Praça da Sé - Sé, São Paulo");
            }
        }),
        Content::Contacts => json.array("contacts", |json| {
            json.item(|json| {
                json.object("name", |json| {
                    json.text("first_name", "Lúcia").text("formatted_name", "Lúcia (irmã)");
                });
                json.array("phones", |json| {
                    _ = json.item(|json| _ = json.text("phone", "+55 11 95555-0199"))
                });
            });
        }),
        Content::ButtonReply | Content::ListReply | Content::Flow => {
            json.object("interactive", |json| interactive(json, says))
        }
        Content::Order => json.object("order", |json| {
            json.text("catalog_id", "194836987003835").text("text", "");
            json.array("product_items", |json| {
                json.item(|json| {
                    json.text("product_retailer_id", "sku-01").number("quantity", 1);
                    json.raw("item_price", b"1299.9").text("currency", "BRL");
                });
            });
        }),
        Content::Button(payload, text) => {
            json.object("button", |json| _ = json.text("payload", payload).text("text", text))
        }
        Content::Unsupported(real) => {
            json.array("errors", |json| {
                json.item(|json| {
                    json.number("code", 131_051)
                        .text("title", "Message type unknown")
                        .text("message", "Message type unknown");
                    json.object("error_data", |json| {
                        _ = json.text("details", "Message type is currently not supported.")
                    });
                });
            });
            json.object("unsupported", |json| _ = json.text("type", real))
        }
    };
}

fn interactive(json: &mut Json, says: &Content) {
    match says {
        Content::ButtonReply => json.text("type", "button_reply").object("button_reply", |json| {
            json.text("id", "agendar").text("title", "Agendar visita");
        }),
        Content::ListReply => json.text("type", "list_reply").object("list_reply", |json| {
            json.text("id", "unidade-2")
                .text("title", "Unidade Norte")
                .text("description", "Av. Brasil, 1200");
        }),
        _ => json.text("type", "nfm_reply").object("nfm_reply", |json| {
            let answer = r#"{"flow_token":"f-1","cidade":"São Paulo","parcelas":"10"}"#;
            json.text("response_json", answer)
                .text("body", "Sent")
                .text("name", "flow");
        }),
    };
}

fn media(json: &mut Json, rng: &mut Rng, mime: &str) {
    let digest: Vec<u8> = (0..4).flat_map(|_| rng.bits().to_le_bytes()).collect();
    json.text("mime_type", mime)
        .text("sha256", &STANDARD.encode(digest))
        .text("id", &rng.digits("1", 16));
}
