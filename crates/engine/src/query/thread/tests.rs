//! Pages of a thread are parts of the whole, however it is cut, and read no more than their part.

use origem_domain::marks::fold_text;
use origem_testkit::script;
use origem_testkit::story::{Plot, story};
use origem_views::thread::Thread;
use proptest::prelude::*;

use super::*;
use crate::counted::Counted;

/// The page as it is cut from all of the thread.
fn cut(view: View<'_>, id: ConversationId, query: &ThreadQuery) -> (Vec<ThreadRow>, Option<ThreadPlace>) {
    let mut rows = rows_of(Thread::new(id).lines(view.rows).unwrap());
    let touches = view.timeline(id).unwrap();
    rows.extend(touches.into_iter().map(|touch| ThreadRow::Touch(Box::new(touch))));
    rows.sort_by_key(ThreadPlace::of);
    if query.latest_first {
        rows.reverse();
    }
    let search = fold_text(query.search.as_deref().unwrap_or_default());
    rows.retain(|row| {
        let (kind, text) = match row {
            ThreadRow::Message { kind, text, .. } | ThreadRow::Event { kind, text, .. } => {
                (kind.as_str(), text.as_deref())
            }
            ThreadRow::Touch(touch) => (touch.touch.origin.kind.name(), None),
        };
        let place = ThreadPlace::of(row);
        let behind = |after| {
            if query.latest_first {
                place < after
            } else {
                place > after
            }
        };
        query.after.is_none_or(behind)
            && (query.types.is_empty() || query.types.iter().any(|wanted| wanted == kind))
            && (search.is_empty() || text.is_some_and(|text| fold_text(text).contains(&search)))
    });
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows.last().filter(|_| more).map(ThreadPlace::of);
    (rows, next)
}

/// Turns every page, and compares each with the part of the whole.
fn turn(view: View<'_>, id: ConversationId, mut query: ThreadQuery) -> Result<(), TestCaseError> {
    loop {
        let page = view.thread(id, &query).unwrap();
        let (rows, next) = cut(view, id, &query);
        prop_assert_eq!(&page.rows, &rows, "{} {:?}", id, &query);
        prop_assert_eq!(page.next, next);
        let Some(next) = next else { return Ok(()) };
        query.after = Some(next);
    }
}

fn queries() -> impl Strategy<Value = ThreadQuery> {
    let types = prop::sample::subsequence(
        vec!["text", "organic", "ad", "link", "ticket_claimed", "comment_received"],
        0..4,
    );
    let search = prop::option::weighted(0.3, prop::sample::select(&["m1", "x", "RITA", ""][..]));
    (search, prop::option::weighted(0.3, types), any::<bool>(), 1..7_usize).prop_map(
        |(search, types, latest_first, limit)| ThreadQuery {
            search: search.map(str::to_owned),
            types: types.unwrap_or_default().into_iter().map(str::to_owned).collect(),
            latest_first,
            after: None,
            limit,
        },
    )
}

proptest! {
    #[test]
    fn pages_are_parts_of_the_whole(
        lines in story(Plot::Any, 2, 60),
        at_once in 1..20_usize,
        queries in prop::collection::vec(queries(), 1..4),
    ) {
        let records = script::records(&lines.join("\n"));
        let counted = Counted::of(&records, at_once);
        for id in counted.conversations(&records) {
            for query in &queries {
                turn(counted.view(), id, query.clone())?;
            }
        }
    }
}

/// Messages of a conversation, each minute one from the first of a month on; and of each a report that it was read.
const LONG: usize = 1_000;

fn long(more: &str) -> (Counted, ConversationId) {
    let minute = |number: usize| format!("{}.{}:{:02}", 1 + number / 1440, number / 60 % 24, number % 60);
    let mut lines: Vec<String> = (0..LONG)
        .map(|number| match number % 2 {
            0 => format!("{} p1 in m{number}", minute(number)),
            _ => format!("{} p1 out m{number} via=web; {0} p1 read m{number}", minute(number)),
        })
        .collect();
    lines.push(more.to_owned());
    let records = script::records(&lines.join("\n"));
    let counted = Counted::of(&records, 500);
    let id = counted.conversations(&records).into_iter().next().unwrap();
    (counted, id)
}

#[test]
fn a_page_reads_no_more_than_its_part() {
    // The first message is edited, and one of the middle deleted, long after all others.
    let (counted, id) = long("9.10:00 p1 edited m0 text=anew; 9.10:01 p1 revoked m500");
    let (view, read) = (counted.view(), || counted.read());
    let page = |after: Option<ThreadPlace>, latest_first| {
        let query = ThreadQuery {
            after,
            latest_first,
            limit: 8,
            ..ThreadQuery::default()
        };
        view.thread(id, &query).unwrap()
    };
    let middle = ThreadQuery {
        limit: LONG / 2,
        ..ThreadQuery::default()
    };
    let middle = view.thread(id, &middle).unwrap().next;
    assert!(read() > LONG / 4, "chunks are of four items here");
    for (name, after, latest_first) in [
        ("the first", None, false),
        ("the latest", None, true),
        ("in the middle", middle, false),
        ("in the middle, backwards", middle, true),
    ] {
        let found = page(after, latest_first);
        let (rows, next) = cut(
            view,
            id,
            &ThreadQuery {
                after,
                latest_first,
                limit: 8,
                ..ThreadQuery::default()
            },
        );
        assert_eq!((found.rows, found.next), (rows, next), "{name}");
        read();
        page(after, latest_first);
        let rows = read();
        // Card and identity, chunks of four lines and of four facts, what was done to each message.
        assert!(rows <= 32, "{name}: {rows} rows");
    }
    let first = page(None, false).rows;
    assert!(
        first
            .iter()
            .any(|row| matches!(row, ThreadRow::Message { edited: true, text: Some(text), .. } if text == "anew"))
    );
}

#[test]
fn what_has_no_lines_has_touches_all_the_same() {
    let records = script::records("1.10:00 p1 open ad=A clid=x; 1.10:30 p1 open ad=B clid=y; 3.10:00 p1 in m1");
    for count in 1..=records.len() {
        let counted = Counted::of(&records[..count], 1);
        let id = counted.conversations(&records).into_iter().next().unwrap();
        for latest_first in [false, true] {
            for limit in 1..5 {
                let query = ThreadQuery {
                    latest_first,
                    limit,
                    ..ThreadQuery::default()
                };
                turn(counted.view(), id, query).unwrap();
            }
        }
        let everything = ThreadQuery {
            limit: 10,
            ..ThreadQuery::default()
        };
        assert!(counted.view().thread(id, &everything).unwrap().rows.len() >= count);
    }
}
