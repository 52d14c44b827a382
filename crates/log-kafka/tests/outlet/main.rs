//! Projected topics on a real broker: all or none, fenced by the next owner, read back through marks and removals.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use origem_domain::position::Partition;
use origem_log::{Outlet, OutletError, Projected, Publication};
use origem_log_kafka::{KafkaOutlet, OutletOptions};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use support::{PATIENCE, World};

const P0: Partition = Partition(0);
const P1: Partition = Partition(1);

fn publication(topic: Projected, partition: Partition, key: &str, value: Option<&str>) -> Publication {
    Publication {
        topic,
        partition,
        key: key.to_owned(),
        value: value.map(|value| value.as_bytes().to_vec()),
        headers: vec![("ce_origemposition", "0:7".to_owned()), ("ce_id", key.to_owned())],
    }
}

fn touches(key: &str, value: &str) -> Publication {
    publication(Projected::Touches, P0, key, Some(value))
}

fn removed(key: &str) -> Publication {
    publication(Projected::Touches, P0, key, None)
}

/// What the outlet reads of a partition: `topic key=value`, the last of each key, and how many records there were.
/// What a partition holds, once it has `at_least` so many records: a transaction is committed a moment before its partitions are told.
fn contents(outlet: &mut dyn Outlet, partition: Partition, at_least: usize) -> (Vec<String>, usize) {
    let begun = Instant::now();
    loop {
        let found = read(outlet, partition);
        if found.1 >= at_least || begun.elapsed() > Duration::from_secs(30) {
            return found;
        }
    }
}

fn read(outlet: &mut dyn Outlet, partition: Partition) -> (Vec<String>, usize) {
    let (mut latest, mut records) = (BTreeMap::new(), 0);
    let mut each = |held: origem_log::Held<'_>| {
        records += 1;
        let key = String::from_utf8(held.key.to_vec()).unwrap();
        assert_eq!(
            (held.partition, held.header("ce_origemposition")),
            (partition, Some("0:7"))
        );
        assert_eq!(held.header("ce_id"), Some(key.as_str()));
        match held.value {
            Some(value) => latest.insert((held.topic, key), String::from_utf8(value.to_vec()).unwrap()),
            None => latest.remove(&(held.topic, key)),
        };
        ControlFlow::Continue(())
    };
    outlet.contents(partition, &mut each).unwrap();
    let shown = latest
        .into_iter()
        .map(|((topic, key), value)| format!("{topic:?} {key}={value}"));
    (shown.collect(), records)
}

#[test]
fn what_is_published_is_read_back_by_topic_and_partition() {
    let Some(world) = World::of("projected topics are read back") else {
        return;
    };
    let mut outlet = world.outlet();
    assert!(
        matches!(outlet.publish(&[]), Err(OutletError::Unavailable { .. })),
        "nothing is taken over yet"
    );
    outlet.take_over(P0).unwrap();
    assert_eq!(contents(&mut outlet, P0, 0), (vec![], 0));
    outlet
        .publish(&[
            touches("a", "1"),
            touches("b", "1"),
            publication(Projected::Queue, P0, "a", Some("q")),
            publication(Projected::Conversations, P1, "a", Some("other")),
        ])
        .unwrap();
    outlet.publish(&[touches("a", "2"), removed("b")]).unwrap();
    outlet.publish(&[]).unwrap();
    assert_eq!(
        contents(&mut outlet, P0, 5),
        (vec!["Touches a=2".to_owned(), "Queue a=q".to_owned()], 5)
    );
    assert_eq!(
        contents(&mut outlet, P1, 1),
        (vec!["Conversations a=other".to_owned()], 1)
    );
    // Another sees the same.
    let mut heir = world.outlet();
    heir.take_over(P0).unwrap();
    assert_eq!(contents(&mut heir, P0, 5).1, 5);
}

#[test]
fn the_next_owner_fences_the_former_and_owners_of_other_partitions_do_not() {
    let Some(world) = World::of("takeover fences the zombie") else {
        return;
    };
    let (mut zombie, mut other, mut heir) = (world.outlet(), world.outlet(), world.outlet());
    zombie.take_over(P0).unwrap();
    other.take_over(P1).unwrap();
    zombie.publish(&[touches("a", "before")]).unwrap();
    heir.take_over(P0).unwrap();
    for _ in 0..2 {
        let refused = zombie.publish(&[touches("a", "zombie"), touches("b", "zombie")]);
        assert!(
            matches!(refused, Err(OutletError::Fenced { partition: P0 })),
            "{refused:?}"
        );
    }
    heir.publish(&[touches("c", "heir")]).unwrap();
    other
        .publish(&[publication(Projected::Touches, P1, "d", Some("other"))])
        .unwrap();
    drop(zombie);
    let expected = vec!["Touches a=before".to_owned(), "Touches c=heir".to_owned()];
    assert_eq!(contents(&mut heir, P0, 2), (expected, 2));
}

