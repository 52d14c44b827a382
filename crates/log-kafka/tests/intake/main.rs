//! Intake on a real broker: every delivery becomes its events once and in order, whoever is killed, frozen or shut out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../group/broker.rs"]
mod broker;
mod child;
mod refusals;
mod throughput;
mod topics;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use broker::{unique, until};
use child::Child;
use origem_broker::Options;
use origem_log_kafka::{
    Cluster, Inbound, Intake, IntakeError, IntakeOptions, IntakeStatus, Outgoing, Protocol, Refusal, Transform,
};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use topics::{Identity, PARTITIONS, Topics};

fn start(topics: &Topics, options: IntakeOptions) -> Intake {
    Intake::start(&topics.cluster, options, Arc::new(Identity)).unwrap()
}

/// Waits until `condition` holds for the status.
fn when(what: &str, intake: &Intake, condition: impl Fn(&IntakeStatus) -> bool) -> IntakeStatus {
    until(what, || {
        let status = intake.status();
        assert_eq!(status.ended, None);
        condition(&status).then_some(status)
    })
}

#[test]
fn two_instances_share_the_partitions() {
    for protocol in [Protocol::Classic, Protocol::Consumer, Protocol::Auto] {
        let Some(topics) = Topics::begin("two_instances_share_the_partitions") else {
            return;
        };
        topics.publish(0..600);
        let options = |name: &str| IntakeOptions {
            protocol,
            ..topics.options(&unique(name))
        };
        let a = start(&topics, options("a"));
        when("what was there before is taken in", &a, |status| {
            status.deliveries == 600
        });
        let b = start(&topics, options("b"));
        when("the other has its share", &b, |status| status.assigned.len() == 3);
        when("the first gave it up", &a, |status| status.assigned.len() == 3);
        topics.publish(600..6_600);
        topics.each_once(6_600);
        let status = (a.status(), b.status());
        assert_eq!(status.0.deliveries + status.1.deliveries, 6_600);
        assert_eq!(status.1.deliveries, 3_000, "half of what came since");
        assert_eq!(status.0.events + status.1.events, 6_600);
        b.stop();
        when("all is back", &a, |status| status.assigned.len() == PARTITIONS as usize);
        topics.publish(6_600..7_200);
        topics.each_once(7_200);
        let lag = when("the lag is known", &a, |status| status.lag.len() == PARTITIONS as usize).lag;
        assert!(lag.values().all(|waiting| *waiting <= 100), "{lag:?}");
    }
}

fn each_once_under_kill(name: &str, protocol: Protocol, kills: u64) {
    const EACH: u64 = 3_000;
    let Some(topics) = Topics::begin(name) else {
        return;
    };
    let names = [unique("a"), unique("b")];
    let mut children: Vec<Child> = names.iter().map(|name| Child::start(&topics, name, protocol)).collect();
    let mut published = 0;
    for round in 0..kills {
        topics.publish(published..published + EACH);
        published += EACH;
        let victim = (round % 2) as usize;
        // Another point of a transaction each time: it has work for about a third of a second.
        children[victim].forget();
        // It runs; whether it has partitions yet is up to the group, and being killed while joining is one of the points.
        children[victim].wait_for("deliveries", 0);
        std::thread::sleep(Duration::from_millis(37 * (round + 1) % 400));
        children.remove(victim).kill();
        children.insert(victim, Child::start(&topics, &names[victim], protocol));
    }
    topics.each_once(published);
    // What comes after all that is taken in as ever.
    topics.publish(published..published + EACH);
    topics.each_once(published + EACH);
}

#[test]
fn each_delivery_once_under_kill_by_the_classic_protocol() {
    each_once_under_kill(
        "each_delivery_once_under_kill_by_the_classic_protocol",
        Protocol::Classic,
        10,
    );
}

#[test]
fn each_delivery_once_under_kill_by_the_consumer_protocol() {
    each_once_under_kill(
        "each_delivery_once_under_kill_by_the_consumer_protocol",
        Protocol::Consumer,
        6,
    );
}

