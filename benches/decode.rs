//! How fast are events read, per core? Deliveries of a simulated business, as they come in; and records, what a replay does
//! first: fixed data, of ten events three customer messages, three of ours, three statuses, one ad.

#![allow(clippy::unwrap_used)] // fixed data

use std::hint::black_box;
use std::io;
use std::time::{Duration, Instant};

use origem_channels::{Delivery, Source};
use origem_codec::{RawParts, decode, decode_structure, encode, raw};
use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{Body, DeliveryState, Event, Pricing, PricingModel, Referral, Via};
use origem_domain::position::Position;
use origem_measure::Bench;
use origem_projector::{Decoded, Reading};
use origem_testkit::{SECRET, build};

const SEED: u64 = 7;
const TIME: &str = "2026-09-26T10:01:00Z";
const AT: Position = Position::new(0, 0);
/// The raw bytes of a record: as many as a webhook message and its envelope have.
const RAW: RawParts<'_> = RawParts {
    before: &[b'{'; 250],
    raw: &[b'x'; 400],
    after: b"]}]}]}",
};

fn wamid(index: usize) -> String {
    format!("wamid.HBgNNTUxMTk1NTU1MDEwMRUCABIYIDNBQTRGMkI3RjJDNEI1RDZFNz{index:04}==")
}

fn event(index: usize) -> Event {
    let (person, id) = (format!("55119555{:05}", index % 100), wamid(index));
    let mut event = match index % 10 {
        0 => build::received_by_ad(&person, TIME, &id, "Olá! Quero saber mais", ad()),
        1..=3 => build::received(
            &person,
            TIME,
            &id,
            "Bom dia, vocês entregam no sábado? Quanto fica o frete?",
        ),
        4..=6 => build::sent(
            &person,
            TIME,
            &id,
            "Entregamos sim! Para qual endereço seria?",
            Via::Web,
        ),
        _ => build::status(&person, TIME, &id, DeliveryState::Delivered),
    };
    if let Some(contact) = &mut event.contact {
        contact.aliases.insert(
            0,
            Alias::new(AliasKind::Bsuid, &format!("BR.10000000{:08}", index % 100)),
        );
        contact.name = Some("Rita Teste".to_owned());
    }
    if let Body::MessageStatus { status } = &mut event.body {
        status.pricing = Some(Pricing {
            model: Some(PricingModel::Pmp),
            kind: Some("regular".to_owned()),
            category: Some("marketing".to_owned()),
            ..Pricing::default()
        });
    }
    event
}

fn ad() -> Referral {
    let some = |text: &str| Some(text.to_owned());
    Referral {
        source_type: some("ad"),
        source_id: some("120200000000000001"),
        source_url: some("https://fb.me/3AbCdEfGh"),
        ctwa_clid: some("ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0HR4irJ6LEkR7JwFF4XvnO2E4Nx0-eM-GABDLOPaOdRMv"),
        headline: some("Plano anual com 30% de desconto"),
        body: some("Fale com a gente no WhatsApp e garanta a sua vaga"),
        media_type: some("image"),
        image_url: some("https://scontent.example/v/t45.1600-4/1.jpg"),
        ..Referral::default()
    }
}

/// How long `times` turns take.
fn timed(times: u64, mut turn: impl FnMut()) -> Duration {
    let began = Instant::now();
    for _ in 0..times {
        turn();
    }
    began.elapsed()
}

fn records(bench: &mut Bench) {
    let events: Vec<Event> = (0..1_000).map(event).collect();
    let records: Vec<Vec<u8>> = events
        .iter()
        .map(|event| encode(event, "meta", event.occurred_at, RAW, &SECRET))
        .collect();
    for (event, record) in events.iter().zip(&records) {
        assert_eq!(&decode(AT, record).unwrap().event, event, "what is measured is right");
    }
    let bytes: usize = records.iter().map(Vec::len).sum();
    let without_raw = bytes / events.len() - RAW.before.len() - RAW.raw.len() - RAW.after.len();
    assert!(without_raw < 350, "{without_raw} bytes per event without its raw bytes");
    bench
        .figure("bytes_without_raw", &[])
        .values("B", &[without_raw as f64]);

    let count = events.len() as u64;
    let each = |times: u64, decode: &dyn Fn(&[u8])| timed(times, || records.iter().for_each(|record| decode(record)));
    bench
        .figure("record", &[("part", &"structure")])
        .rate("records", count, |times| {
            each(times, &|record| drop(black_box(decode_structure(AT, record).unwrap())))
        });
    bench
        .figure("record", &[("part", &"whole")])
        .rate("records", count, |times| {
            each(times, &|record| drop(black_box(decode(AT, record).unwrap())))
        });
    bench
        .figure("record", &[("part", &"raw")])
        .rate("records", count, |times| {
            each(times, &|record| {
                black_box(raw(record).unwrap());
            })
        });
    bench.figure("encode", &[]).rate("records", count, |times| {
        timed(times, || {
            for event in &events {
                drop(black_box(encode(event, "meta", event.occurred_at, RAW, &SECRET)));
            }
        })
    });
}

