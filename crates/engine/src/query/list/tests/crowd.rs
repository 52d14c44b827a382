//! An hour in which thousands answer one campaign: a page of it looks at few rows, of one commit.

use std::sync::atomic::{AtomicUsize, Ordering};

use origem_domain::time::HOUR;
use origem_views::rows::{Rows, RowsError, Scan};

use super::*;

/// Rows that count what is read of them, and how often somebody asks for those of one commit.
struct Counting<'a> {
    rows: &'a MapRows,
    read: AtomicUsize,
    snapshots: AtomicUsize,
}

impl<'a> Counting<'a> {
    fn scanned<'b>(&'b self, found: Scan<'b>) -> Scan<'b> {
        Box::new(found.inspect(|_| {
            self.read.fetch_add(1, Ordering::Relaxed);
        }))
    }
}

impl Rows for Counting<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.read.fetch_add(1, Ordering::Relaxed);
        self.rows.get(key)
    }

    fn scan<'b>(&'b self, from: &[u8], to: &[u8]) -> Scan<'b> {
        self.scanned(self.rows.scan(from, to))
    }

    fn scan_back<'b>(&'b self, from: &[u8], to: &[u8]) -> Scan<'b> {
        self.scanned(self.rows.scan_back(from, to))
    }

    fn snapshot(&self) -> Option<Box<dyn Rows + '_>> {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
        None
    }
}

const PEOPLE: usize = 3_000;

/// Thousands who answer an ad at noon, with one before and one after them.
fn noon() -> World {
    let mut lines = vec!["1.09:00 p9001/1 in early ad=A0 clid=early".to_owned()];
    for person in 0..PEOPLE {
        let minute = person * 60 / PEOPLE;
        lines.push(format!(
            "1.12:{minute:02} p{person}/1 in m{person} ad=A0 clid=m{person}"
        ));
    }
    lines.push("1.14:00 p9002/1 in late ad=A0 clid=late".to_owned());
    let mut world = World::new();
    for batch in script::records(&lines.join("\n")).chunks(500) {
        world.take(batch);
    }
    world
}

#[test]
fn a_page_of_a_crowded_hour_looks_at_few() {
    let world = noon();
    let of_ad = |order| Filter {
        account: "default".to_owned(),
        ad: Some("A0".to_owned()),
        order,
        ..Filter::default()
    };
    let expiring = Filter {
        expiring: Some(Expiring {
            now: script::time_of("2.08:00"),
            by: script::time_of("2.08:00").plus(8 * HOUR),
        }),
        ..of_ad(Order::Latest)
    };
    // With what it may read: a whole minute of those whose windows close.
    for (filter, back, most) in [
        (of_ad(Order::Latest), false, 400),
        (of_ad(Order::Latest), true, 400),
        (of_ad(Order::Oldest), false, 400),
        (expiring.clone(), false, 800),
        (expiring, true, 800),
    ] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let counting = Counting {
                rows: &world.rows,
                read: AtomicUsize::new(0),
                snapshots: AtomicUsize::new(0),
            };
            let list = List {
                joined: Joined::default(),
                filter: filter.clone(),
                after,
                back,
                limit: 50,
            };
            let part = list
                .answer(View {
                    rows: &counting,
                    ..world.view()
                })
                .unwrap();
            let read = counting.read.into_inner();
            assert!(read <= most, "{read} rows behind {after:?}: {filter:?}");
            assert_eq!(counting.snapshots.into_inner(), 1, "a page is read from one commit");
            listed.extend(part.items.iter().map(|(place, _)| *place));
            after = part.end;
            if after.is_none() {
                break;
            }
        }
        if back {
            listed.reverse();
        }
        assert_eq!(listed.len(), PEOPLE + 2, "{filter:?}");
        assert_eq!(listed, world.expected(&filter).1, "{filter:?} {back}");
    }
}
