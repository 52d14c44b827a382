//! The bytes of deliveries. A [`Piece`] is one provider event; [`assemble`] puts pieces into one webhook body.
//!
//! ```text
//! {"object":O,"entry":[ {"id":..,"changes":[ {"field":F,"value":{ metadata, contacts[], messages[], statuses[] }} ]} ]}
//!                       ^ a run of pieces      ^ a run of pieces                        ^ the pieces
//!                         of one account         of one number and field
//! ```

pub(crate) mod account;
pub(crate) mod page;
pub(crate) mod referral;
pub(crate) mod status;
pub(crate) mod whatsapp;

use origem_domain::event::ChannelKind;
use origem_domain::time::Timestamp;

use crate::business::{Business, Channel};
use crate::json::Json;

/// One provider event, rendered, and where in a delivery it belongs.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// Place of the channel in `Business::channels`.
    pub channel: usize,
    /// Which part of the delivery it stands in.
    pub slot: Slot,
    /// When it happened.
    pub at: Timestamp,
    /// The rendered event; the whole `value` for slots that have no array.
    pub body: Vec<u8>,
    /// The rendered element of `contacts[]`; empty for none.
    pub contact: Vec<u8>,
    /// How many events readers count in it.
    pub events: u32,
}

impl Piece {
    /// A piece of one event and no contact.
    pub fn new(channel: usize, slot: Slot, at: Timestamp, body: Vec<u8>) -> Self {
        Self {
            channel,
            slot,
            at,
            body,
            contact: Vec::new(),
            events: 1,
        }
    }

    /// With an element of `contacts[]`.
    pub fn with_contact(mut self, contact: Vec<u8>) -> Self {
        self.contact = contact;
        self
    }
}

/// The part of a delivery a piece stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// WhatsApp `messages[]`.
    Message,
    /// WhatsApp `statuses[]`.
    Status,
    /// `message_echoes[]` of a number shared with the phone app.
    Echo,
    /// `user_preferences[]`.
    Preference,
    /// `automatic_events[]`.
    Conversion,
    /// `calls[]`.
    Call,
    /// A history: the whole value.
    History,
    /// A template update: the whole value, of an account.
    Template,
    /// A click on a link in a message of ours: the whole value.
    Click,
    /// WhatsApp `messages[]`, of a type no reader knows.
    UnknownMessage,
    /// A field no reader knows: the whole value.
    UnknownField,
    /// `messaging[]` of a page or Instagram.
    Messaging,
    /// `messaging[]` of a page, with an event object no reader knows.
    UnknownMessaging,
    /// An Instagram comment: the whole value.
    Comment,
    /// Something on a page: the whole value.
    Feed,
}

impl Slot {
    /// Whether the piece is one that no reader understands, on purpose.
    pub const fn is_unknown(self) -> bool {
        matches!(self, Self::UnknownField | Self::UnknownMessage | Self::UnknownMessaging)
    }

    /// `field` of the change it stands in.
    const fn field(self) -> &'static str {
        match self {
            Self::Message
            | Self::Status
            | Self::Click
            | Self::UnknownMessage
            | Self::Messaging
            | Self::UnknownMessaging => "messages",
            Self::Echo => "smb_message_echoes",
            Self::Preference => "user_preferences",
            Self::Conversion => "automatic_events",
            Self::Call => "calls",
            Self::History => "history",
            Self::Template => "message_template_status_update",
            Self::UnknownField => "conversation_highlights",
            Self::Comment => "comments",
            Self::Feed => "feed",
        }
    }

    /// The array inside `value`, for slots that share one.
    const fn array(self) -> Option<&'static str> {
        match self {
            Self::Message | Self::UnknownMessage => Some("messages"),
            Self::Status => Some("statuses"),
            Self::Echo => Some("message_echoes"),
            Self::Preference => Some("user_preferences"),
            Self::Conversion => Some("automatic_events"),
            Self::Call => Some("calls"),
            _ => None,
        }
    }

    const fn is_messaging(self) -> bool {
        matches!(self, Self::Messaging | Self::UnknownMessaging)
    }

    /// Whether it concerns the account rather than a number: then the entry has a time.
    const fn is_of_account(self) -> bool {
        matches!(self, Self::Template)
    }
}

/// `object` of the deliveries of a channel.
pub(crate) const fn object(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Instagram => "instagram",
        ChannelKind::Messenger => "page",
        ChannelKind::Whatsapp | ChannelKind::Webchat => "whatsapp_business_account",
    }
}

/// Whole seconds since the epoch.
pub(crate) const fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000)
}

/// Whole milliseconds since the epoch.
pub(crate) const fn millis(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000)
}

/// One webhook body that holds `pieces`, which all belong to channels of one `object`, in their order.
pub(crate) fn assemble(business: &Business, pieces: &[Piece]) -> Vec<u8> {
    let channel = |piece: &Piece| &business.channels[piece.channel];
    let kind = pieces
        .first()
        .map_or(ChannelKind::Whatsapp, |piece| channel(piece).kind);
    let pages = kind != ChannelKind::Whatsapp;
    let mut json = if pages { Json::escaped() } else { Json::new() };
    json.item(|json| {
        json.text("object", object(kind));
        json.array("entry", |json| {
            let of_one_entry = |a: &Piece, b: &Piece| {
                channel(a).account_id == channel(b).account_id
                    && (a.slot.is_messaging(), a.slot.is_of_account())
                        == (b.slot.is_messaging(), b.slot.is_of_account())
            };
            for entry in pieces.chunk_by(of_one_entry) {
                json.item(|json| {
                    if pages {
                        page_entry(json, channel(&entry[0]), entry)
                    } else {
                        whatsapp_entry(json, business, entry)
                    }
                });
            }
        });
    });
    json.into_bytes()
}

