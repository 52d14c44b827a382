//! Story: the broker is gone for a while. Nothing restarts, nothing that was accepted is lost, nothing is there twice.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use origem_broker::Options;

use crate::load::{Ends, delivery};
use crate::place::{Place, comes_to, is_ready};
use crate::process::eventually;
use crate::server::Server;

/// How long the broker is away.
const AWAY: Duration = Duration::from_secs(12);

/// What became of deliveries.
#[derive(Default)]
struct Tally {
    accepted: AtomicUsize,
    refused: AtomicUsize,
}

impl Tally {
    /// Waits until so many more were accepted.
    #[track_caller]
    fn goes_on(&self, more: usize) {
        let enough = self.accepted.load(Ordering::Relaxed) + more;
        assert!(eventually(|| self.accepted.load(Ordering::Relaxed) >= enough));
    }
}

/// Posts every `step`th delivery from `first` on until `done`, each until it is accepted, as Meta does; where it ended.
fn deliver(server: &Server, first: usize, step: usize, tally: &Tally, done: &AtomicBool) -> usize {
    let mut number = first;
    while !done.load(Ordering::Relaxed) {
        let body = delivery(number);
        loop {
            let answer = server.try_deliver(body.as_bytes()).unwrap();
            if answer.status == 200 {
                break;
            }
            assert_eq!(answer.refused(), "503 log_unavailable", "{}", answer.body);
            tally.refused.fetch_add(1, Ordering::Relaxed);
        }
        tally.accepted.fetch_add(1, Ordering::Relaxed);
        number += step;
    }
    number
}

#[test]
fn a_broker_that_goes_and_comes_back_loses_nothing() {
    let name = "a_broker_that_goes_and_comes_back_loses_nothing";
    let Some(mut cluster) = origem_broker::story_of_own(name, Options::default()) else {
        return;
    };
    let place = Place::on(cluster.endpoints()).init(4);
    let [a, b] = place.serve_all(["a", "b"]);
    assert!(eventually(|| place
        .owned()
        .values()
        .filter(|partitions| partitions.len() == 2)
        .count()
        == 2));
    is_ready(&a);
    let (tally, done) = (Tally::default(), AtomicBool::new(false));
    let ends = thread::scope(|scope| {
        let (tally, done) = (&tally, &done);
        let clients: Vec<_> = [&a, &b, &a]
            .into_iter()
            .enumerate()
            .map(|(first, server)| scope.spawn(move || deliver(server, first, 3, tally, done)))
            .collect();
        let _end = Ends(done);
        tally.goes_on(200);
        cluster.kill(1).unwrap();
        // What is in the views is read as ever, here and there.
        let gone = Instant::now();
        while gone.elapsed() < AWAY {
            for server in [&a, &b] {
                assert_eq!(
                    server.get("/v1/conversations?limit=10")["items"]
                        .as_array()
                        .unwrap()
                        .len(),
                    10
                );
            }
        }
        cluster.start_again(1).unwrap();
        tally.goes_on(200);
        done.store(true, Ordering::Relaxed);
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect::<Vec<_>>()
    });
    let accepted = ends
        .iter()
        .enumerate()
        .flat_map(|(first, end)| (first..*end).step_by(3));
    let deliveries: Vec<String> = accepted.map(delivery).collect();
    assert_eq!(deliveries.len(), tally.accepted.load(Ordering::Relaxed));
    let expected = place.expected(&deliveries);
    for server in [&a, &b] {
        comes_to(server, &expected);
    }
    // The same processes, each with its share; producers on the topics go on as well.
    assert!(eventually(|| place
        .owned()
        .values()
        .filter(|partitions| partitions.len() == 2)
        .count()
        == 2));
    let more: Vec<String> = (deliveries.len() + 10..deliveries.len() + 60).map(delivery).collect();
    place.publish(&more);
    let expected = place.expected(&more);
    for server in [a, b] {
        comes_to(&server, &expected);
        server.stop();
    }
}