fn a_zombie_adds_nothing(name: &str, protocol: Protocol) {
    let Some(topics) = Topics::begin(name) else {
        return;
    };
    let zombie = Child::start(&topics, &unique("zombie"), protocol);
    zombie.wait_for("assigned", PARTITIONS as u64);
    topics.publish(0..12_000);
    zombie.wait_for("deliveries", 1);
    zombie.signal("STOP");
    let options = IntakeOptions {
        protocol,
        ..topics.options(&unique("heir"))
    };
    let heir = start(&topics, options);
    when("the heir has everything", &heir, |status| {
        status.assigned.len() == PARTITIONS as usize
    });
    topics.each_once(12_000);
    let before = heir.status().deliveries;
    assert!(before < 12_000, "the zombie had taken in some");
    zombie.signal("CONT");
    zombie.forget();
    zombie.wait_for("failed", 1);
    // It comes back as anybody would and takes its share.
    zombie.wait_for("assigned", 1);
    topics.publish(12_000..15_000);
    topics.each_once(15_000);
}

#[test]
fn a_zombie_adds_nothing_by_the_classic_protocol() {
    a_zombie_adds_nothing("a_zombie_adds_nothing_by_the_classic_protocol", Protocol::Classic);
}

#[test]
fn a_zombie_adds_nothing_by_the_consumer_protocol() {
    a_zombie_adds_nothing("a_zombie_adds_nothing_by_the_consumer_protocol", Protocol::Consumer);
}

/// Stops at the first delivery that says `100`, in the middle of a transaction, until told to go on.
#[derive(Default)]
struct Halting {
    halted: AtomicBool,
    goes_on: AtomicBool,
    given: Mutex<Vec<String>>,
}

impl Transform for Halting {
    fn transform(&self, inbound: &Inbound<'_>) -> Vec<Outgoing> {
        let text = String::from_utf8(inbound.value.unwrap().to_vec()).unwrap();
        self.given.lock().unwrap().push(text.clone());
        if text == "100" && !self.halted.swap(true, Ordering::SeqCst) {
            until("it may go on", || self.goes_on.load(Ordering::SeqCst).then_some(()));
        }
        Identity.transform(inbound)
    }

    fn refused(&self, inbound: &Inbound<'_>, why: Refusal) -> Vec<Outgoing> {
        Identity.refused(inbound, why)
    }
}

impl Halting {
    fn given(&self, text: &str) -> usize {
        self.given.lock().unwrap().iter().filter(|given| *given == text).count()
    }
}

/// How many members the group has, once they agree on who owns what.
fn members(topics: &Topics) -> usize {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &topics.cluster.bootstrap)
        .create()
        .unwrap();
    let groups = client
        .client()
        .fetch_group_list(Some(&topics.group), Duration::from_secs(5))
        .unwrap();
    let settled = groups.groups().iter().filter(|group| group.state() == "Stable");
    settled.map(|group| group.members().len()).sum()
}

#[test]
fn a_generation_that_passed_aborts_the_transaction_and_reads_again() {
    let name = "a_generation_that_passed_aborts_the_transaction_and_reads_again";
    let Some(topics) = Topics::begin(name) else {
        return;
    };
    let options = |name: &str| IntakeOptions {
        protocol: Protocol::Classic,
        session_timeout: Duration::from_secs(10),
        transaction_timeout: Duration::from_secs(60),
        ..topics.options(&unique(name))
    };
    let halting = Arc::new(Halting::default());
    let a = Intake::start(
        &topics.cluster,
        options("a"),
        Arc::clone(&halting) as Arc<dyn Transform>,
    )
    .unwrap();
    when("all is ours", &a, |status| status.assigned.len() == PARTITIONS as usize);
    topics.publish(0..600);
    until("it halts", || halting.halted.load(Ordering::SeqCst).then_some(()));
    let b = start(&topics, options("b"));
    until("the other is a member", || (members(&topics) == 2).then_some(()));
    halting.goes_on.store(true, Ordering::SeqCst);
    topics.each_once(600);
    assert!(a.status().aborted >= 1, "{:?}", a.status());
    when("they share", &b, |status| status.assigned.len() == 3);
    topics.publish(600..1_200);
    topics.each_once(1_200);
}

