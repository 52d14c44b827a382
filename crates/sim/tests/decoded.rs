//! The readers and the simulation agree on every delivery.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::BTreeMap;

use origem_channels::{Delivery, Source, decode};
use origem_domain::event::Kind;
use origem_sim::{Options, Simulation};

#[test]
fn readers_find_exactly_the_events_promised_and_understand_all_but_the_inventions() {
    for seed in [1, 7] {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for delivery in Simulation::new(Options {
            seed,
            events: 20_000,
            ..Options::default()
        }) {
            let (body, received_at) = (delivery.body.as_slice(), delivery.at);
            let decoded = decode(&Delivery {
                source: Source::Meta,
                body,
                received_at,
                account: "default",
            });
            let text = String::from_utf8_lossy(body);
            assert_eq!(decoded.len(), delivery.events as usize, "{text}");
            let unrecognised = decoded
                .iter()
                .filter(|found| found.event.body.kind() == Kind::Unrecognised);
            assert_eq!(unrecognised.count(), delivery.unrecognised as usize, "{text}");
            for found in decoded {
                assert!(
                    found.event.oddities.is_empty() && found.event.occurred_at <= received_at,
                    "{text}"
                );
                *kinds.entry(found.event.body.kind().name()).or_default() += 1;
            }
        }
        for kind in [
            Kind::MessageReceived,
            Kind::MessageSent,
            Kind::MessageStatus,
            Kind::MessageEdited,
            Kind::MessageRevoked,
            Kind::MessageReaction,
            Kind::ReferralOpened,
            Kind::CommentReceived,
            Kind::CallReceived,
            Kind::IdentityChanged,
            Kind::PreferenceChanged,
            Kind::ConversionReported,
            Kind::LinkClicked,
            Kind::HistoryImported,
            Kind::AccountUpdated,
            Kind::Unrecognised,
        ] {
            assert!(kinds.contains_key(kind.name()), "no {} in {kinds:?}", kind.name());
        }
    }
}
