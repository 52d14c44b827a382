//! Provider payloads to events. Pure: no IO, no clock; never panics, never fails.
//!
//! One delivery may become many events. What no reader understands becomes `unrecognised` with its bytes, and never fails
//! the rest of the delivery. One module per provider; [`decode`] picks it by [`Source`].
//!
//! ```text
//! delivery bytes --> provider module --> Decoded { event, fragment } ...      fragment.before + raw + after decodes again
//! ```

mod again;
mod event;
mod json;
mod meta;
mod output;
mod time;
mod twilio;
mod whatsapp_web;

pub use again::{PARSERS_VERSION, read_again};
use origem_domain::event::Event;
use origem_domain::time::Timestamp;

/// Reads one delivery: its events in the order they stand in it. Empty if everything in it was understood and nothing of it
/// is needed (a read watermark, a ringing call). What is not understood is an `unrecognised` event of its own.
///
/// Dedup keys and fragments are set; the order, the number and the content of the events depend on nothing but `delivery`.
#[must_use]
pub fn decode<'a>(delivery: &Delivery<'a>) -> Vec<Decoded<'a>> {
    match delivery.source {
        Source::Meta => meta::decode(delivery),
        Source::Twilio => twilio::decode(delivery),
        Source::WhatsappWeb => whatsapp_web::decode(delivery),
        Source::Event => event::decode(delivery),
    }
}

/// Who wrote the payload: which reader understands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// WhatsApp Cloud API, Messenger and Instagram webhooks, told apart by `object`.
    Meta,
    /// Twilio's form fields.
    Twilio,
    /// WhatsApp Web libraries and their servers: Baileys, whatsmeow, Evolution, uazapi.
    WhatsappWeb,
    /// Our own channel events as JSON.
    Event,
}

impl Source {
    /// All sources.
    pub const ALL: [Source; 4] = [Self::Meta, Self::Twilio, Self::WhatsappWeb, Self::Event];

    /// The name on the command line, in routes and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Twilio => "twilio",
            Self::WhatsappWeb => "whatsapp_web",
            Self::Event => "event",
        }
    }

    /// The source of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// What was received, as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Which reader understands it.
    pub source: Source,
    /// The exact bytes.
    pub body: &'a [u8],
    /// When it was received; the time of events that carry none.
    pub received_at: Timestamp,
    /// The tenant it belongs to.
    pub account: &'a str,
}

/// The bytes one event was read from. `before + raw + after` is a delivery of the same source that decodes to this event
/// again, so that a better reader can read history; `raw` alone is the exact slice of what was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The envelope up to the fragment; empty where `raw` is the whole delivery.
    pub before: Vec<u8>,
    /// The exact bytes, a slice of [`Delivery::body`].
    pub raw: &'a [u8],
    /// The envelope after the fragment.
    pub after: Vec<u8>,
}

/// One event and where it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<'a> {
    /// The event, with its dedup key.
    pub event: Event,
    /// Its bytes.
    pub fragment: Fragment<'a>,
}
