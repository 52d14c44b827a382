//! What is published, step by step.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use origem_domain::partition::{key_of, partition_of};
use origem_domain::position::{Partition, Position};
use origem_log::{MemoryTopics, Projected, Publication};
use origem_testkit::build;
use serde_json::Value;

use super::views::Views;
use crate::follower::{Counts, Follower, StepError};
use crate::headers::{POSITION, TRUNCATED};
use crate::{Options, Partitions};

/// A publisher of `views` to `topics`.
pub(crate) fn follower(views: &Arc<Views>, topics: &MemoryTopics, options: Options) -> Follower {
    Follower::new(views.clone(), Box::new(topics.outlet()), options)
}

/// Steps until it follows and nothing waits.
pub(crate) fn settle(follower: &mut Follower) {
    loop {
        follower.step(Duration::ZERO).unwrap();
        if follower.follows() && follower.behind() == 0 {
            // What changed meanwhile.
            follower.step(Duration::ZERO).unwrap();
            return;
        }
    }
}

/// The value of a record without its version, which must be that of the header.
pub(crate) fn value_of(record: &Publication) -> Value {
    value_at(record.value.as_ref().unwrap(), header(record, POSITION))
}

/// A value without its version, which must be `version`.
pub(crate) fn value_at(bytes: &[u8], version: Option<&str>) -> Value {
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    let told = value.as_object_mut().unwrap().remove("position");
    assert_eq!(told.as_ref().and_then(Value::as_str), version);
    value
}

pub(crate) fn header<'a>(record: &'a Publication, name: &str) -> Option<&'a str> {
    let found = record.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

/// Whoever reads the topics from the beginning has what the API says.
pub(crate) fn assert_agree(views: &Views, topics: &MemoryTopics) {
    for topic in Projected::ALL {
        let latest = topics.latest(topic);
        let published: Vec<_> = latest
            .iter()
            .map(|(key, record)| (key.clone(), value_of(record)))
            .collect();
        let expected: Vec<_> = views.expected(topic).into_iter().collect();
        assert_eq!(published, expected, "{topic:?}");
    }
}

/// Runs a new publisher until it has nothing to do; what it published.
fn run(views: &Arc<Views>, topics: &MemoryTopics) -> Counts {
    let mut follower = follower(views, topics, Options::default());
    settle(&mut follower);
    assert_agree(views, topics);
    follower.counts()
}

const STORY: &str = "1.10:00 p1 in m1 ad=A clid=x name=Rita; 1.10:01 p1 out m2 via=web agent=ana
    1.11:00 p2 in m3 tag=promo; 1.11:01 p3@g1 in m4; 1.12:00 p4 history m5; 1.12:01 p1 claim agent=ana";

const fn counts(values: u64, removals: u64) -> Counts {
    Counts {
        values,
        removals,
        unfit: 0,
    }
}

#[test]
fn a_restart_or_a_rebuild_publishes_nothing_again() {
    let (views, topics) = (Arc::new(Views::of(STORY)), MemoryTopics::default());
    // Three conversations and a group; one has no ticket.
    assert_eq!(run(&views, &topics), counts(10, 0));
    assert_eq!(run(&views, &topics), counts(0, 0));
    views.drop_rows();
    views.fold(usize::MAX);
    assert_eq!(run(&views, &topics), counts(0, 0));
}

#[test]
fn what_changed_is_published_and_nothing_else() {
    let (views, topics) = (Arc::new(Views::of(STORY)), MemoryTopics::default());
    let mut follower = follower(&views, &topics, Options::default());
    settle(&mut follower);
    let mut check = |script: &str, expected: Counts| {
        let before = follower.counts();
        views.take_in(script);
        settle(&mut follower);
        let now = follower.counts();
        let published = counts(now.values - before.values, now.removals - before.removals);
        assert_eq!(published, expected, "{script}");
        assert_agree(&views, &topics);
    };
    check("", counts(0, 0));
    check("1.12:10 p1 in m6", counts(3, 0)); // no new touch
    check("1.12:10 p1 in m6", counts(0, 0)); // a duplicate
    check("3.12:00 p1 in m7", counts(4, 0));
    check("3.12:01 p3@g1 in m8", counts(0, 0)); // a group
    check("3.12:02 p5 history m9", counts(2, 2)); // no ticket, no windows; nobody knows that they never had it
    check("3.12:03 p5 history m10", counts(1, 0)); // now it is known
    check("3.13:00 p1,p2 in m11", counts(4, 4)); // two contacts are one: one conversation goes
    check("3.13:01 p1 in m12; 3.13:02 p6 in m13; 3.13:03 p6 in m14", counts(7, 0)); // coalesced
}