#[test]
fn what_was_not_committed_is_never_seen_and_ends_with_a_takeover() {
    let Some(world) = World::of("aborted transactions are not seen") else {
        return;
    };
    let mut outlet = world.outlet();
    outlet.take_over(P0).unwrap();
    outlet.publish(&[touches("a", "1")]).unwrap();
    drop(outlet);

    // A publisher that dies in the middle: its records are in the topic, its transaction is open.
    let dying = world.producer(P0);
    dying.init_transactions(PATIENCE).unwrap();
    let send = |key: &str| {
        let record = BaseRecord::<str, str>::to(world.topics.projected(Projected::Touches)).partition(0);
        dying
            .send(record.key(key).payload("aborted"))
            .map_err(|(error, _)| error)
            .unwrap();
        dying.flush(PATIENCE).unwrap();
    };
    dying.begin_transaction().unwrap();
    send("a");
    dying.abort_transaction(PATIENCE).unwrap();
    dying.begin_transaction().unwrap();
    send("b");

    let mut heir = world.outlet();
    let began = Instant::now();
    heir.take_over(P0).unwrap();
    assert_eq!(contents(&mut heir, P0, 1), (vec!["Touches a=1".to_owned()], 1));
    heir.publish(&[touches("c", "1")]).unwrap();
    assert_eq!(contents(&mut heir, P0, 2).0, ["Touches a=1", "Touches c=1"]);
    assert!(
        began.elapsed() < Duration::from_secs(25),
        "nobody waits for the time-out of the transaction"
    );
    let late = dying.commit_transaction(PATIENCE);
    assert!(late.is_err(), "{late:?}");
    assert_eq!(contents(&mut heir, P0, 2).0, ["Touches a=1", "Touches c=1"]);
    drop::<BaseProducer>(dying);
}

#[test]
fn a_value_too_large_is_named_and_holds_back_the_others() {
    let Some(world) = World::of("a value too large is named") else {
        return;
    };
    let mut outlet = world.outlet();
    outlet.take_over(P0).unwrap();
    let fits = "x".repeat(outlet.value_bytes_max());
    let large = "x".repeat(outlet.value_bytes_max() + 10_000);
    let refused = outlet.publish(&[touches("a", "1"), touches("b", &large)]);
    let bytes = large.len();
    assert!(
        matches!(&refused, Err(OutletError::TooLarge { key, bytes: told }) if key == "b" && *told == bytes),
        "{refused:?}"
    );
    outlet.publish(&[touches("c", &fits)]).unwrap();
    let (shown, records) = contents(&mut outlet, P0, 1);
    assert_eq!((shown.len(), records), (1, 1));
    assert!(shown[0].starts_with("Touches c=xxx"));
}

#[test]
fn many_records_fit_a_transaction_and_a_small_one_is_quick() {
    let Some(world) = World::of("transactions are quick") else {
        return;
    };
    let mut outlet = world.outlet();
    outlet.take_over(P0).unwrap();
    let value = "x".repeat(1_000);
    let many: Vec<_> = (0..5_000)
        .map(|number| touches(&format!("k{number}"), &value))
        .collect();
    outlet.publish(&many).unwrap();
    assert_eq!(contents(&mut outlet, P0, 5_000).1, 5_000);
    let mut times: Vec<_> = (0..20)
        .map(|_| {
            let began = Instant::now();
            outlet.publish(&[touches("k", "1")]).unwrap();
            began.elapsed()
        })
        .collect();
    times.sort();
    // Committing with reports outstanding takes 100 ms at least.
    assert!(times[5] < Duration::from_millis(100), "{times:?}");
}

#[test]
fn a_topic_that_is_missing_and_a_broker_that_is_away_are_told() {
    let Some(world) = World::of("what is wrong is told") else {
        return;
    };
    let shown = |error: OutletError| {
        let source = std::error::Error::source(&error).unwrap().to_string();
        format!("{error}: {source}")
    };
    let missing = World {
        topics: origem_log_kafka::Topics::new(&support::unique("missing")),
        ..world.clone()
    };
    let error = shown(missing.outlet().take_over(P0).unwrap_err());
    assert!(
        error.contains("does not exist; create it with `origem kafka init --apply`"),
        "{error}"
    );
    let mut outlet = world.outlet();
    outlet.take_over(Partition(2)).unwrap();
    let error = shown(
        outlet
            .contents(Partition(2), &mut |_| panic!("nothing is there"))
            .unwrap_err(),
    );
    assert!(
        error.ends_with("they have 2 partitions, and there must be a partition 2"),
        "{error}"
    );

    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let nowhere = origem_log_kafka::Cluster::new(&format!("127.0.0.1:{port}"));
    let options = OutletOptions {
        timeout: Duration::from_secs(2),
        ..OutletOptions::new("nobody")
    };
    let mut outlet = KafkaOutlet::new(&nowhere, &world.topics, options);
    let error = shown(outlet.take_over(P0).unwrap_err());
    assert!(
        error.starts_with("projected topics cannot be taken over now: no broker answers at 127.0.0.1:"),
        "{error}"
    );
}