fn simulated(events: u64) -> Vec<origem_sim::Delivery> {
    let options = origem_sim::Options {
        seed: SEED,
        events,
        ..Default::default()
    };
    origem_sim::Simulation::new(options).collect()
}

fn read(delivery: &origem_sim::Delivery) -> Vec<origem_channels::Decoded<'_>> {
    origem_channels::decode(&Delivery {
        source: Source::Meta,
        body: &delivery.body,
        received_at: delivery.at,
        account: "default",
    })
}

/// Real bodies to events; beside it the floor of parsing the same bytes into JSON values.
fn deliveries(bench: &mut Bench, size: u64) {
    let deliveries = simulated(size);
    let events = |delivery: &origem_sim::Delivery| black_box(read(delivery)).len() as u64;
    assert_eq!(deliveries.iter().map(events).sum::<u64>(), size);
    let count = deliveries.len() as u64;
    let parse = |delivery: &origem_sim::Delivery| {
        drop(black_box(
            serde_json::from_slice::<serde_json::Value>(&delivery.body).unwrap(),
        ));
    };
    let floor = bench.figure("json_values", &[]).rate("deliveries", count, |times| {
        timed(times, || deliveries.iter().for_each(parse))
    });
    bench
        .figure("delivery", &[])
        .beside(floor.as_ref())
        .rate("deliveries", count, |times| {
            timed(times, || {
                black_box(deliveries.iter().map(events).sum::<u64>());
            })
        });
}

/// Records of a simulated business, as a rebuild reads them: as they were recorded, and by the readers of this build; of the latter,
/// one in ten was not understood when it came.
fn again(bench: &mut Bench, size: u64) {
    let mut records = Vec::new();
    let mut events = Vec::new();
    for delivery in &simulated(size) {
        for origem_channels::Decoded { event, fragment } in read(delivery) {
            let raw = RawParts {
                before: &fragment.before,
                raw: fragment.raw,
                after: &fragment.after,
            };
            let then = match records.len() % 10 {
                0 => Event {
                    body: Body::Unrecognised {
                        reason: "not known then".to_owned(),
                    },
                    ..event.clone()
                },
                _ => event.clone(),
            };
            records.push(encode(&then, "meta", delivery.at, raw, &SECRET));
            events.push(event);
        }
    }
    let read = |reading: &Reading| {
        let mut decoded = Vec::with_capacity(records.len());
        for record in &records {
            origem_projector::decode(AT, record, reading, &mut decoded);
        }
        decoded
    };
    let as_recorded = Reading::Recorded;
    let again = Reading::Again {
        secret: SECRET,
        partitions: 1,
    };
    for (decoded, event) in read(&again).iter().zip(&events) {
        assert!(
            matches!(decoded, Decoded::Event(recorded) if recorded.event == *event),
            "what is measured is right"
        );
    }
    let count = events.len() as u64;
    let recorded = bench
        .figure("history", &[("readers", &"as recorded")])
        .rate("events", count, |times| {
            timed(times, || drop(black_box(read(&as_recorded))))
        });
    bench
        .figure("history", &[("readers", &"of this build")])
        .beside(recorded.as_ref())
        .rate("events", count, |times| timed(times, || drop(black_box(read(&again)))));
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("decode");
    let size = bench.pick(500, 2_000, 5_000);
    records(&mut bench);
    deliveries(&mut bench, size);
    again(&mut bench, size);
    bench.end()
}
