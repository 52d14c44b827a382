//! Many partitions, many instances: whatever the log and wherever the views are, the answers are the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a broken promise is to stop the test

mod anomalies;
mod installation;
mod listing;
mod moving;
mod warm;
mod why;

use std::collections::BTreeSet;
use std::time::Duration;

use installation::{Installation, deliveries};
use origem_domain::position::{Partition, Positions};
use origem_domain::time::Timestamp;
use origem_domain::zone::Zone;
use origem_engine::query::{AnomalyFilter, Clock, Filter, Fingerprint, Heads, Moment, Order, ThreadQuery};
use origem_engine::{Engine, EngineError, ErrorCode};

/// Partitions and how they are spread over instances.
const LAYOUTS: &[&[&[u32]]] = &[
    &[&[0]],
    &[&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    &[&[0, 1, 2, 3], &[4, 5, 6, 7], &[8, 9, 10, 11]],
    &[&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], &[]],
];

/// The ids of a list, read in pages of `limit`.
fn listed(engine: &Engine, filter: &Filter, limit: usize) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = engine.conversations(filter, cursor.as_deref(), limit).unwrap();
        assert!(page.items.len() <= limit);
        ids.extend(page.items.iter().map(|item| item.id.to_string()));
        cursor = page.next;
        if cursor.is_none() {
            return ids;
        }
    }
}

/// Everything an installation says, as text, but for positions.
fn said(engine: &Engine) -> Vec<String> {
    let mut said = Vec::new();
    for account in installation::ACCOUNTS {
        for order in [Order::Latest, Order::Oldest] {
            let filter = Filter {
                account: (*account).to_owned(),
                order,
                ..Filter::default()
            };
            let whole = listed(engine, &filter, 500);
            assert_eq!(
                whole.iter().collect::<BTreeSet<_>>().len(),
                whole.len(),
                "nobody is listed twice"
            );
            for limit in [1, 7, 50] {
                assert_eq!(listed(engine, &filter, limit), whole, "pages of {limit}");
            }
            said.push(format!("{account} {order:?} {whole:?}"));
        }
        let search = Filter {
            account: (*account).to_owned(),
            search: Some("a".to_owned()),
            ..Filter::default()
        };
        said.push(format!("{account} found {:?}", listed(engine, &search, 3)));
        said.push(format!("{account} {:?}", engine.counts(account).unwrap()));
    }
    let found = anomalies::listed(engine, &AnomalyFilter::default(), 500);
    let mut reasons: Vec<String> = found
        .iter()
        .map(|one| format!("{} {:?}", one.reason.name(), one.at))
        .collect();
    reasons.sort();
    said.push(format!("{reasons:?}"));
    said.push(format!("{:?}", engine.ask(&Fingerprint).unwrap()));
    said
}

#[test]
fn every_instance_of_every_layout_says_the_same() {
    let deliveries = deliveries();
    let mut expected: Option<Vec<String>> = None;
    for layout in LAYOUTS {
        let installation = Installation::of(layout);
        installation.take(&deliveries);
        for instance in &installation.instances {
            let said = said(instance);
            match &expected {
                Some(expected) => assert_eq!(expected, &said, "{layout:?}"),
                None => expected = Some(said),
            }
        }
    }
}

/// After everything that happens in the tests.
fn clock() -> Clock {
    Clock {
        at: Timestamp::parse("2027-01-01T00:00:00Z").unwrap(),
        zone: Zone::UTC,
    }
}

#[test]
fn a_conversation_is_found_wherever_it_is() {
    let installation = Installation::of(LAYOUTS[2]);
    let last = installation.take(&deliveries());
    let filter = Filter {
        account: installation::ACCOUNTS[0].to_owned(),
        ..Filter::default()
    };
    let page = installation.instances[0].conversations(&filter, None, 20).unwrap();
    for item in page.items {
        for instance in &installation.instances {
            assert_eq!(instance.conversation(item.id).unwrap(), item);
            let alias = item
                .identity
                .aliases
                .iter()
                .find(|known| !known.value.is_empty())
                .unwrap();
            // Other tenants may know the same person on a channel of the same id.
            let found = instance.find(&alias.value, Some(&item.card.channel)).unwrap();
            assert_eq!(
                found,
                installation.instances[0]
                    .find(&alias.value, Some(&item.card.channel))
                    .unwrap()
            );
            assert_eq!(instance.find(&item.id.to_string(), None).unwrap(), item.id);
            let answers = (
                instance.timeline(item.id).unwrap(),
                instance.tickets(item.id).unwrap(),
                instance
                    .thread(
                        item.id,
                        &ThreadQuery {
                            limit: 5,
                            ..ThreadQuery::default()
                        },
                    )
                    .unwrap(),
            );
            let first = &installation.instances[0];
            let windows = instance.windows(item.id, clock()).unwrap();
            assert_eq!(windows, first.windows(item.id, clock()).unwrap());
            let terms = instance.terms(std::slice::from_ref(&item), clock()).unwrap();
            assert_eq!(windows, item.windows(clock(), &terms));
            for then in [Moment::At(clock().at), Moment::Position(last.clone())] {
                let past = instance.conversation_at(item.id, &then, clock().zone).unwrap();
                assert_eq!(past.conversation, item, "nothing happened after that");
                assert_eq!(past.timeline, answers.0);
                assert_eq!(instance.timeline_at(item.id, &then).unwrap(), answers.0);
                assert_eq!(instance.tickets_at(item.id, &then).unwrap(), answers.1);
            }
            let then = Moment::At(clock().at);
            let past = instance.windows_at(item.id, &then, clock().zone).unwrap();
            assert_eq!(past, windows);
            assert_eq!(answers.0, first.timeline(item.id).unwrap());
            assert_eq!(answers.1, first.tickets(item.id).unwrap());
            assert!(answers.2.rows.len() <= 5);
        }
    }
    let unknown = "cv_0123456789abcdef".parse().unwrap();
    for instance in &installation.instances {
        let missing = instance.conversation(unknown).unwrap_err();
        assert_eq!(missing.code(), ErrorCode::NotFound, "{missing}");
    }
}

