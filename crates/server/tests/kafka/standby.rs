//! Story: warm copies.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::everywhere::businesses;
use crate::place::{Place, comes_to};
use crate::process::eventually;

#[test]
fn a_warm_copy_takes_over_from_who_is_asked_to_stop() {
    let Some(place) = Place::begin("a_warm_copy_takes_over_from_who_is_asked_to_stop") else {
        return;
    };
    let place = place.with("KAFKA_STANDBYS", "1").init(4);
    let deliveries = businesses(400);
    place.publish(&deliveries);
    let expected = place.expected(&deliveries);
    let [a, b] = place.serve_all(["a", "b"]);
    let owns = |server: &crate::server::Server, count| {
        place
            .owned()
            .get(&server.url)
            .is_some_and(|partitions| partitions.len() == count)
    };
    assert!(eventually(|| owns(&a, 2) && owns(&b, 2)));
    comes_to(&b, &expected);
    let url = a.url.clone();
    b.says("warm copies partitions={Partition(");
    drop(b.said());
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            a.stop();
            ended.store(true, Ordering::Relaxed);
        });
        // Never a word that a part is on its way.
        assert!(eventually(|| {
            assert_eq!(b.get("/v1/fingerprint"), expected);
            ended.load(Ordering::Relaxed) && owns(&b, 4)
        }));
    });
    assert!(!place.owned().contains_key(&url));
    let said = b.said();
    let took_over = said.iter().filter(|line| line.contains("takes over")).count();
    assert_eq!(took_over, 2, "{said:#?}");
    b.stop();
}
