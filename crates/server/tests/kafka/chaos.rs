//! Story: instances are killed and frozen while deliveries come. Every event is in the views once, and queries go on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::load::{Ends, Load, delivery, query_until};
use crate::place::{Place, comes_to, is_ready};
use crate::process::eventually;

/// Partitions of each instance, by its address, have these lengths.
fn shares(place: &Place, shares: &[(&str, usize)]) -> bool {
    let owned = place.owned();
    let has = |(url, share): &(&str, usize)| owned.get(*url).map_or(0, Vec::len) == *share;
    shares.iter().all(has)
}

fn under_load(name: &str, protocol: &str) {
    let Some(place) = Place::begin(name) else {
        return;
    };
    let place = place
        .with("KAFKA_GROUP_PROTOCOL", protocol)
        .with("KAFKA_SESSION_MS", "3000")
        .init(12);
    let first: Vec<String> = (0..300).map(delivery).collect();
    place.publish(&first);
    let [mut a, b, c] = place.serve_all(["a", "b", "c"]);
    comes_to(&c, &place.expected(&first));
    assert!(eventually(|| shares(&place, &[(&a.url, 4), (&b.url, 4), (&c.url, 4)])));
    is_ready(&c);

    let done = AtomicBool::new(false);
    let (deliveries, seen) = thread::scope(|scope| {
        let queries = scope.spawn(|| query_until(&c, &done));
        let _end = Ends(&done);
        let load = Load::begin(&place, first.len());
        load.goes_on(100);
        a.kill();
        load.goes_on(100);
        b.signal("-STOP");
        assert!(eventually(|| shares(&place, &[(&c.url, 12)])), "{:?}", place.owned());
        is_ready(&c);
        load.goes_on(100);
        b.signal("-CONT");
        assert!(
            eventually(|| shares(&place, &[(&b.url, 6), (&c.url, 6)])),
            "{:?}",
            place.owned()
        );
        load.goes_on(100);
        let deliveries = load.end();
        is_ready(&c);
        done.store(true, Ordering::Relaxed);
        (deliveries, queries.join().unwrap())
    });
    // What was asked of a frozen instance was given up after seconds; everything else was a matter of a session.
    assert!(seen.longest < Duration::from_secs(30), "{seen:?}");
    assert!(seen.answered > 0, "{seen:?}");
    let expected = place.expected(&deliveries);
    for server in [&b, &c] {
        comes_to(server, &expected);
    }
    // Who was killed comes back to what it has, and takes its share.
    let a = place.serve("a");
    assert!(eventually(|| shares(&place, &[(&a.url, 4), (&b.url, 4), (&c.url, 4)])));
    for server in [&a, &b, &c] {
        comes_to(server, &expected);
    }
    for server in [a, b, c] {
        server.stop();
    }
}

#[test]
fn killed_and_frozen_under_load_by_the_consumer_protocol() {
    under_load("killed_and_frozen_under_load_by_the_consumer_protocol", "consumer");
}

#[test]
fn killed_and_frozen_under_load_by_the_classic_protocol() {
    under_load("killed_and_frozen_under_load_by_the_classic_protocol", "classic");
}