fn page_entry(json: &mut Json, channel: &Channel, pieces: &[Piece]) {
    let Some(last) = pieces.last() else { return };
    json.text("id", &channel.id);
    if last.slot.is_messaging() {
        // Meta stamps the entry when it is put together, a moment after the event and before any delivery.
        json.number("time", millis(last.at) + 87);
        json.array("messaging", |json| {
            pieces.iter().for_each(|piece| _ = json.raw_item(&piece.body))
        });
    } else {
        json.number("time", seconds(last.at));
        json.array("changes", |json| {
            pieces.iter().for_each(|piece| whole_change(json, piece))
        });
    }
}

fn whole_change(json: &mut Json, piece: &Piece) {
    json.item(|json| _ = json.text("field", piece.slot.field()).raw("value", &piece.body));
}

fn whatsapp_entry(json: &mut Json, business: &Business, pieces: &[Piece]) {
    json.text("id", &business.channels[pieces[0].channel].account_id);
    if pieces[0].slot.is_of_account() {
        json.number("time", seconds(pieces[0].at));
    }
    json.array("changes", |json| {
        let shared = |piece: &Piece| piece.slot.array().is_some();
        let of_one_change =
            |a: &Piece, b: &Piece| a.channel == b.channel && a.slot.field() == b.slot.field() && shared(a) && shared(b);
        for change in pieces.chunk_by(of_one_change) {
            if change[0].slot.array().is_none() {
                whole_change(json, &change[0]);
                continue;
            }
            json.item(|json| {
                json.object("value", |json| {
                    value(json, &business.channels[change[0].channel], change)
                });
                json.text("field", change[0].slot.field());
            });
        }
    });
}

/// The `value` of several pieces of one number and field.
fn value(json: &mut Json, number: &Channel, pieces: &[Piece]) {
    json.text("messaging_product", "whatsapp");
    metadata(json, number);
    let mut contacts: Vec<&[u8]> = Vec::new();
    for piece in pieces {
        if !piece.contact.is_empty() && !contacts.contains(&piece.contact.as_slice()) {
            contacts.push(&piece.contact);
        }
    }
    if !contacts.is_empty() {
        json.array("contacts", |json| {
            contacts.iter().for_each(|contact| _ = json.raw_item(contact))
        });
    }
    let first = pieces[0].slot.array();
    let others = ["messages", "statuses"]
        .map(Some)
        .into_iter()
        .filter(|array| *array != first);
    for array in std::iter::once(first).chain(others).flatten() {
        let mut inside = pieces
            .iter()
            .filter(|piece| piece.slot.array() == Some(array))
            .peekable();
        if inside.peek().is_some() {
            json.array(array, |json| inside.for_each(|piece| _ = json.raw_item(&piece.body)));
        }
    }
}

/// `metadata` of a number.
pub(crate) fn metadata(json: &mut Json, number: &Channel) {
    json.object("metadata", |json| {
        json.text("display_phone_number", &number.display)
            .text("phone_number_id", &number.id);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_several_numbers_share_one_body() {
        let business = Business::of(1);
        let at = Timestamp::from_seconds(1_790_416_800);
        let piece = |channel, slot, body: &str| Piece::new(channel, slot, at, body.as_bytes().to_vec());
        let contact = br#"{"wa_id":"1"}"#.to_vec();
        let body = assemble(
            &business,
            &[
                piece(0, Slot::Status, r#"{"id":"s1"}"#).with_contact(contact.clone()),
                piece(0, Slot::Message, r#"{"id":"m1"}"#).with_contact(contact),
                piece(0, Slot::Status, r#"{"id":"s2"}"#),
                piece(1, Slot::Status, r#"{"id":"s3"}"#),
                piece(1, Slot::Template, r#"{"event":"A"}"#),
                piece(2, Slot::Echo, r#"{"id":"e1"}"#),
            ],
        );
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let entry = &read["entry"];
        assert_eq!(entry.as_array().unwrap().len(), 3, "{read}");
        let first = &entry[0]["changes"][0]["value"];
        assert_eq!(first["statuses"], serde_json::json!([{"id": "s1"}, {"id": "s2"}]));
        assert_eq!(first["messages"], serde_json::json!([{"id": "m1"}]));
        assert_eq!(first["contacts"], serde_json::json!([{"wa_id": "1"}]));
        assert_eq!(
            entry[0]["changes"][1]["value"]["metadata"]["phone_number_id"],
            business.channels[1].id
        );
        assert_eq!(
            (entry[0]["time"].as_i64(), entry[1]["time"].as_i64()),
            (None, Some(1_790_416_800))
        );
        assert_eq!(entry[2]["changes"][0]["field"], "smb_message_echoes");
    }

    #[test]
    fn page_bodies_are_ascii_with_times_in_their_own_units() {
        let business = Business::of(1);
        let at = Timestamp::from_millis(1_790_416_800_123);
        let instagram = business.first(ChannelKind::Instagram);
        let pieces = [
            Piece::new(instagram, Slot::Messaging, at, b"{}".to_vec()),
            Piece::new(instagram, Slot::Comment, at, b"{}".to_vec()),
        ];
        let read: serde_json::Value = serde_json::from_slice(&assemble(&business, &pieces)).unwrap();
        assert_eq!(read["object"], "instagram");
        assert_eq!(read["entry"][0]["time"], 1_790_416_800_210_i64);
        assert_eq!(read["entry"][1]["time"], 1_790_416_800);
        assert_eq!(read["entry"][1]["changes"][0]["field"], "comments");
    }
}
