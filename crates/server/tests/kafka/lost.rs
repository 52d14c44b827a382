//! Story: the broker is gone for longer than the session, so that instances lose what is theirs. It is read all the same.

use origem_broker::Options;

use crate::load::delivery;
use crate::place::{Place, comes_to};
use crate::process::eventually;

#[test]
fn what_is_lost_while_the_broker_is_away_is_read_all_the_same() {
    let name = "what_is_lost_while_the_broker_is_away_is_read_all_the_same";
    let Some(mut cluster) = origem_broker::story_of_own(name, Options::default()) else {
        return;
    };
    let place = Place::on(cluster.endpoints())
        .with("KAFKA_GROUP_PROTOCOL", "classic")
        .with("KAFKA_SESSION_MS", "2000")
        .init(4);
    let deliveries: Vec<String> = (0..200).map(delivery).collect();
    place.publish(&deliveries);
    let expected = place.expected(&deliveries);
    let [a, b] = place.serve_all(["a", "b"]);
    let shared = || {
        let owned = place.owned();
        owned.values().filter(|partitions| partitions.len() == 2).count() == 2
    };
    assert!(eventually(shared));
    for server in [&a, &b] {
        comes_to(server, &expected);
    }
    cluster.kill(1).unwrap();
    for server in [&a, &b] {
        let mut said = Vec::new();
        let lost = eventually(|| {
            said.extend(server.said());
            said.iter().any(|line| line.contains("lost=true"))
        });
        assert!(lost, "{said:#?}");
        assert_eq!(server.get("/v1/fingerprint"), expected);
    }
    for server in [&a, &b] {
        assert_eq!(server.get("/v1/fingerprint"), expected);
    }
    cluster.start_again(1).unwrap();
    let more: Vec<String> = (200..260).map(delivery).collect();
    place.publish(&more);
    let expected = place.expected(&more);
    for server in [&a, &b] {
        comes_to(server, &expected);
    }
    // Each owns its share again.
    assert!(eventually(shared));
    for server in [a, b] {
        server.stop();
    }
}
