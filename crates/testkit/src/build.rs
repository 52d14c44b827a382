//! Builders: the shortest way to an event in a test. All on one WhatsApp number; change what matters in place.

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{
    Body, Channel, ChannelKind, Contact, DEFAULT_ACCOUNT, DeliveryState, Event, Message, Referral, SentDetails, Status,
    TimeSource, Via,
};
use origem_domain::key::Keys;
use origem_domain::marks::Marks;
use origem_domain::position::Position;
use origem_domain::record::Recorded;
use origem_domain::time::Timestamp;

use crate::SECRET;

/// The channel of built events.
#[must_use]
pub fn channel() -> Channel {
    Channel {
        kind: ChannelKind::Whatsapp,
        id: "200000000000002".to_owned(),
    }
}

/// The instant of an RFC 3339 text.
#[must_use]
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("`{text}` is not a time"))
}

/// A contact known by its phone alone.
#[must_use]
pub fn phone(number: &str) -> Contact {
    Contact {
        aliases: vec![Alias::new(AliasKind::Phone, number)],
        ..Contact::default()
    }
}

/// An event of `contact` with the dedup key of its kind.
#[must_use]
pub fn event(contact: Option<Contact>, time: &str, body: Body) -> Event {
    Event {
        account: DEFAULT_ACCOUNT.to_owned(),
        channel: channel(),
        contact,
        group: None,
        occurred_at: at(time),
        time_source: TimeSource::Payload,
        dedup_key: String::new(),
        provider: None,
        oddities: Vec::new(),
        body,
    }
    .with_dedup_key()
}

/// A text message.
#[must_use]
pub fn message(id: &str, text: &str) -> Message {
    Message {
        id: Some(id.to_owned()),
        kind: "text".to_owned(),
        text: Some(text.to_owned()),
        ..Message::default()
    }
}

/// The customer writes.
#[must_use]
pub fn received(from: &str, time: &str, id: &str, text: &str) -> Event {
    event(
        Some(phone(from)),
        time,
        Body::MessageReceived {
            message: message(id, text),
            referral: None,
        },
    )
}

/// The customer writes through an ad.
#[must_use]
pub fn received_by_ad(from: &str, time: &str, id: &str, text: &str, referral: Referral) -> Event {
    event(
        Some(phone(from)),
        time,
        Body::MessageReceived {
            message: message(id, text),
            referral: Some(referral),
        },
    )
}

/// The business writes.
#[must_use]
pub fn sent(to: &str, time: &str, id: &str, text: &str, via: Via) -> Event {
    let details = SentDetails {
        via,
        ..SentDetails::default()
    };
    event(
        Some(phone(to)),
        time,
        Body::MessageSent {
            message: message(id, text),
            details,
        },
    )
}

/// The provider reports on a message of ours.
#[must_use]
pub fn status(to: &str, time: &str, id: &str, state: DeliveryState) -> Event {
    let status = Status {
        message_id: Some(id.to_owned()),
        state,
        error: None,
        pricing: None,
        conversation: None,
        callback_data: None,
    };
    event(Some(phone(to)), time, Body::MessageStatus { status })
}

/// The event as if it stood in the log at `offset`, received one second after it happened; keys with [`SECRET`].
#[must_use]
pub fn recorded(event: Event, offset: u64) -> Recorded {
    let marks = Marks::of(&event);
    Recorded {
        position: Position::new(0, offset),
        received_at: event.occurred_at.plus(1_000_000),
        source: "event".to_owned(),
        keys: Keys::of(&event, marks.code.as_deref(), &SECRET),
        marks,
        event,
    }
}