#[test]
fn not_everything_is_remembered_once_it_follows_not_even_if_there_was_nothing() {
    let (views, topics) = (Arc::new(Views::default()), MemoryTopics::default());
    let mut follower = follower(&views, &topics, Options::default());
    settle(&mut follower);
    views.take_in("1.10:00 p1 history m1");
    settle(&mut follower);
    // Nobody knows that windows and queue have nothing of it.
    assert_eq!(follower.counts(), counts(2, 2));
}

#[test]
fn an_alias_that_comes_with_a_duplicate_is_published() {
    let (views, topics) = (Arc::new(Views::of("1.10:00 p1 in m1")), MemoryTopics::default());
    let mut follower = follower(&views, &topics, Options::default());
    settle(&mut follower);
    views.take_in("1.10:00 b1,p1 in m1");
    settle(&mut follower);
    assert_agree(&views, &topics);
}

#[test]
fn what_the_views_no_longer_have_is_removed_by_the_next_publisher() {
    let (views, topics) = (
        Arc::new(Views::of("1.10:00 p1 in m1; 1.10:01 p2 in m2")),
        MemoryTopics::default(),
    );
    run(&views, &topics);
    views.take_in("1.10:02 p1,p2 in m3");
    // The messages of both are one interaction: its only touch was there before.
    assert_eq!(run(&views, &topics), counts(3, 4));
    let removals = topics.records().into_iter().filter(|record| record.value.is_none());
    assert!(removals.clone().all(|record| header(&record, POSITION) == Some("0:3")));
    assert_eq!(removals.count(), 4);
}

#[test]
fn nothing_is_published_while_views_are_behind_the_topics_or_loading() {
    let (views, topics) = (Arc::new(Views::of(STORY)), MemoryTopics::default());
    run(&views, &topics);
    views.drop_rows();
    let mut follower = follower(&views, &topics, Options::default());
    follower.step(Duration::ZERO).unwrap();
    follower.step(Duration::ZERO).unwrap();
    let records = topics.records().len();
    for _ in 0..5 {
        let published = Position::new(0, 6);
        let waits = follower.step(Duration::ZERO);
        assert!(
            matches!(waits, Err(StepError::Behind { published: at }) if at == published),
            "{waits:?}"
        );
        views.fold(1);
    }
    views.take_in("2.10:00 p1 in m20");
    views.set_loading(true);
    assert!(matches!(follower.step(Duration::ZERO), Err(StepError::Loading)));
    assert_eq!(topics.records().len(), records);
    views.set_loading(false);
    settle(&mut follower);
    assert_agree(&views, &topics);
}

