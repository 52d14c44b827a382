//! Topics are planned, created once, compared and looked at on the real broker.

use std::collections::BTreeSet;

use origem_domain::position::{Offset, Partition};
use origem_log::EventLog;
use origem_log_kafka::admin::{self, Plan};
use origem_log_kafka::{Cluster, KafkaLog, LogOptions, OpenError, Topics};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset as KafkaOffset, TopicPartitionList};

use crate::support::{self, append};

#[test]
fn topics_are_created_once_and_compared() {
    let Some(broker) = origem_broker::story("topics are created once and compared") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topics = Topics::new(&format!("{}.", support::unique("admin")));
    let first = admin::plan(&cluster, &topics, 3, 1).unwrap();
    assert_eq!((first.create.len(), admin::brokers(&cluster).unwrap() >= 1), (7, true));
    assert_eq!((first.differences.len(), first.fitting.len()), (0, 0));
    admin::apply(&cluster, &first).unwrap();
    // Somebody else may have been faster.
    admin::apply(&cluster, &first).unwrap();

    let second = admin::plan(&cluster, &topics, 3, 1).unwrap();
    let all: BTreeSet<_> = first.create.iter().map(|topic| topic.name.clone()).collect();
    assert_eq!(second.fitting.iter().cloned().collect::<BTreeSet<_>>(), all);
    assert_eq!((second.create.len(), second.differences), (0, Vec::new()));

    let more = admin::plan(&cluster, &topics, 6, 1).unwrap();
    let told: Vec<String> = more.differences.iter().map(ToString::to_string).collect();
    let expected = |topic: &str| format!("{topic}: partitions is 3, should be 6");
    assert_eq!(told, [expected(&topics.inbound), expected(&topics.events)]);
    admin::apply(&cluster, &Plan::default()).unwrap();
}

#[test]
fn partitions_added_to_the_events_are_refused() {
    let Some(broker) = origem_broker::story("partitions added to the events are refused") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topics = Topics::new(&format!("{}.", support::unique("added")));
    admin::check_partitions(&cluster, &topics).unwrap();
    let mut plan = admin::plan(&cluster, &topics, 2, 1).unwrap();
    let events = plan.create.iter_mut().find(|topic| topic.name == topics.events);
    events.unwrap().partitions = 3;
    admin::apply(&cluster, &plan).unwrap();
    let error = admin::check_partitions(&cluster, &topics).unwrap_err().to_string();
    let expected = format!("the topic {} has 3 partitions and began with 2", topics.events);
    assert!(error.starts_with(&expected), "{error}");
    let told = admin::plan(&cluster, &topics, 2, 1).unwrap().differences;
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert_eq!(told, [format!("{}: partitions is 3, should be 2", topics.events)]);
    // It can still be read, to be exported.
    let log = KafkaLog::open(&cluster, &topics.events, support::describe()).unwrap();
    assert_eq!(log.partitions(), 3);
}

#[test]
fn a_compacted_topic_is_no_log() {
    let Some(broker) = origem_broker::story("a compacted topic is no log") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topic = support::topic_with(&cluster, "compacted", 1, &[("cleanup.policy", "compact")]);
    let opened = KafkaLog::open(&cluster, &topic, support::describe());
    assert!(matches!(
        opened.err(),
        Some(OpenError::Setting {
            name: "cleanup.policy",
            ..
        })
    ));
    // Unless the latest record of each key is enough.
    let options = LogOptions {
        may_be_compacted: true,
        ..LogOptions::default()
    };
    let log = KafkaLog::open_with(&cluster, &topic, support::describe(), options).unwrap();
    append(&log, Partition(0), &["a", "b"]);
    assert_eq!(support::texts(&log, Partition(0)), ["a", "b"]);
}

#[test]
fn status_tells_how_far_a_group_is() {
    let Some(broker) = origem_broker::story("status tells how far a group is") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topic = support::topic_with(&cluster, "status", 2, &[]);
    let group = support::unique("group");
    let log = support::open(&cluster, &topic);
    append(&log, Partition(1), &["a", "b", "c"]);
    let lags = || {
        let statuses = admin::status(&cluster, &[&topic], &group).unwrap();
        statuses
            .iter()
            .map(|status| {
                (
                    status.partition.0,
                    status.start.0,
                    status.tail.0,
                    status.committed,
                    status.lag,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(lags(), [(0, 0, 0, None, None), (1, 0, 3, None, None)]);

    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &broker.bootstrap)
        .set("group.id", &group)
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&topic, 1, KafkaOffset::Offset(1)).unwrap();
    support::until(|| consumer.commit(&list, CommitMode::Sync));
    assert_eq!(lags(), [(0, 0, 0, None, None), (1, 0, 3, Some(Offset(1)), Some(2))]);
    let told = admin::status(&cluster, &[&topic], &group).unwrap();
    let seconds: Vec<bool> = told.iter().map(|status| status.lag_seconds.is_some()).collect();
    assert_eq!(seconds, [false, true], "only what lags has an age");
    assert!(told[1].lag_seconds < Some(60), "{told:?}");
    list.set_partition_offset(&topic, 1, KafkaOffset::Offset(3)).unwrap();
    support::until(|| consumer.commit(&list, CommitMode::Sync));
    let caught_up = &admin::status(&cluster, &[&topic], &group).unwrap()[1];
    assert_eq!((caught_up.lag, caught_up.lag_seconds), (Some(0), None));
    assert!(admin::status(&cluster, &["no.such.topic"], &group).is_err());
}
