//! Proptest strategies: arbitrary events of every kind. Values are odd on purpose (empty texts, missing fields, any
//! Unicode); only what [`Event`]'s JSON could not carry is left out, so that JSON round trips hold too.

mod bodies;

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::amount::Amount;
use origem_domain::event::{Body, Channel, ChannelKind, Contact, Event, Group, Kind, TimeSource};
use origem_domain::time::Timestamp;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub use bodies::{arb_body, arb_body_of};

use crate::samples::KINDS;

/// An event of any kind.
pub fn arb_event() -> impl Strategy<Value = Event> {
    with_body(select(&KINDS[..]).prop_flat_map(arb_body_of).boxed())
}

/// An event of one kind.
pub fn arb_event_of(kind: Kind) -> impl Strategy<Value = Event> {
    with_body(arb_body_of(kind))
}

fn with_body(body: BoxedStrategy<Body>) -> impl Strategy<Value = Event> {
    let account = prop_oneof![3 => Just("default".to_owned()), 1 => arb_text()];
    let group = option::weighted(0.1, arb_text().prop_map(|id| Group { id }));
    let time_source = select(&[TimeSource::Payload, TimeSource::Received][..]);
    let oddities = prop::collection::vec(arb_text(), 0..2);
    // Most keys are those of the kind; others come from producers of channel events.
    let dedup_key = prop_oneof![3 => Just(String::new()), 1 => arb_text()];
    let head = (
        account,
        arb_channel(),
        option::weighted(0.9, arb_contact()),
        group,
        arb_time(),
        time_source,
    );
    (head, dedup_key, option::of(arb_text()), oddities, body).prop_map(|(head, dedup_key, provider, oddities, body)| {
        let (account, channel, contact, group, occurred_at, time_source) = head;
        Event {
            account,
            channel,
            contact,
            group,
            occurred_at,
            time_source,
            dedup_key,
            provider,
            oddities,
            body,
        }
        .with_dedup_key()
    })
}

/// A channel of any kind.
pub fn arb_channel() -> impl Strategy<Value = Channel> {
    use ChannelKind::{Instagram, Messenger, Webchat, Whatsapp};
    (select(&[Whatsapp, Instagram, Messenger, Webchat][..]), "[0-9]{1,17}").prop_map(|(kind, id)| Channel { kind, id })
}

/// A contact with up to three aliases of any kinds.
pub fn arb_contact() -> impl Strategy<Value = Contact> {
    (
        arb_aliases(),
        option::of(arb_text()),
        option::of(arb_text()),
        option::of(arb_text()),
    )
        .prop_map(|(aliases, name, username, photo_url)| Contact {
            aliases,
            name,
            username,
            photo_url,
        })
}

/// Up to three aliases of any kinds.
pub fn arb_aliases() -> impl Strategy<Value = Vec<Alias>> {
    let alias = (select(&AliasKind::ALL[..]), "[0-9A-Za-z.@-]{0,20}").prop_map(|(kind, text)| Alias::new(kind, &text));
    prop::collection::vec(alias, 0..4)
}

/// A text: a word, a sentence in any script, or nothing.
pub fn arb_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z0-9_.:-]{1,16}", 2 => "\\PC{0,24}", 1 => Just(String::new())]
}

/// An instant between 2015 and 2035, in microseconds.
pub fn arb_time() -> impl Strategy<Value = Timestamp> {
    (1_420_070_400_000_000_i64..2_051_222_400_000_000).prop_map(Timestamp::from_micros)
}

/// An amount that JSON carries exactly.
pub fn arb_amount() -> impl Strategy<Value = Amount> {
    (-1_000_000_000_000_i64..1_000_000_000_000).prop_map(Amount)
}
