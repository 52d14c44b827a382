//! How the stream is cut, repeated or shuffled makes no difference.

use origem_domain::position::Position;
use origem_domain::record::Recorded;
use origem_testkit::script;
use origem_testkit::story::{Plot, story};
use origem_views::thread::Thread;
use proptest::prelude::*;

use super::cases;
use super::world::{Picture, World};

/// The records as they would stand in the log one behind the other.
fn placed(records: impl IntoIterator<Item = Recorded>) -> Vec<Recorded> {
    let placed = records.into_iter().enumerate().map(|(index, recorded)| Recorded {
        position: Position::new(0, index as u64),
        ..recorded
    });
    placed.collect()
}

fn records(lines: &[String]) -> Vec<Recorded> {
    script::records(&lines.join("\n"))
}

/// The records in the order of `order`, one number each; in their own order where the numbers are equal.
fn shuffled(records: &[Recorded], order: &[u8]) -> Vec<Recorded> {
    let mut ranked: Vec<_> = order.iter().chain(std::iter::repeat(&0)).zip(records).collect();
    ranked.sort_by_key(|(rank, _)| **rank);
    placed(ranked.into_iter().map(|(_, recorded)| recorded.clone()))
}

fn arrived(lines: &[String], order: &[u8]) -> Vec<String> {
    let mut ranked: Vec<_> = order.iter().chain(std::iter::repeat(&0)).zip(lines).collect();
    ranked.sort_by_key(|(rank, _)| **rank);
    ranked.into_iter().map(|(_, line)| line.clone()).collect()
}

/// The first lines in which two pictures differ.
fn difference(expected: &Picture, found: &Picture) -> Option<String> {
    let missing = expected.keys().find(|aliases| !found.contains_key(*aliases));
    if let Some(missing) = missing {
        let keys: Vec<_> = found.keys().collect();
        return Some(format!("no contact {missing:?} in {keys:?}"));
    }
    expected.iter().find_map(|(aliases, expected)| {
        let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found[aliases].lines().collect());
        if expected == found {
            return None;
        }
        let same = expected
            .iter()
            .zip(&found)
            .take_while(|(left, right)| left == right)
            .count();
        let part = |lines: &[&str]| lines[same.saturating_sub(12)..(same + 8).min(lines.len())].join("\n");
        Some(format!(
            "{aliases:?}\nexpected {}\n\nfound {}",
            part(&expected),
            part(&found)
        ))
    })
}

fn order() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 80)
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_cut_of_the_stream_and_any_number_of_lanes_give_the_same_rows(
        lines in story(Plot::Any, 4, 80),
        order in order(),
        cuts in prop::collection::vec(1..30_usize, 80),
        lanes in 1..4_usize,
    ) {
        let records = shuffled(&records(&lines), &order[..order.len() / 4]);
        let whole = World::of(&records);
        whole.check_lists(&records);
        let mut cut = World::default();
        let mut left = records.as_slice();
        for size in cuts {
            let (batch, rest) = left.split_at(size.min(left.len()));
            cut.fold(batch, lanes);
            left = rest;
        }
        cut.fold(left, lanes);
        let mut single = World::default();
        for record in &records {
            single.fold(std::slice::from_ref(record), 1);
        }
        prop_assert!(whole == cut, "in batches: {lines:#?}");
        prop_assert!(whole == single, "one by one: {lines:#?}");
    }

    #[test]
    fn what_comes_twice_changes_nothing_and_is_counted(
        lines in story(Plot::Any, 4, 60),
        order in order(),
        twice in any::<bool>(),
    ) {
        let once = records(&lines);
        let before = World::of(&once);
        // An imported copy of a message that we had live is a duplicate at its first delivery.
        let copies = before.duplicates();
        // At once, each behind its first delivery.
        let doubled = once.iter().map(|recorded| recorded.position.offset.0 * 2).zip(&once);
        let doubled: Vec<Recorded> = doubled
            .flat_map(|(offset, recorded)| {
                [offset, offset + 1].map(|offset| Recorded { position: Position::new(0, offset), ..recorded.clone() })
            })
            .collect();
        let at_once = World::of(&doubled);
        prop_assert_eq!(at_once.duplicates(), copies + once.len(), "each once: {:#?}", lines);
        // Later, in any order, in the same batch or after reopening.
        let again = shuffled(&once, &order);
        let mut later = before.clone();
        for recorded in placed(once.iter().cloned().chain(again)).split_off(once.len()) {
            let rows = later.rows.clone();
            later.fold(std::slice::from_ref(&recorded), 1);
            prop_assert!(later.rows == rows, "again {:?}: {lines:#?}", recorded.position.offset.0 - once.len() as u64);
        }
        prop_assert_eq!(later.duplicates(), copies + once.len());
        if twice {
            let both = World::of(&placed(once.iter().chain(&once).cloned()));
            prop_assert!(both.rows == before.rows, "in one batch: {lines:#?}");
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_show(lines in story(Plot::AnyOrder, 3, 60), order in order()) {
        let records = records(&lines);
        let expected = World::of(&records);
        let shuffled = shuffled(&records, &order);
        let found = World::of(&shuffled);
        found.check_lists(&shuffled);
        let difference = difference(&expected.picture(&records), &found.picture(&shuffled));
        prop_assert!(difference.is_none(), "{}\narrived: {:#?}", difference.unwrap_or_default(), arrived(&lines, &order));
    }
}

/// Messages in the thread of `b1` or `p1`.
fn messages(text: &str) -> usize {
    let world = World::of_script(text);
    let id = world.owner("p1").unwrap();
    Thread::new(id).lines(&world.rows).unwrap().len()
}

#[test]
fn an_imported_copy_is_found_in_another_chunk() {
    let burst = "1.01:00 p1 in m1; 1.01:07 p1 in m2; 1.01:14 p1 in m3; 1.10:00 p1 in m5; 1.19:00 p1 in m6";
    let copy = "1.10:00 p1 history m5";
    assert_eq!(messages(&format!("{burst}; {copy}")), 5);
    assert_eq!(messages(&format!("{burst}; {copy}; {copy}")), 5);
    assert_eq!(messages(&format!("{copy}; {burst}")), 5);
}

#[test]
fn an_imported_copy_of_a_merged_contact_leaves_no_line() {
    let (live, copy, link) = ("1.10:00 b1 in m1", "1.10:00 p1 history m1", "1.10:05 b1,p1 in m2");
    assert_eq!(messages(&format!("{live}; {copy}; {link}")), 2);
    assert_eq!(messages(&format!("{copy}; {live}; {link}")), 2);
}

#[test]
fn a_message_with_a_code_comes_twice_across_a_merge() {
    let text = "1.10:00 p1 in m0; 1.10:01 b1 in m1 code=1; 1.10:02 b1,p1 in m2";
    let records = script::records(&format!("{text}; 1.10:01 b1 in m1 code=1"));
    let (once, again) = records.split_at(3);
    let mut world = World::of(once);
    let rows = world.rows.clone();
    world.fold(again, 1);
    assert_eq!(world.duplicates(), 1);
    assert!(world.rows == rows);
}
