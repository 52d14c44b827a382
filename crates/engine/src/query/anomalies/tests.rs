//! Pages of several partitions put together, whatever their clocks say.

use std::collections::BTreeSet;

use super::*;
use origem_views::anomalies::Reason;

/// An event by partition and offset, the second it was received at, and what is odd about it.
type Row = (u32, u64, Option<i64>, &'static [Reason]);

const ROWS: &[Row] = &[
    (0, 0, Some(10), &[Reason::Unrecognised]),
    (
        0,
        3,
        Some(9),
        &[Reason::BadTime, Reason::IdentityConflict, Reason::Voided],
    ),
    (0, 4, Some(30), &[Reason::Unrecognised]),
    (0, 9, None, &[Reason::Undecodable]),
    (1, 1, Some(5), &[Reason::Unrecognised]),
    (1, 2, Some(5), &[Reason::Unrecognised, Reason::BadTime]),
    (1, 7, Some(31), &[Reason::NoContact]),
    (2, 5, Some(29), &[Reason::Unrecognised]),
];

/// What the shards answer: each looks at `looked_at` events at most.
fn answers(list: &List, looked_at: usize) -> Vec<Part> {
    let part = |partition: u32| {
        let partition = Partition(partition);
        let below = list.after.0.get(&partition).copied().unwrap_or(Offset(10));
        let mut rows: Vec<&Row> = ROWS.iter().filter(|row| row.0 == partition.0).collect();
        rows.retain(|row| row.1 < below.0);
        rows.reverse();
        let (mut items, mut last) = (Vec::new(), None);
        for (count, (_, offset, at, reasons)) in rows.into_iter().enumerate() {
            if items.len() >= list.limit || count >= looked_at {
                let page = Page { items, below: last };
                return Part { partition, below, page };
            }
            last = Some(Offset(*offset));
            let anomaly = |reason: &Reason| Anomaly {
                position: Position::new(partition.0, *offset),
                reason: *reason,
                kind: None,
                at: None,
                received_at: at.map(|at| Timestamp::from_micros(at * 1_000_000)),
                account: None,
                channel: None,
                conversation: None,
                detail: None,
            };
            items.extend(reasons.iter().map(anomaly).filter(|anomaly| {
                let wanted = list.filter.reason;
                wanted.is_none_or(|wanted| wanted == anomaly.reason)
            }));
        }
        let page = Page { items, below: None };
        Part { partition, below, page }
    };
    (0..3).map(part).collect()
}

/// All pages, one after the other.
fn pages(limit: usize, looked_at: usize, reason: Option<Reason>) -> Vec<Vec<(Position, Reason)>> {
    let filter = Filter {
        reason,
        ..Filter::default()
    };
    let mut list = List {
        filter,
        after: AnomalyCursor::default(),
        limit,
    };
    let mut pages = Vec::new();
    loop {
        let page = put_together(answers(&list, looked_at), limit);
        pages.push(page.items.iter().map(|found| (found.position, found.reason)).collect());
        assert!(pages.len() < 100, "the list does not end");
        match page.next {
            // As it travels.
            Some(next) => list.after = next.to_string().parse().unwrap(),
            None => return pages,
        }
    }
}

#[test]
fn pages_of_any_length_give_every_anomaly_once_and_all_of_an_event_together() {
    for limit in 1..12 {
        for looked_at in 1..6 {
            for reason in [
                None,
                Some(Reason::Unrecognised),
                Some(Reason::Voided),
                Some(Reason::NoEffect),
            ] {
                let pages = pages(limit, looked_at, reason);
                let all: Vec<_> = pages.concat();
                let once: BTreeSet<_> = all.iter().copied().collect();
                let wanted = ROWS
                    .iter()
                    .flat_map(|row| row.3)
                    .filter(|is| reason.is_none_or(|one| one == **is));
                assert_eq!(
                    (all.len(), once.len()),
                    (wanted.clone().count(), wanted.count()),
                    "{limit} {looked_at}"
                );
                let events = |page: &Vec<(Position, Reason)>| -> BTreeSet<Position> {
                    page.iter().map(|(position, _)| *position).collect()
                };
                let on_pages: usize = pages.iter().map(|page| events(page).len()).sum();
                assert_eq!(on_pages, events(&all).len(), "an event stands on one page");
                for partition in 0..3 {
                    let own: Vec<_> = all.iter().filter(|(at, _)| at.partition.0 == partition).collect();
                    assert!(own.windows(2).all(|two| two[0].0 >= two[1].0), "the latest first");
                }
            }
        }
    }
}

#[test]
fn several_partitions_are_told_by_the_time_of_receipt() {
    let told: Vec<String> = pages(100, 100, None)
        .concat()
        .into_iter()
        .map(|(position, _)| position.to_string())
        .collect();
    let expected = [
        "0:9", "1:7", "0:4", "2:5", "0:3", "0:3", "0:3", "0:0", "1:2", "1:2", "1:1",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_cursor_is_read_as_written_and_nothing_else_is_one() {
    let cursor: AnomalyCursor = "0:3,11:0".parse().unwrap();
    assert_eq!(cursor.to_string(), "0:3,11:0");
    for text in ["", "x", "0", "0:1,", "0:-1"] {
        assert!(text.parse::<AnomalyCursor>().is_err(), "{text}");
    }
}
