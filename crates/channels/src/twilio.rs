//! Twilio's webhooks: one flat form per message or status, or the same fields as one JSON object.
//! Source: reference/meta-platform.md 5.4.
//!
//! Twilio tells no time; the time of receipt stands in for it, and that is no oddity.

use std::collections::BTreeMap;

use origem_domain::alias::{Alias, AliasKind, bsuid_kind, digits, is_bsuid};
use origem_domain::event::{
    Body, Channel, ChannelKind, Contact, DeliveryState, Media, Message, ProviderError, Referral, Status,
};

use crate::json::Doc;
use crate::output::{Envelope, Output};
use crate::time::At;
use crate::{Decoded, Delivery, output};

/// The events of one delivery.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>) -> Vec<Decoded<'a>> {
    let form = match Form::read(delivery.body) {
        Ok(form) => form,
        Err(reason) => return output::unrecognised(delivery, reason),
    };
    match read(&form) {
        Err(reason) => output::unrecognised(delivery, reason),
        Ok(None) => Vec::new(),
        Ok(Some(Read { channel, contact, body })) => {
            let mut out = Output::new(delivery);
            let mut event = out.event(channel, At::received(delivery.received_at), body);
            event.contact = Some(contact);
            event.provider = Some("twilio".to_owned());
            out.push(event, delivery.body, Envelope::default);
            out.finish()
        }
    }
}

/// The fields that have a value.
struct Form(BTreeMap<String, String>);

impl Form {
    fn read(body: &[u8]) -> Result<Self, String> {
        let pairs: Vec<(String, String)> = if body.trim_ascii_start().first() == Some(&b'{') {
            let doc = Doc::parse(body).map_err(|reason| reason.to_string())?;
            let members = doc.root().children();
            members
                .filter_map(|member| Some((member.key().into_owned(), member.scalar()?.into_owned())))
                .collect()
        } else {
            form_urlencoded::parse(body).into_owned().collect()
        };
        Ok(Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(str::to_owned)
    }

    fn first(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.text(key))
    }

    fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// What a form tells.
struct Read {
    channel: Channel,
    contact: Contact,
    body: Body,
}

/// `Ok(None)`: a state between queued and sent, which is no news.
fn read(form: &Form) -> Result<Option<Read>, String> {
    let (Some(from), Some(to)) = (form.get("From"), form.get("To")) else {
        return Err("no From or To".to_owned());
    };
    let Some(state) = status_word(form) else {
        let channel = channel(to)?;
        let mut contact = contact(from)?;
        if let Some(phone) = form.get("WaId").map(digits).filter(|digits| !digits.is_empty()) {
            let alias = Alias {
                kind: AliasKind::Phone,
                value: phone,
            };
            if !contact.aliases.contains(&alias) {
                contact.aliases.push(alias);
            }
        }
        contact.name = form.text("ProfileName");
        let body = Body::MessageReceived {
            message: message(form),
            referral: referral(form),
        };
        return Ok(Some(Read { channel, contact, body }));
    };
    let state = match state.to_ascii_lowercase().as_str() {
        "sent" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "failed" | "undelivered" => DeliveryState::Failed,
        "accepted" | "scheduled" | "queued" | "sending" | "canceled" => return Ok(None),
        other => return Err(format!("status {other}")),
    };
    let message_id = message_id(form).ok_or("status without MessageSid")?;
    let error = form
        .get("ErrorCode")
        .and_then(|code| code.trim().parse().ok())
        .filter(|code| *code != 0);
    let error = error.map(|code| ProviderError {
        code,
        title: form.text("ErrorMessage"),
        details: None,
    });
    let status = Status {
        message_id: Some(message_id),
        state,
        error,
        pricing: None,
        conversation: None,
        callback_data: None,
    };
    Ok(Some(Read {
        channel: channel(from)?,
        contact: contact(to)?,
        body: Body::MessageStatus { status },
    }))
}

/// The state a status callback reports; nothing for a message of the customer, which is `received`.
fn status_word(form: &Form) -> Option<&str> {
    let word = form.get("MessageStatus").or_else(|| form.get("SmsStatus"))?;
    let inbound = ["received", "receiving"]
        .iter()
        .any(|state| word.eq_ignore_ascii_case(state));
    (!inbound).then_some(word)
}

fn message_id(form: &Form) -> Option<String> {
    form.first(&["MessageSid", "SmsMessageSid", "SmsSid"])
}

/// Our address: `whatsapp:+1555...`, `messenger:<page id>`.
fn channel(address: &str) -> Result<Channel, String> {
    let (kind, id) = match address.split_once(':') {
        Some(("whatsapp", number)) => (ChannelKind::Whatsapp, digits(number)),
        Some(("messenger", page)) => (ChannelKind::Messenger, page.trim().to_owned()),
        _ => return Err("channel is neither whatsapp nor messenger".to_owned()),
    };
    if id.is_empty() {
        Err("empty address".to_owned())
    } else {
        Ok(Channel { kind, id })
    }
}

/// The customer's address. A form in which `+` was not escaped has a space in its place; a user without a phone has a
/// business-scoped id.
fn contact(address: &str) -> Result<Contact, String> {
    let alias = match address.split_once(':') {
        Some(("whatsapp", user)) if is_bsuid(user.trim()) => Alias::new(bsuid_kind(user), user),
        Some(("whatsapp", number)) => Alias::new(AliasKind::Phone, number),
        Some(("messenger", user)) => Alias::new(AliasKind::Psid, user),
        _ => return Err("sender is neither whatsapp nor messenger".to_owned()),
    };
    let aliases = if alias.value.is_empty() {
        Vec::new()
    } else {
        vec![alias]
    };
    Ok(Contact {
        aliases,
        ..Contact::default()
    })
}

fn message(form: &Form) -> Message {
    let media_type = form.text("MediaContentType0");
    let media_url = form.text("MediaUrl0");
    let has_media = media_url.is_some() || media_type.is_some();
    Message {
        id: message_id(form),
        kind: kind(form, has_media, media_type.as_deref()),
        text: form.first(&["Body", "ButtonText", "ListTitle", "Address", "Label"]),
        payload: form.first(&["ButtonPayload", "ListId"]).or_else(|| point(form)),
        reply_to: form.text("OriginalRepliedMessageSid"),
        media: has_media.then(|| Media {
            mime_type: media_type,
            url: media_url,
            ..Media::default()
        }),
        forwarded: form.is_true("Forwarded") || form.is_true("FrequentlyForwarded"),
    }
}

/// Latitude and longitude of a place.
fn point(form: &Form) -> Option<String> {
    Some(format!("{},{}", form.get("Latitude")?, form.get("Longitude")?))
}

fn kind(form: &Form, has_media: bool, media_type: Option<&str>) -> String {
    let has = |key: &str| form.get(key).is_some();
    let kind = if has("ButtonPayload") || has("ButtonText") {
        "button"
    } else if has("ListId") || has("ListTitle") {
        "interactive"
    } else if has("Latitude") && has("Longitude") {
        "location"
    } else if has_media {
        return media_kind(form.get("MessageType"), media_type);
    } else if let Some(word) = form.get("MessageType") {
        return word.to_ascii_lowercase();
    } else if has("Body") {
        "text"
    } else {
        Message::UNSUPPORTED
    };
    kind.to_owned()
}

/// Twilio's own word for the kind of medium where it gives one, else its MIME type.
fn media_kind(word: Option<&str>, media_type: Option<&str>) -> String {
    if let Some(word @ ("image" | "video" | "audio" | "document" | "sticker" | "contacts")) = word {
        return word.to_owned();
    }
    let media_type = media_type.unwrap_or_default();
    match media_type.split('/').next().unwrap_or_default() {
        main @ ("image" | "video" | "audio") => main.to_owned(),
        _ if media_type.contains("vcard") => "contacts".to_owned(),
        _ => "document".to_owned(),
    }
}

/// The `Referral*` fields; without a referral none of them is there.
fn referral(form: &Form) -> Option<Referral> {
    let is_video = form
        .get("ReferralMediaContentType")
        .is_some_and(|media| media.starts_with("video"));
    let media_type = form
        .get("ReferralMediaContentType")
        .and_then(|media| media.split('/').next());
    let media_url = form.text("ReferralMediaUrl");
    let (image_url, video_url) = if is_video { (None, media_url) } else { (media_url, None) };
    let referral = Referral {
        source_type: form.text("ReferralSourceType"),
        source_id: form.text("ReferralSourceId"),
        source_url: form.text("ReferralSourceUrl"),
        ctwa_clid: form.text("ReferralCtwaClid"),
        headline: form.text("ReferralHeadline"),
        body: form.text("ReferralBody"),
        media_type: media_type
            .filter(|kind| matches!(*kind, "image" | "video"))
            .map(str::to_owned),
        image_url,
        video_url,
        ..Referral::default()
    };
    (referral != Referral::default()).then_some(referral)
}
