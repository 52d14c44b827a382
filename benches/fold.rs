//! How fast is a batch folded into rows? Resolve, ledgers in lanes, rows of a map: what a projector does between decoding and the store.
//! Fixed data: conversations of so many events, all under way at once as in traffic. Any number of lanes must write the same rows.

#![allow(clippy::unwrap_used)] // fixed data

use std::hint::black_box;
use std::io;
use std::time::{Duration, Instant};

use origem_measure::Bench;
use origem_projector::{Decoded, Folding, fold};
use origem_testkit::{build, crowd};
use origem_views::counts;
use origem_views::identity::Settled;
use origem_views::rows::MapRows;

fn stream(conversations: usize, events_each: usize) -> Vec<Decoded> {
    let order = crowd::order(conversations, events_each).zip(0..);
    order
        .map(|((person, step), offset)| Decoded::Event(Box::new(build::recorded(crowd::event(person, step), offset))))
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

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("fold");
    // A hundred thousand conversations of a hundred events are more than memory holds as events.
    let sizes = bench.pick(
        &[(100, 10)][..],
        &[(1_000, 10), (10_000, 10)][..],
        &[
            (1_000, 1),
            (1_000, 10),
            (1_000, 100),
            (10_000, 1),
            (10_000, 10),
            (10_000, 100),
            (100_000, 1),
            (100_000, 10),
        ][..],
    );
    for &(conversations, events_each) in sizes {
        let stream = stream(conversations, events_each);
        // A projector far behind folds large batches, one at the tail small ones.
        for (batches, batch) in [("large", 50_000), ("live", 64)] {
            // Small batches of a large stream say nothing that those of a smaller one do not.
            if batches == "live" && stream.len() > 100_000 {
                continue;
            }
            let mut written = Vec::new();
            for lanes in [1, 2] {
                let conditions: [(&str, &dyn std::fmt::Display); 4] = [
                    ("conversations", &conversations),
                    ("events_each", &events_each),
                    ("batches", &batches),
                    ("lanes", &lanes),
                ];
                bench
                    .figure("rows", &conditions)
                    .rate("events", stream.len() as u64, |times| {
                        (0..times)
                            .map(|_| {
                                let began = Instant::now();
                                written.push(project(black_box(&stream), batch, lanes));
                                began.elapsed()
                            })
                            .sum::<Duration>()
                    });
            }
            assert!(written.iter().all(|rows| *rows == written[0] && *rows >= conversations));
        }
    }
    bench.end()
}
