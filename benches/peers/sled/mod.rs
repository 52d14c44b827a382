//! What one would write first: every event's rows at once.

use std::path::Path;
use std::time::Instant;

use ::sled::{Batch, Config, Db};
use origem_measure::Figure;
use origem_testkit::traffic::Line;

use crate::exchange::{Rows, conversations_of, count, read_events, write_views};
use crate::rules;

/// First bytes of keys.
const EVENT: u8 = 0;
const CHECKPOINT: [u8; 1] = [1];
/// The views follow, in order.
const VIEW: u8 = 2;

/// Runs the loop on the data; leaves the rows in `out`.
pub fn run(data: &Path, out: &Path) -> Vec<Figure> {
    let lines = read_events(data);
    let events = count(&lines);
    let place = out.join("store");
    // The cache that Origem's store has.
    let config = Config::new().path(&place).cache_capacity(256 << 20);
    let store = config.open().unwrap();
    let began = Instant::now();
    for (line, position) in lines.iter().zip(0..) {
        take(&store, position, line);
    }
    store.flush().unwrap();
    let took = began.elapsed();
    write_views(out, &rows(&store, &lines));
    drop(store);
    std::fs::remove_dir_all(&place).unwrap();
    let events_told = events.to_string();
    let parameters = [
        ("peer", "sled"),
        ("events", events_told.as_str()),
        ("durability", "500 ms"),
    ];
    let rate = events as f64 / took.as_secs_f64();
    vec![Figure::of("peers/rebuild", &parameters, "events/s", &[rate])]
}

/// Takes in one event: nothing else is to be done before the next.
fn take(store: &Db, position: u64, line: &Line) {
    let mut batch = Batch::default();
    batch.insert(&CHECKPOINT, &(position + 1).to_be_bytes());
    let key = key(EVENT, &line.conversation);
    let own = [
        &key[..],
        &line.occurred_at.to_be_bytes(),
        line.kind.as_bytes(),
        b":",
        line.dedup_key.as_bytes(),
    ]
    .concat();
    if store.get(&own).unwrap().is_none() {
        let text = line.csv(position);
        let before = store.scan_prefix(&key).values();
        let mut facts: Vec<Line> = before
            .map(|value| Line::read(std::str::from_utf8(&value.unwrap()).unwrap()).unwrap())
            .collect();
        let place = facts.partition_point(|fact| fact.occurred_at < line.occurred_at);
        facts.insert(place, line.clone());
        for (row, view) in rules::fold(&facts).into_iter().zip(VIEW..) {
            if let Some(row) = row {
                batch.insert(self::key(view, &line.conversation), row.as_bytes());
            }
        }
        batch.insert(own, text.as_bytes());
    }
    store.apply_batch(batch).unwrap();
}

fn key(first: u8, conversation: &str) -> Vec<u8> {
    [&[first], conversation.as_bytes(), b"/"].concat()
}

fn rows(store: &Db, lines: &[Line]) -> Vec<Rows> {
    let row = |view: u8, conversation: &str| {
        let value = store.get(key(view, conversation)).unwrap();
        value.map(|value| String::from_utf8(value.to_vec()).unwrap())
    };
    let of = |conversation| std::array::from_fn(|view| row(VIEW + view as u8, conversation));
    conversations_of(lines).into_iter().map(of).collect()
}