#[test]
fn a_transaction_that_takes_too_long_is_done_again_by_a_new_producer() {
    let name = "a_transaction_that_takes_too_long_is_done_again_by_a_new_producer";
    let Some(topics) = Topics::begin(name) else {
        return;
    };
    let options = IntakeOptions {
        transaction_timeout: Duration::from_secs(1),
        ..topics.options(&unique("slow"))
    };
    let halting = Arc::new(Halting::default());
    let intake = Intake::start(&topics.cluster, options, Arc::clone(&halting) as Arc<dyn Transform>).unwrap();
    topics.publish(0..90);
    topics.each_once(90);
    topics.publish(90..600);
    until("it halts", || halting.halted.load(Ordering::SeqCst).then_some(()));
    // Nobody tells when the broker has aborted it; it does within the timeout and the interval of its own look-out.
    std::thread::sleep(Duration::from_secs(4));
    halting.goes_on.store(true, Ordering::SeqCst);
    topics.each_once(600);
    let status = intake.status();
    assert_eq!(status.ended, None);
    assert_eq!((status.deliveries, status.aborted >= 1), (600, true), "{status:?}");
    assert_eq!(halting.given("100"), 2, "read again after the abort");
}

#[test]
fn of_two_that_share_a_transactional_id_one_waits_and_goes_on_when_the_other_left() {
    let name = "of_two_that_share_a_transactional_id_one_waits_and_goes_on_when_the_other_left";
    let Some(topics) = Topics::begin(name) else {
        return;
    };
    let shared = unique("shared");
    let (a, b) = (
        start(&topics, topics.options(&shared)),
        start(&topics, topics.options(&shared)),
    );
    let told = |intake: &Intake| {
        let error = intake.status().last_error;
        error.is_some_and(|error| error.contains(&shared) && error.contains("give each instance its own"))
    };
    let mut published = 0;
    let (waiting, other) = until("one waits", || {
        topics.publish(published..published + 60);
        published += 60;
        match (told(&a), told(&b)) {
            (true, _) => Some((&a, &b)),
            (_, true) => Some((&b, &a)),
            _ => None,
        }
    });
    // They take turns as long as both are there, and nothing is lost or doubled by that.
    topics.each_once(published);
    assert_eq!((waiting.status().ended, other.status().ended), (None, None));
    let (left, stays) = if told(&a) { (b, a) } else { (a, b) };
    left.stop();
    topics.publish(published..published + 600);
    topics.each_once(published + 600);
    assert_eq!(stays.status().ended, None);
}

#[test]
fn a_broker_that_comes_back_finds_intake_going_on() {
    let name = "a_broker_that_comes_back_finds_intake_going_on";
    let Some(mut broker) = origem_broker::story_of_own(name, Options::default()) else {
        return;
    };
    let topics = Topics::on(&Cluster::new(&broker.endpoints().bootstrap), &[]);
    let intake = start(&topics, topics.options(&unique("patient")));
    topics.publish(0..600);
    topics.each_once(600);
    broker.kill(1).unwrap();
    until("it is noticed", || intake.status().last_error);
    broker.start_again(1).unwrap();
    topics.publish(600..1_200);
    topics.each_once(1_200);
    assert_eq!(intake.status().ended, None);
    intake.stop();
}

#[test]
fn what_cannot_start_says_why() {
    let cluster = Cluster::new("127.0.0.1:1");
    let options = IntakeOptions::new(Vec::new(), "events", "group", "id");
    let none = Intake::start(&cluster, options.clone(), Arc::new(Identity))
        .err()
        .unwrap();
    assert!(matches!(none, IntakeError::NoTopics), "{none}");
    let mut wrong = cluster;
    wrong.properties.insert("no.such.property".to_owned(), "1".to_owned());
    let options = IntakeOptions {
        topics: vec![origem_log_kafka::InboundTopic {
            topic: "inbound".to_owned(),
            source: None,
        }],
        ..options
    };
    let error = Intake::start(&wrong, options, Arc::new(Identity)).err().unwrap();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("no.such.property"), "{source}");
}
