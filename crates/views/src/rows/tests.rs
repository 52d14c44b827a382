//! Tables and properties of rows.

use proptest::prelude::*;

use super::*;
use crate::layout::{self, AccountKey};
use origem_domain::event::Kind;
use origem_domain::facet::Mark;
use origem_domain::fact::SortKey;
use origem_domain::key::{ConversationId, Key};
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_testkit::samples::KINDS;

/// Keys of a small alphabet, so that they collide and share prefixes; with bytes at both ends.
fn arb_key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(&[0, 1, 0x7f, 0xfe, 0xff][..]), 0..5)
}

/// Puts and removals.
fn arb_changes() -> impl Strategy<Value = Changes> {
    prop::collection::vec((arb_key(), prop::option::of(0_u8..4)), 0..20).prop_map(|rows| {
        let mut changes = Changes::default();
        for (key, value) in rows {
            match value {
                Some(value) => changes.put_bytes(key, vec![value]),
                None => changes.remove(key),
            }
        }
        changes
    })
}

fn collect(scan: Scan<'_>) -> Vec<Row> {
    scan.map(Result::unwrap).collect()
}

fn arb_sort_key() -> impl Strategy<Value = SortKey> {
    let at = prop_oneof![any::<i64>(), -2_i64..2, Just(i64::MIN), Just(i64::MAX)];
    (at, prop::sample::select(&KINDS[..]), any::<u64>()).prop_map(|(at, kind, dedup): (i64, Kind, u64)| SortKey {
        at: Timestamp::from_micros(at),
        kind,
        dedup: Key(dedup),
    })
}

proptest! {
    #[test]
    fn an_overlay_reads_as_if_its_changes_were_committed(
        base in arb_changes(),
        changes in arb_changes(),
        more in arb_changes(),
        (from, to) in (arb_key(), arb_key()),
    ) {
        let store = MemoryStore::default();
        store.commit(&base).unwrap();
        let below = store.copy();
        let mut overlay = Overlay::new(&below);
        overlay.changes = changes.clone();
        store.commit(&changes).unwrap();
        let mut above = Overlay::new(&overlay);
        above.changes = more.clone();
        for (overlay, committed) in [
            (&overlay, store.copy()),
            (&above, { store.commit(&more).unwrap(); store.copy() }),
        ] {
            let expected = collect(committed.scan(&from, &to));
            prop_assert_eq!(&collect(overlay.scan(&from, &to)), &expected);
            let mut back = collect(overlay.scan_back(&from, &to));
            back.reverse();
            prop_assert_eq!(back, expected);
            prop_assert_eq!(overlay.get(&from).unwrap(), committed.get(&from).unwrap());
        }
        prop_assert_eq!(collect(store.scan(&from, &to)), collect(store.copy().scan(&from, &to)));
        prop_assert_eq!(collect(store.scan_back(&from, &to)), collect(store.copy().scan_back(&from, &to)));
    }

    #[test]
    fn the_end_of_a_prefix_is_behind_every_key_that_has_it(prefix in arb_key(), rest in arb_key(), other in arb_key()) {
        // Every view has a first byte below 0xff, so no prefix is all ones.
        prop_assume!(prefix.iter().any(|byte| *byte != u8::MAX));
        let end = prefix_end(&prefix);
        let with = [prefix.clone(), rest].concat();
        prop_assert!(prefix <= with && with < end);
        prop_assert_eq!(other.starts_with(&prefix), prefix <= other && other < end);
    }

    #[test]
    fn bytes_of_sort_keys_sort_as_the_keys_do(left in arb_sort_key(), right in arb_sort_key()) {
        prop_assert_eq!(left.bytes().cmp(&right.bytes()), left.cmp(&right));
    }

    #[test]
    fn the_list_of_an_account_sorts_the_latest_first(
        left in (any::<i64>(), 0_u64..3),
        right in (any::<i64>(), 0_u64..3),
        account in 0_u64..2,
    ) {
        let account = AccountKey(account);
        let status = Some(TicketStatus::Unanswered);
        let key = |(at, conversation)| {
            layout::listed(account, status, Timestamp::from_micros(at), ConversationId(conversation))
        };
        let latest_first = right.0.cmp(&left.0).then(left.1.cmp(&right.1));
        prop_assert_eq!(key(left).cmp(&key(right)), latest_first);
        prop_assert!(key(left).starts_with(&layout::listed_of(account, status)));
        prop_assert_eq!(layout::listed_at(&key(left)), Some(Timestamp::from_micros(left.0)));
        for holder in [None, Some(Mark(7))] {
            let waiting = |(since, conversation)| {
                layout::waiting(account, holder, Timestamp::from_micros(since), ConversationId(conversation))
            };
            prop_assert_eq!(waiting(left).cmp(&waiting(right)), left.cmp(&right));
            prop_assert!(waiting(left).starts_with(&layout::waiting_of(account, holder)));
            prop_assert_eq!(layout::waiting_since(&waiting(left)), Some(Timestamp::from_micros(left.0)));
            prop_assert_eq!(layout::conversation_of(&waiting(left)), Some(ConversationId(left.1)));
        }
        prop_assert_eq!(layout::conversation_of(&key(left)), Some(ConversationId(left.1)));
    }
}

#[test]
fn counters_settle_on_what_the_store_holds() {
    let mut rows = MapRows::default();
    let key = vec![0x0d, 1];
    for (deltas, expected) in [
        (&[1, 1][..], Some(2)),
        (&[-1], Some(1)),
        (&[1, -1], Some(1)),
        (&[-1], None),
    ] {
        let mut changes = Changes::default();
        for delta in deltas {
            let mut more = Changes::default();
            more.counts.insert(key.clone(), *delta);
            changes.extend(more);
        }
        crate::counts::settle(&mut changes, &rows).unwrap();
        rows.commit(&changes);
        assert_eq!(read::<i64>(&rows, "counts", &key).unwrap(), expected, "{deltas:?}");
    }
}
