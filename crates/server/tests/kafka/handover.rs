//! Story: instances come and go.

use std::fs;
use std::time::{Duration, Instant};

use crate::everywhere::businesses;
use crate::place::{Place, comes_to};
use crate::process::eventually;

#[test]
fn who_is_asked_to_stop_hands_over_at_once() {
    let Some(place) = Place::begin("who_is_asked_to_stop_hands_over_at_once") else {
        return;
    };
    let place = place.init(6);
    let deliveries = businesses(800);
    place.publish(&deliveries);
    let expected = place.expected(&deliveries);
    let [a, b] = place.serve_all(["a", "b"]);
    comes_to(&a, &expected);
    assert!(eventually(|| place
        .owned()
        .values()
        .filter(|partitions| partitions.len() == 3)
        .count()
        == 2));
    comes_to(&b, &expected);
    a.stop();
    // Long before anybody would have missed it.
    let stopped = Instant::now();
    comes_to(&b, &expected);
    assert!(stopped.elapsed() < Duration::from_secs(5), "{:?}", stopped.elapsed());
    let owned = place.owned();
    assert_eq!(owned[&b.url], [0, 1, 2, 3, 4, 5]);

    // It comes back without its data: its share is folded again.
    fs::remove_dir_all(place.world.path("a")).unwrap();
    let a = place.serve("a");
    assert!(eventually(|| place
        .owned()
        .get(&a.url)
        .is_some_and(|partitions| partitions.len() == 3)));
    comes_to(&a, &expected);
    comes_to(&b, &expected);
    for server in [a, b] {
        server.stop();
    }
}

#[test]
fn who_has_a_name_and_is_back_soon_finds_its_partitions() {
    for protocol in ["classic", "consumer"] {
        let Some(place) = Place::begin("who_has_a_name_and_is_back_soon_finds_its_partitions") else {
            return;
        };
        let place = place.with("KAFKA_GROUP_PROTOCOL", protocol).init(4);
        let deliveries = businesses(400);
        place.publish(&deliveries);
        let expected = place.expected(&deliveries);
        let serve = |name: &str| {
            let mut command = place.instance(name);
            command.env("ORIGEM_KAFKA_INSTANCE_ID", format!("{}{name}", place.prefix));
            crate::server::Server::start(command)
        };
        let (a, b) = (serve("a"), serve("b"));
        assert!(eventually(|| place
            .owned()
            .values()
            .filter(|partitions| partitions.len() == 2)
            .count()
            == 2));
        comes_to(&a, &expected);
        let before = place.owned();
        let moved = |said: &[String]| {
            said.iter()
                .any(|line| line.contains("assigned") || line.contains("revoked"))
        };
        assert!(moved(&b.said()), "it says what moves");
        let url = a.url.clone();
        a.stop();
        let a = serve("a");
        assert!(
            eventually(|| place.owned().get(&a.url) == Some(&before[&url])),
            "{protocol}: {:?}",
            place.owned()
        );
        comes_to(&a, &expected);
        comes_to(&b, &expected);
        assert_eq!(place.owned()[&b.url], before[&b.url], "{protocol}");
        let said = b.said();
        assert!(!moved(&said), "{protocol}: {said:#?}");
        for server in [a, b] {
            server.stop();
        }
    }
}

#[test]
fn a_warm_copy_answers_at_once_for_who_was_killed() {
    let Some(place) = Place::begin("a_warm_copy_answers_at_once_for_who_was_killed") else {
        return;
    };
    let place = place
        .with("KAFKA_STANDBYS", "1")
        .with("KAFKA_GROUP_PROTOCOL", "consumer")
        .init(4);
    let deliveries = businesses(400);
    place.publish(&deliveries);
    let expected = place.expected(&deliveries);
    let [mut a, b] = place.serve_all(["a", "b"]);
    assert!(eventually(|| place
        .owned()
        .values()
        .filter(|partitions| partitions.len() == 2)
        .count()
        == 2));
    comes_to(&b, &expected);
    a.kill();
    // Long before it is missed, its part is told by who has a copy.
    comes_to(&b, &expected);
    let has_all = || {
        place
            .owned()
            .get(&b.url)
            .is_some_and(|partitions| partitions.len() == 4)
    };
    assert!(!has_all());
    // And nothing is missing on the way from the copy to the owner.
    assert!(eventually(|| {
        assert_eq!(b.get("/v1/fingerprint"), expected);
        has_all()
    }));
    comes_to(&b, &expected);
    b.stop();
}
