//! What a reader hands back: events with their dedup keys, times and fragments, made in one way for all readers.
//!
//! A reader walks the delivery and pushes events with the exact slice each was read from. The envelope is a closure, for it
//! is needed only where a delivery holds several events, or one that is smaller than the delivery and not understood.
//!
//! ```text
//! {"object":..,"entry":[..{"messages":[  {"id":"wamid.A",..}  , {"id":"wamid.B",..} ]}..]}
//! '------------- before --------------''------- raw --------'  '-------- after --------'     before and after: rebuilt, minimal
//! ```

use std::hash::Hasher as _;

use origem_domain::event::{BAD_TIME, Body, Channel, ChannelKind, Event, TimeSource};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::time::At;
use crate::{Decoded, Delivery, Fragment};

/// Channel id of an `unrecognised` event whose channel could not be told.
pub(crate) const UNKNOWN_CHANNEL: &str = "unknown";

/// What stands around a fragment so that both together are a delivery again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) before: String,
    pub(crate) after: String,
}

/// The events read so far.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    delivery: Delivery<'a>,
    decoded: Vec<Decoded<'a>>,
    alone: bool,
}

impl Envelope {
    /// Puts `before` and `after` directly around the fragment, inside what stands around it already.
    pub(crate) fn nest(mut self, before: &str, after: &str) -> Self {
        self.before.push_str(before);
        self.after.insert_str(0, after);
        self
    }
}

impl<'a> Output<'a> {
    /// Nothing read yet.
    pub(crate) fn new(delivery: &Delivery<'a>) -> Self {
        Self {
            delivery: *delivery,
            decoded: Vec::with_capacity(1),
            alone: false,
        }
    }

    /// The delivery.
    pub(crate) const fn delivery(&self) -> &Delivery<'a> {
        &self.delivery
    }

    /// Promises that the delivery holds one event at most, so that no envelope need be made for it.
    pub(crate) const fn expect_one(&mut self) {
        self.alone = true;
    }

    /// An event of this delivery, yet without contact, group and dedup key.
    pub(crate) fn event(&self, channel: Channel, at: At, body: Body) -> Event {
        event(&self.delivery, channel, at, body)
    }

    /// Adds an event that was read from `raw`, a slice of the delivery.
    pub(crate) fn push(&mut self, event: Event, raw: &'a [u8], envelope: impl FnOnce() -> Envelope) {
        let needed = !self.alone || matches!(event.body, Body::Unrecognised { .. });
        let Envelope { before, after } = if needed { envelope() } else { Envelope::default() };
        let fragment = Fragment {
            before: before.into_bytes(),
            raw,
            after: after.into_bytes(),
        };
        self.decoded.push(Decoded {
            event: keyed(event, raw),
            fragment,
        });
    }

    /// Adds an `unrecognised` event for `raw`, the smallest slice that was not understood.
    pub(crate) fn unrecognised(
        &mut self,
        channel: Channel,
        reason: impl Into<String>,
        raw: &'a [u8],
        envelope: impl FnOnce() -> Envelope,
    ) {
        let at = At::received(self.delivery.received_at);
        let event = self.event(channel, at, Body::Unrecognised { reason: reason.into() });
        self.push(event, raw, envelope);
    }

    /// The events. One that is alone in its delivery has the whole of it as its fragment, unless it is what was not
    /// understood: that keeps the smallest slice.
    pub(crate) fn finish(mut self) -> Vec<Decoded<'a>> {
        debug_assert!(
            self.decoded.len() <= 1 || !self.alone,
            "several events without their envelopes"
        );
        if let [Decoded { event, fragment }] = self.decoded.as_mut_slice()
            && !matches!(event.body, Body::Unrecognised { .. })
        {
            *fragment = Fragment {
                before: Vec::new(),
                raw: self.delivery.body,
                after: Vec::new(),
            };
        }
        self.decoded
    }
}

/// An event of `delivery`, yet without contact, group and dedup key.
pub(crate) fn event(delivery: &Delivery<'_>, channel: Channel, at: At, body: Body) -> Event {
    Event {
        account: delivery.account.to_owned(),
        channel,
        contact: None,
        group: None,
        occurred_at: at.at,
        time_source: at.source,
        dedup_key: String::new(),
        provider: None,
        oddities: if at.bad { vec![BAD_TIME.to_owned()] } else { Vec::new() },
        body,
    }
}

/// The whole delivery as one `unrecognised` event.
pub(crate) fn unrecognised<'a>(delivery: &Delivery<'a>, reason: impl Into<String>) -> Vec<Decoded<'a>> {
    let mut output = Output::new(delivery);
    output.unrecognised(unknown_channel(), reason, delivery.body, Envelope::default);
    output.finish()
}

/// The channel of what names none.
pub(crate) fn unknown_channel() -> Channel {
    Channel {
        kind: ChannelKind::Whatsapp,
        id: UNKNOWN_CHANNEL.to_owned(),
    }
}

/// Gives `event` its dedup key. A key that would hold the time of receipt is the hash of the bytes instead, for a
/// redelivery is received at another time.
fn keyed(mut event: Event, raw: &[u8]) -> Event {
    let by_bytes = match &event.body {
        Body::Unrecognised { .. } => true,
        _ if event.time_source == TimeSource::Payload => false,
        Body::MessageReceived { message, .. }
        | Body::MessageSent { message, .. }
        | Body::HistoryImported { message, .. } => message.id.is_none(),
        Body::MessageStatus { status } => status.message_id.is_none(),
        Body::LinkClicked { click } => click.id.is_none() && click.code.is_none(),
        Body::CommentReceived { .. } | Body::CallReceived { .. } | Body::MessageRevoked { .. } => false,
        _ => true,
    };
    if by_bytes && event.dedup_key.is_empty() {
        event.dedup_key = hash(raw);
    }
    event.with_dedup_key()
}

/// A stable hash of `bytes`: SipHash-2-4 of 128 bits with the key zero, in hexadecimal. It tells redeliveries, no secrets.
pub(crate) fn hash(bytes: &[u8]) -> String {
    let mut hasher = SipHasher24::new();
    hasher.write(bytes);
    format!("{:032x}", hasher.finish128().as_u128())
}