#[test]
fn a_value_that_is_too_large_loses_its_oldest_touches() {
    let interactions: Vec<String> = (1..40)
        .map(|day| format!("{day}.10:00 p1 in m{day} ad=A{day} clid=x{day}"))
        .collect();
    let views = Arc::new(Views::of(&interactions.join(";")));
    let check = |bytes_max: usize| {
        let topics = MemoryTopics::new(bytes_max);
        let mut follower = follower(&views, &topics, Options::default());
        settle(&mut follower);
        let record = topics.latest(Projected::Touches).into_values().next().unwrap();
        let value = value_of(&record);
        assert_eq!(value["touches_count"], 39);
        let touches = value["touches"].as_array().unwrap();
        let whole = views.expected(Projected::Touches).into_values().next().unwrap();
        let whole = whole["touches"].as_array().unwrap().clone();
        assert_eq!(touches[..], whole[39 - touches.len()..]);
        assert!(record.value.as_ref().unwrap().len() <= bytes_max);
        let truncated = touches.len() < 39;
        assert_eq!(value.get("truncated").is_some(), truncated);
        assert_eq!(header(&record, TRUNCATED), truncated.then_some("true"));
        let conversation = value_of(&topics.latest(Projected::Conversations).into_values().next().unwrap());
        assert_eq!(conversation["origins_count"], 39);
        assert_eq!(conversation["origin"]["entry"]["value"], "A39");
        touches.len()
    };
    let whole = views
        .expected(Projected::Touches)
        .into_values()
        .next()
        .unwrap()
        .to_string()
        .len();
    assert_eq!(check(100_000), 39);
    for parts in [2, 4, 8] {
        // As many as fit, or a few less: sizes differ.
        let fitting = 39 / parts;
        let kept = check(whole / parts);
        assert!((fitting / 2..=fitting).contains(&kept), "{kept} of {fitting}");
    }
}

#[test]
fn a_value_that_cannot_fit_is_left_out_and_counted() {
    let (views, topics) = (Arc::new(Views::of("1.10:00 p1 in m1")), MemoryTopics::new(600));
    let mut follower = follower(&views, &topics, Options::default());
    settle(&mut follower);
    assert_eq!(follower.counts().unfit, 1);
    assert_eq!(topics.latest(Projected::Conversations).len(), 0);
    assert_eq!(topics.latest(Projected::Queue).len(), 1);
}

#[test]
fn one_partition_of_views_goes_to_the_partitions_of_the_channels() {
    let script = "1.10:00 p1/1 in m1; 1.10:01 p1/2 in m2; 1.10:02 p1/3 in m3; 1.10:03 p1/4 in m4; 1.10:04 p2/1 in m5";
    let (views, topics) = (Arc::new(Views::of(script)), MemoryTopics::default());
    let options = || Options {
        partitions: Partitions::ByChannel(7),
        ..Options::default()
    };
    settle(&mut follower(&views, &topics, options()));
    views.take_in("1.10:05 p1,p2/1 in m6");
    let mut follower = follower(&views, &topics, options());
    settle(&mut follower);
    assert_agree(&views, &topics);
    views.take_in("1.10:06 p1/2 in m7; 1.10:07 p3/2 in m8; 1.10:08 p1,p3/2 in m9");
    settle(&mut follower);
    assert_agree(&views, &topics);
    assert!(topics.records().iter().any(|record| record.value.is_none()));
    for record in topics.records() {
        let of_key = |other: &&Publication| other.key == record.key && other.value.is_some();
        let records = topics.records();
        let Some(value) = records.iter().find(of_key) else {
            continue;
        };
        let id = value_of(value)["channel"]["id"].as_str().unwrap().to_owned();
        let channel = origem_domain::event::Channel { id, ..build::channel() };
        let expected = partition_of(&key_of("default", &channel), 7);
        assert_eq!(record.partition, expected, "{}", record.key);
    }
    assert!(topics.records().iter().any(|record| record.partition != Partition(0)));
}

#[test]
fn reading_what_is_there_is_broken_off_and_begun_anew() {
    let (views, topics) = (Arc::new(Views::of(STORY)), MemoryTopics::default());
    run(&views, &topics);
    // So many records are read before it is told to break off.
    let left = Arc::new(AtomicUsize::new(2));
    let seen = left.clone();
    let mut next = follower(&views, &topics, Options::default()).while_not(move || {
        let told = seen.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        told.is_err()
    });
    // It takes over, and reads until told.
    (0..3).for_each(|_| next.step(Duration::ZERO).unwrap());
    assert_eq!(
        (next.behind(), next.follows()),
        (0, false),
        "what it knows is not the whole"
    );
    left.store(usize::MAX, Ordering::SeqCst);
    settle(&mut next);
    assert_eq!(
        next.counts(),
        Counts::default(),
        "once it knows everything, nothing is new"
    );
    assert_agree(&views, &topics);
}
