//! The group on a real broker: every partition is owned once, everybody knows by whom, and whoever is gone loses what it had.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod broker;
mod child;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use broker::{topic, unique, until};
use origem_domain::position::{Offset, Partition};
use origem_log_kafka::{Cluster, GroupError, GroupOptions, Listener, Membership, Owners, Protocol};

const PARTITIONS: u32 = 12;

/// Keeps what a member was told.
#[derive(Default)]
struct Told {
    owned: Mutex<BTreeSet<u32>>,
    revocations: Mutex<Vec<(usize, bool)>>,
}

impl Listener for Told {
    fn assigned(&self, partitions: &[Partition]) {
        self.owned
            .lock()
            .unwrap()
            .extend(partitions.iter().map(|partition| partition.0));
    }

    fn revoked(&self, partitions: &[Partition], lost: bool) {
        let mut owned = self.owned.lock().unwrap();
        for partition in partitions {
            assert!(owned.remove(&partition.0), "{partition} was not ours");
        }
        self.revocations.lock().unwrap().push((partitions.len(), lost));
    }
}

struct Instance {
    name: String,
    told: Arc<Told>,
    membership: Membership,
}

impl Instance {
    fn owned(&self) -> BTreeSet<u32> {
        self.told.owned.lock().unwrap().clone()
    }
}

struct Story {
    cluster: Cluster,
    topic: String,
    group: String,
    protocol: Protocol,
}

impl Story {
    fn begin(name: &str, protocol: Protocol) -> Option<Self> {
        let endpoints = origem_broker::story(name)?;
        let story = Self {
            cluster: Cluster::new(&endpoints.bootstrap),
            topic: unique("events"),
            group: unique("projectors"),
            protocol,
        };
        topic(&story.cluster, &story.topic, PARTITIONS as i32, &[]);
        Some(story)
    }

    fn options(&self) -> GroupOptions {
        GroupOptions {
            session_timeout: Duration::from_secs(6),
            protocol: self.protocol,
            commit_interval: Duration::from_millis(200),
            refresh_interval: Duration::from_millis(100),
            ..GroupOptions::new(&self.group)
        }
    }

    fn join(&self, name: &str, instance_id: Option<&str>) -> Instance {
        let told = Arc::new(Told::default());
        let options = GroupOptions {
            instance_id: instance_id.map(str::to_owned),
            ..self.options()
        };
        let listener = Arc::clone(&told) as Arc<dyn Listener>;
        let membership = Membership::join(&self.cluster, &self.topic, options, name.to_owned(), listener).unwrap();
        Instance {
            name: name.to_owned(),
            told,
            membership,
        }
    }

    /// Who owns what by what the members were told, once every partition is owned and every member reads the same.
    fn settled(&self, what: &str, instances: &[&Instance]) -> BTreeMap<u32, String> {
        until(what, || {
            let mut owners = BTreeMap::new();
            for instance in instances {
                let owned = instance.owned();
                if owned.is_empty() {
                    return None;
                }
                for partition in owned {
                    if owners.insert(partition, instance.name.clone()).is_some() {
                        return None;
                    }
                }
            }
            let agree = |instance: &&Instance| {
                let read = instance.membership.owners();
                let cards: BTreeMap<u32, String> = read.into_iter().map(|(at, owner)| (at.0, owner.card)).collect();
                cards == owners
            };
            (owners.len() == PARTITIONS as usize && instances.iter().all(agree)).then_some(owners)
        })
    }
}

fn members_share(name: &str, protocol: Protocol) {
    let Some(story) = Story::begin(name, protocol) else {
        return;
    };
    let a = story.join("a", None);
    story.settled("the first owns all", &[&a]);
    let b = story.join("b", None);
    let c = story.join("c", None);
    story.settled("three share", &[&a, &b, &c]);
    for instance in [&a, &b, &c] {
        assert_eq!(instance.owned().len(), 4, "{}", instance.name);
        assert_eq!(instance.membership.status().protocol, protocol);
    }

    // Progress is read by everybody, members or not.
    let moved = *c.owned().first().unwrap();
    c.membership.progress(Partition(moved), Offset(42));
    let watcher = Owners::watch(&story.cluster, &story.topic, &story.group, Duration::from_millis(100)).unwrap();
    until("progress is read", || {
        (watcher.owners().get(&Partition(moved))?.offset == Offset(42)).then_some(())
    });
    assert_eq!(watcher.owners(), watcher_of(&a), "all read the same");

    // A new card is a change to wait for.
    let seen = watcher.version();
    a.membership.set_card("a2".to_owned()).unwrap();
    let first = *a.owned().first().unwrap();
    until("the new card is read", || {
        (watcher.owners().get(&Partition(first))?.card == "a2").then_some(())
    });
    assert!(watcher.wait(seen, broker::PATIENCE) > seen);
    a.membership.set_card("a".to_owned()).unwrap();

    // Whoever takes over goes on from what the former owner committed last.
    let of_c = c.owned();
    c.membership.leave();
    assert_eq!(*c.told.revocations.lock().unwrap(), [(of_c.len(), false)]);
    let owners = story.settled("two share", &[&a, &b]);
    assert!(!owners.values().any(|owner| owner == "c"));
    assert!(watcher.committed()[&Partition(moved)] >= Offset(42));
    for instance in [&a, &b] {
        let revocations = instance.told.revocations.lock().unwrap();
        assert!(revocations.iter().all(|(_, lost)| !lost), "{revocations:?}");
    }

    // Nobody is there: nobody owns anything, and how far they were stays.
    drop((a, b));
    until("nobody owns anything", || watcher.owners().is_empty().then_some(()));
    assert_eq!(watcher.committed().len(), PARTITIONS as usize);
}

