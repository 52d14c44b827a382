//! How fast is a batch folded into rows? Resolve, ledgers in lanes, rows of a map: what a rebuild does between decoding and
//! the store. Fixed data: conversations of ten events, all under way at once as in traffic; four messages of the customer (the
//! first through an ad), three of ours, three reports.

#![allow(clippy::unwrap_used)] // fixed data

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{DeliveryState, Event, Referral, Via};
use origem_projector::{Decoded, Folding, fold};
use origem_testkit::build;
use origem_views::counts;
use origem_views::identity::Settled;
use origem_views::rows::MapRows;

const EVENTS: usize = 10;

fn event(person: usize, step: usize) -> Event {
    let (number, time) = (
        format!("5511{:09}", 980_000_000 + person),
        format!("2026-09-26T10:{step:02}:00Z"),
    );
    let id = |step: usize| format!("wamid.HBgNNTUxMTk1NTU1MDEwMRUCABIYIDNB{person:06}{step:02}");
    let ad = || Referral {
        source_type: Some("ad".to_owned()),
        source_id: Some("120200000000000001".to_owned()),
        ctwa_clid: Some(format!("ARAkLkA8rmlFeiCktEJQ{person}")),
        ..Referral::default()
    };
    let mut event = match step {
        0 => build::received_by_ad(&number, &time, &id(step), "Olá! Quero saber mais", ad()),
        1 | 4 | 7 => build::sent(
            &number,
            &time,
            &id(step),
            "Bom dia! Para qual endereço seria?",
            Via::Web,
        ),
        2 | 5 | 8 => build::status(&number, &time, &id(step - 1), DeliveryState::Delivered),
        _ => build::received(&number, &time, &id(step), "Quanto fica o frete?"),
    };
    if let Some(contact) = &mut event.contact {
        contact
            .aliases
            .insert(0, Alias::new(AliasKind::Bsuid, &format!("BR.1000000{person:09}")));
        contact.name = Some("Rita Teste".to_owned());
    }
    event
}

/// All first events, then all second ones, ...
fn stream(conversations: usize) -> Vec<Decoded> {
    let order = (0..EVENTS).flat_map(|step| (0..conversations).map(move |person| (person, step)));
    let events = order.enumerate();
    events
        .map(|(offset, (person, step))| Decoded::Event(Box::new(build::recorded(event(person, step), offset as u64))))
        .collect()
}

/// Folds `stream` in batches onto an empty map; gives how many rows that wrote.
fn project(stream: &[Decoded], batch: usize, lanes: usize) -> usize {
    let mut rows = MapRows::default();
    let mut settled = Settled::default();
    let mut written = 0;
    for batch in stream.chunks(batch) {
        let mut changes = fold(&rows, &mut settled, batch, &Folding::in_lanes(lanes))
            .unwrap()
            .changes;
        counts::settle(&mut changes, &rows).unwrap();
        rows.commit(&changes);
        written += changes.len();
    }
    written
}

fn folding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    group.sample_size(10);
    for conversations in [1_000, 10_000] {
        let stream = stream(conversations);
        assert_eq!(project(&stream, stream.len(), 1), project(&stream, stream.len(), 2));
        group.throughput(Throughput::Elements(stream.len() as u64));
        // A rebuild folds large batches, a projector at the tail small ones.
        for (name, batch) in [("rebuild", 50_000), ("live", 64)] {
            for lanes in [1, 2] {
                let id = BenchmarkId::new(format!("{name}/lanes_{lanes}"), conversations);
                group.bench_function(id, |bencher| {
                    bencher.iter_batched(
                        || (),
                        |()| project(black_box(&stream), batch, lanes),
                        BatchSize::PerIteration,
                    );
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, folding);
criterion_main!(benches);
