//! Story: the instances of a group rebuild the partitions they own, while deliveries come and queries go on.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use crate::load::{Ends, Load, delivery, query_until};
use crate::place::{Place, comes_to, is_ready};
use crate::process::eventually;
use crate::server::Server;

/// The end of the only rebuild of an instance: it switched, and nothing differed. Gives its partitions.
#[track_caller]
fn switched(server: &Server) -> BTreeSet<u64> {
    let mut last = Value::Null;
    let over = eventually(|| {
        last = server.get("/v1/admin/rebuilds")["items"][0].take();
        last["finished"] == true
    });
    assert!(over && last["phase"] == "switched", "{last}; {:#?}", server.said());
    assert_eq!(last["diff"]["equal"], true, "{last}");
    let pairs = last["partitions"].as_array().unwrap().iter();
    let pairs = pairs.inspect(|pair| assert_eq!(pair["switched"], true, "{last}"));
    pairs.map(|pair| pair["partition"].as_u64().unwrap()).collect()
}

#[test]
fn every_instance_rebuilds_what_it_owns_and_nobody_who_asks_notices() {
    let Some(place) = Place::begin("every_instance_rebuilds_what_it_owns_and_nobody_who_asks_notices") else {
        return;
    };
    let place = place.init(4);
    let first: Vec<String> = (0..600).map(delivery).collect();
    place.publish(&first);
    let [a, b] = place.serve_all(["a", "b"]);
    comes_to(&b, &place.expected(&first));
    let halves = || {
        let owned = place.owned();
        owned.len() == 2 && owned.values().all(|partitions| partitions.len() == 2)
    };
    assert!(eventually(halves), "{:?}", place.owned());
    is_ready(&b);

    let done = AtomicBool::new(false);
    let (deliveries, seen) = thread::scope(|scope| {
        let queries = scope.spawn(|| query_until(&b, &done));
        let _end = Ends(&done);
        let load = Load::begin(&place, first.len());
        load.goes_on(40);
        for server in [&a, &b] {
            let started = server.post("/v1/admin/rebuilds", &[], b"{\"cpu_share\": 1.0}");
            assert_eq!(started.status, 202, "{}", started.body);
        }
        let rebuilt: BTreeSet<u64> = [&a, &b].into_iter().flat_map(switched).collect();
        assert_eq!(rebuilt, BTreeSet::from([0, 1, 2, 3]));
        load.goes_on(40);
        let deliveries = load.end();
        done.store(true, Ordering::Relaxed);
        (deliveries, queries.join().unwrap())
    });
    assert!(seen.answered > 0 && seen.unavailable == 0, "{seen:?}");
    let expected = place.expected(&deliveries);
    for server in [&a, &b] {
        comes_to(server, &expected);
    }
    let back = b.post("/v1/admin/rollback", &[], b"");
    assert_eq!(back.status, 200, "{}", back.body);
    comes_to(&b, &expected);
    // What was switched to is what an instance finds when it is back.
    a.stop();
    let a = place.serve("a");
    assert!(eventually(halves), "{:?}", place.owned());
    for server in [&a, &b] {
        comes_to(server, &expected);
    }
    for server in [a, b] {
        server.stop();
    }
}