fn watcher_of(instance: &Instance) -> BTreeMap<Partition, origem_log_kafka::Owner> {
    instance.membership.table().refresh().unwrap();
    instance.membership.owners()
}

#[test]
fn members_share_by_the_classic_protocol() {
    members_share("members_share_by_the_classic_protocol", Protocol::Classic);
}

#[test]
fn members_share_by_the_consumer_protocol() {
    members_share("members_share_by_the_consumer_protocol", Protocol::Consumer);
}

fn coming_back_moves_nothing(name: &str, protocol: Protocol) {
    let Some(story) = Story::begin(name, protocol) else {
        return;
    };
    let a = story.join("a", Some("id-a"));
    let b = story.join("b", Some("id-b"));
    let before = story.settled("two share", &[&a, &b]);
    let told_before = b.told.revocations.lock().unwrap().len();
    a.membership.leave();
    until("what was left is nobody's", || {
        b.membership
            .owners()
            .values()
            .all(|owner| owner.card == "b")
            .then_some(())
    });
    let a = story.join("a", Some("id-a"));
    let after = story.settled("two share again", &[&a, &b]);
    assert_eq!(before, after);
    assert_eq!(
        b.told.revocations.lock().unwrap().len(),
        told_before,
        "nothing moved at the other"
    );
}

#[test]
fn coming_back_moves_nothing_by_the_classic_protocol() {
    coming_back_moves_nothing("coming_back_moves_nothing_by_the_classic_protocol", Protocol::Classic);
}

#[test]
fn coming_back_moves_nothing_by_the_consumer_protocol() {
    coming_back_moves_nothing("coming_back_moves_nothing_by_the_consumer_protocol", Protocol::Consumer);
}

#[test]
fn a_second_process_with_the_same_instance_id_ends_the_first() {
    let name = "a_second_process_with_the_same_instance_id_ends_the_first";
    let Some(story) = Story::begin(name, Protocol::Classic) else {
        return;
    };
    let a = story.join("a", Some("same"));
    story.settled("the first owns all", &[&a]);
    let b = story.join("b", Some("same"));
    let why = until("the first is told", || a.membership.status().ended);
    assert!(why.contains("give each instance its own"), "{why}");
    story.settled("the second owns all", &[&b]);
    assert_eq!(a.owned(), BTreeSet::new());
    assert_eq!(*a.told.revocations.lock().unwrap(), [(PARTITIONS as usize, true)]);
}

#[test]
fn what_cannot_be_joined_says_why() {
    let Some(story) = Story::begin("what_cannot_be_joined_says_why", Protocol::Auto) else {
        return;
    };
    let join = |topic: &str, card: &str| {
        let listener = Arc::new(Told::default());
        Membership::join(&story.cluster, topic, story.options(), card.to_owned(), listener).err()
    };
    assert!(matches!(
        join(&story.topic, ""),
        Some(GroupError::Card { bytes: 0, .. })
    ));
    let long = "x".repeat(5000);
    assert!(matches!(
        join(&story.topic, &long),
        Some(GroupError::Card { bytes: 5000, .. })
    ));
    let error = join(&unique("missing"), "card").unwrap();
    assert!(matches!(error, GroupError::Cluster { .. }), "{error}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("does not exist"), "{source}");
}

fn a_frozen_member_loses_what_it_had(name: &str, protocol: Protocol) {
    let Some(story) = Story::begin(name, protocol) else {
        return;
    };
    let a = story.join("a", None);
    let mut frozen = child::Child::start(&story.cluster, &story.topic, &story.group, protocol);
    until("both have some", || {
        let cards: BTreeSet<String> = a.membership.owners().into_values().map(|owner| owner.card).collect();
        (cards.len() == 2).then_some(())
    });
    frozen.pause();
    story.settled("the other owns all", &[&a]);
    let seen = a.membership.table().version();
    frozen.go_on();
    // Before it was frozen it may have handed partitions on as anybody does.
    let line = frozen.line_with("lost=true");
    assert!(line.contains("revoked"), "{line}");
    // It comes back as anybody would, and gets a share; what it held before was never written over.
    until("it has a share again", || {
        let owners = a.membership.owners();
        owners.values().any(|owner| owner.card == child::CARD).then_some(())
    });
    assert!(a.membership.table().version() > seen);
    let revocations = a.told.revocations.lock().unwrap().clone();
    assert!(revocations.iter().all(|(_, lost)| !lost), "{revocations:?}");
}

#[test]
fn a_frozen_member_loses_what_it_had_by_the_classic_protocol() {
    a_frozen_member_loses_what_it_had(
        "a_frozen_member_loses_what_it_had_by_the_classic_protocol",
        Protocol::Classic,
    );
}

#[test]
fn a_frozen_member_loses_what_it_had_by_the_consumer_protocol() {
    a_frozen_member_loses_what_it_had(
        "a_frozen_member_loses_what_it_had_by_the_consumer_protocol",
        Protocol::Consumer,
    );
}