#[test]
fn what_is_written_anywhere_is_read_anywhere() {
    let installation = Installation::of(LAYOUTS[2]);
    let accepted = installation.take(&deliveries());
    assert!(
        accepted.iter().count() > 3,
        "the events are in several partitions: {accepted}"
    );
    for instance in &installation.instances {
        let waited = installation
            .runtime
            .block_on(instance.wait(&accepted, Duration::from_secs(20)));
        waited.unwrap();
        let heads = instance.ask(&Heads).unwrap();
        assert!(
            accepted
                .iter()
                .all(|position| heads[&position.partition].next > position.offset)
        );
    }
    let beyond: Positions = "12:0".parse().unwrap();
    let waited = installation
        .runtime
        .block_on(installation.instances[0].wait(&beyond, Duration::ZERO));
    assert!(matches!(waited, Err(EngineError::Invalid { .. })));
}

#[test]
fn the_feed_gives_every_change_once_through_any_instance() {
    let installation = Installation::of(LAYOUTS[2]);
    let last = installation.take(&deliveries());
    for instance in &installation.instances {
        let (mut seen, mut count) = (Positions::default(), 0);
        loop {
            let changes = instance.changes(&seen, 50).unwrap();
            if changes.is_empty() {
                break;
            }
            for change in &changes {
                let before = seen.get(change.position.partition);
                assert!(
                    before.is_none_or(|before| before.plus(1) == change.position.offset),
                    "{before:?} {change:?}"
                );
                seen.advance(change.position);
                assert!(change.event.is_some());
                count += 1;
            }
            // The place survives being written down, as a caller of the feed does.
            seen = seen.to_string().parse().unwrap();
        }
        assert_eq!(seen, last);
        let heads = instance.ask(&Heads).unwrap();
        assert_eq!(count, heads.values().map(|head| head.events).sum::<u64>());
    }
}

#[test]
fn what_nobody_has_is_said_and_comes_back() {
    let installation = Installation::of(LAYOUTS[2]);
    installation.take(&deliveries());
    let [first, second, _] = &installation.instances[..] else {
        panic!("three instances")
    };
    let filter = Filter {
        account: installation::ACCOUNTS[0].to_owned(),
        ..Filter::default()
    };
    let whole = listed(first, &filter, 500);

    second.disown(Partition(5)).unwrap();
    for instance in &installation.instances {
        let refused = instance.conversations(&filter, None, 10).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::PartitionUnavailable, "{refused}");
        assert!(refused.code().is_retryable());
    }
    // Another takes it over and folds its views anew.
    installation.own(0, Partition(5));
    for instance in &installation.instances {
        assert_eq!(listed(instance, &filter, 500), whole);
    }
    // An instance that does not answer is as good as gone.
    installation.silence(2);
    let refused = first.conversations(&filter, None, 10).unwrap_err();
    assert!(matches!(refused, EngineError::Unreachable { .. }), "{refused}");
    let here = installation.conversation_at(0);
    assert!(first.conversation(here).is_ok(), "what is here needs nobody else");
}

#[test]
fn a_warm_copy_answers_where_the_owner_cannot() {
    let installation = Installation::of(LAYOUTS[2]);
    installation.take(&deliveries());
    let whole = said(&installation.instances[0]);
    // The copies of the third instance's partitions are at both others, some here, some there.
    for (index, partition) in [(0, 8), (0, 9), (1, 10), (1, 11)] {
        installation.keep_warm(index, Partition(partition));
    }
    assert_eq!(
        said(&installation.instances[0]),
        whole,
        "with the owner there, copies are not counted"
    );
    let there = installation.conversation_at(2);
    installation.silence(2);
    for instance in &installation.instances[..2] {
        assert_eq!(said(instance), whole);
        assert!(instance.conversation(there).is_ok());
    }
    // Whoever has the copy takes over.
    installation.silence(1);
    let first = &installation.instances[0];
    assert!(first.promote(Partition(8)) && !first.promote(Partition(10)));
    assert_eq!(first.shards().len(), 5);
    assert_eq!(first.warm_shards().len(), 1);
    let refused = first.ask(&Heads).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::PartitionUnavailable, "{refused}");
}
