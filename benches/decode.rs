//! How fast are events read, per core? Deliveries of a simulated business, as they come in; and records, what a replay does
//! first: fixed data, of ten events three customer messages, three of ours, three statuses, one ad.

#![allow(clippy::unwrap_used)] // fixed data

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use origem_channels::{Delivery, Source};
use origem_codec::{RawParts, decode, decode_structure, encode, raw};
use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{Body, DeliveryState, Event, Pricing, PricingModel, Referral, Via};
use origem_domain::position::Position;
use origem_projector::{Decoded, Reading};
use origem_testkit::{SECRET, build};

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

fn records(criterion: &mut Criterion) {
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

    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function(BenchmarkId::new("structure", events.len()), |bencher| {
        bencher.iter(|| {
            records
                .iter()
                .for_each(|record| drop(black_box(decode_structure(AT, record).unwrap())))
        });
    });
    group.bench_function(BenchmarkId::new("whole", events.len()), |bencher| {
        bencher.iter(|| {
            records
                .iter()
                .for_each(|record| drop(black_box(decode(AT, record).unwrap())))
        });
    });
    group.bench_function(BenchmarkId::new("raw", events.len()), |bencher| {
        bencher.iter(|| {
            records.iter().for_each(|record| {
                black_box(raw(record).unwrap());
            })
        });
    });
    group.bench_function(BenchmarkId::new("encode", events.len()), |bencher| {
        bencher.iter(|| {
            events
                .iter()
                .for_each(|event| drop(black_box(encode(event, "meta", event.occurred_at, RAW, &SECRET))));
        });
    });
    group.finish();
}

/// Real bodies to events; beside it the floor of parsing the same bytes into JSON values.
fn deliveries(criterion: &mut Criterion) {
    let options = origem_sim::Options {
        seed: 7,
        events: 5_000,
        ..Default::default()
    };
    let deliveries: Vec<_> = origem_sim::Simulation::new(options).collect();
    let events = |delivery: &origem_sim::Delivery| {
        let read = origem_channels::decode(&Delivery {
            source: Source::Meta,
            body: &delivery.body,
            received_at: delivery.at,
            account: "default",
        });
        black_box(&read).len() as u64
    };
    assert_eq!(deliveries.iter().map(events).sum::<u64>(), 5_000);
    let mut group = criterion.benchmark_group("delivery");
    group.throughput(Throughput::Elements(deliveries.len() as u64));
    group.bench_function("to events", |bencher| {
        bencher.iter(|| deliveries.iter().map(events).sum::<u64>());
    });
    group.bench_function("to JSON values", |bencher| {
        let parse =
            |delivery: &origem_sim::Delivery| serde_json::from_slice::<serde_json::Value>(&delivery.body).unwrap();
        bencher.iter(|| deliveries.iter().for_each(|delivery| drop(black_box(parse(delivery)))));
    });
    group.finish();
}

/// Records of a simulated business, as a rebuild reads them: as they were recorded, and by the readers of this build; of the latter,
/// one in ten was not understood when it came.
fn again(criterion: &mut Criterion) {
    let options = origem_sim::Options {
        seed: 7,
        events: 5_000,
        ..Default::default()
    };
    let mut records = Vec::new();
    let mut events = Vec::new();
    for delivery in origem_sim::Simulation::new(options) {
        let read = origem_channels::decode(&Delivery {
            source: Source::Meta,
            body: &delivery.body,
            received_at: delivery.at,
            account: "default",
        });
        for origem_channels::Decoded { event, fragment } in read {
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
    let mut group = criterion.benchmark_group("history");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("as recorded", |bencher| {
        bencher.iter(|| drop(black_box(read(&as_recorded))))
    });
    group.bench_function("read again", |bencher| bencher.iter(|| drop(black_box(read(&again)))));
    group.finish();
}

criterion_group!(benches, records, deliveries, again);
criterion_main!(benches);
