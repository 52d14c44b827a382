//! The same on a real broker.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use origem_broker::{story, story_of_own};
use origem_domain::position::{Partition, Position};
use origem_log::{Held, Outlet as _, Projected};
use origem_log_kafka::{Cluster, KafkaOutlet, OutletOptions, Topics, admin};

use super::following::value_at;
use super::views::Views;
use crate::headers::POSITION;
use crate::{Handle, Options, Partitions, Phase, Publisher, Status};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(90);

/// Topics of a test's own.
struct World {
    cluster: Cluster,
    topics: Topics,
    partitions: u32,
}

impl World {
    fn new(bootstrap: &str, partitions: u32) -> Self {
        let cluster = Cluster::new(bootstrap);
        let topics = Topics::new(&format!("publish-{}.", uuid::Uuid::new_v4().simple()));
        admin::apply(&cluster, &admin::plan(&cluster, &topics, partitions, 1).unwrap()).unwrap();
        Self {
            cluster,
            topics,
            partitions,
        }
    }

    fn outlet(&self, group: &str) -> KafkaOutlet {
        let group = format!("{}{group}", self.topics.inbound);
        let options = OutletOptions {
            timeout: Duration::from_secs(5),
            ..OutletOptions::new(&group)
        };
        KafkaOutlet::new(&self.cluster, &self.topics, options)
    }

    fn spawn(&self, views: &Arc<Views>) -> Handle {
        let options = Options {
            partitions: Partitions::ByChannel(self.partitions),
            retry_max: Duration::from_secs(1),
            ..Options::default()
        };
        Publisher::spawn(views.clone(), Box::new(self.outlet("publisher")), options).unwrap()
    }

    /// Whoever reads the topics from the beginning has what the API says, and saw no version go back.
    fn assert_agree(&self, views: &Views) {
        let (mut latest, mut versions) = (BTreeMap::new(), BTreeMap::new());
        let mut each = |held: Held<'_>| {
            let at = (held.topic, String::from_utf8(held.key.to_vec()).unwrap());
            let version: Position = held.header(POSITION).unwrap().parse().unwrap();
            let before = versions.insert(at.clone(), version);
            assert!(before <= Some(version), "{at:?}");
            match held.value {
                Some(value) => latest.insert(at, value_at(value, held.header(POSITION))),
                None => latest.remove(&at),
            };
            ControlFlow::Continue(())
        };
        let mut reader = self.outlet("reader");
        reader.take_over(Partition(0)).unwrap();
        for partition in (0..self.partitions).map(Partition) {
            reader.contents(partition, &mut each).unwrap();
        }
        let expected: BTreeMap<_, _> = Projected::ALL
            .into_iter()
            .flat_map(|topic| {
                views
                    .expected(topic)
                    .into_iter()
                    .map(move |(key, value)| ((topic, key), value))
            })
            .collect();
        assert_eq!(latest, expected);
    }
}

fn idle(status: &Status) -> bool {
    status.phase == Phase::Following && status.behind == 0
}

#[track_caller]
fn wait(handle: &Handle, there: impl Fn(&Status) -> bool) -> Status {
    let status = handle.wait(LONG, &there);
    assert!(there(&status), "{status:?}");
    status
}

#[test]
fn topics_on_a_broker_are_as_the_views_through_a_takeover_and_a_rebuild() {
    let Some(kafka) = story("projected topics are as the views") else {
        return;
    };
    let world = World::new(&kafka.bootstrap, 3);
    let people = |from: u32, to: u32| {
        let lines = (from..to).map(|person| {
            format!(
                "1.10:{:02} p{person}/{} in m{person} ad=A{person}",
                person % 60,
                person % 5
            )
        });
        lines.collect::<Vec<_>>().join(";")
    };
    let mut views = Arc::new(Views::of(&people(0, 200)));
    let mut first = world.spawn(&views);
    assert_eq!(wait(&first, idle).published, 800);
    world.assert_agree(&views);

    views.take_in(&people(200, 220));
    views.take_in("1.11:00 p1/1 claim agent=ana to=ana; 1.11:01 p6,p11/1 in m1000; 1.11:02 p1@g1/1 in m1001");
    wait(&first, |status| status.published >= 800 + 80 + 6 && status.removed == 4);
    world.assert_agree(&views);

    // Another instance takes over, with views of its own, while the first does not know.
    let again = Arc::new(views.folded_again());
    let former = std::mem::replace(&mut views, again);
    let mut second = world.spawn(&views);
    assert_eq!(wait(&second, idle).published, 0);
    former.take_in("1.12:00 p3/3 in m1999");
    assert!(wait(&first, |status| status.phase == Phase::Fenced).error.is_some());
    views.take_in("1.12:00 p3/3 in m2000");
    wait(&second, |status| status.published == 3);
    first.stop();
    second.stop();

    // What nobody published meanwhile, and views that were folded again.
    views.take_in("1.12:10 p4/4 in m2001");
    let views = Arc::new(views.folded_again());
    let mut third = world.spawn(&views);
    wait(&third, idle);
    world.assert_agree(&views);
    third.stop();
    let mut fourth = world.spawn(&views);
    assert_eq!(
        wait(&fourth, idle),
        Status {
            phase: Phase::Following,
            version: views_version(&views),
            ..Status::default()
        }
    );
    fourth.stop();
}

fn views_version(views: &Views) -> Option<Position> {
    crate::Source::checkpoint(views)
}

#[test]
fn a_publisher_outlives_its_broker() {
    let name = "a publisher outlives its broker";
    let Some(mut kafka) = story_of_own(name, origem_broker::Options::default()) else {
        return;
    };
    let world = World::new(&kafka.endpoints().bootstrap.clone(), 1);
    let views = Arc::new(Views::of("1.10:00 p1 in m1"));
    let mut handle = world.spawn(&views);
    wait(&handle, idle);
    kafka.kill(1).unwrap();
    views.take_in("1.10:01 p2 in m2");
    let status = wait(&handle, |status| status.error.is_some());
    assert!(status.behind > 0, "{status:?}");
    kafka.start_again(1).unwrap();
    views.take_in("1.10:02 p3 in m3");
    let is_done = |status: &Status| idle(status) && status.version == views_version(&views);
    let status = wait(&handle, |status| is_done(status) || status.phase == Phase::Fenced);
    if status.phase == Phase::Fenced {
        // The broker was away for longer than it keeps a transaction, and says so in the words of a takeover. Whoever has the partition
        // has it published anew then.
        handle.stop();
        handle = world.spawn(&views);
        wait(&handle, is_done);
    } else {
        assert_eq!((status.published, status.error), (12, None));
    }
    handle.stop();
    world.assert_agree(&views);
}
