//! What the tests share: topics of their own, an open log, texts in and out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use origem_log::{EventLog, ReadLimit};
use origem_log_kafka::admin::{self, NewTopic, Plan};
use origem_log_kafka::{Attributes, Cluster, Describe, Described, KafkaLog, LogOptions, PROTOBUF};

pub const P0: Partition = Partition(0);

/// A name that nobody else uses.
pub fn unique(name: &str) -> String {
    format!("test.{name}.{}", uuid::Uuid::new_v4().simple())
}

/// Creates a topic of one replica.
pub fn topic_with(cluster: &Cluster, name: &str, partitions: u32, settings: &[(&str, &str)]) -> String {
    let topic = NewTopic {
        name: unique(name),
        partitions,
        replication: 1,
        settings: settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let name = topic.name.clone();
    let plan = Plan {
        create: vec![topic],
        ..Plan::default()
    };
    admin::apply(cluster, &plan).unwrap();
    name
}

pub fn topic(cluster: &Cluster, name: &str) -> String {
    topic_with(cluster, name, 1, &[])
}

/// Key and attributes for records that are texts.
pub fn describe() -> Describe {
    Arc::new(|record| Described {
        key: b"whatsapp:200000000000002".to_vec(),
        attributes: Attributes {
            id: Some(String::from_utf8_lossy(&record[..record.len().min(20)]).into_owned()),
            kind: Some("origem.message_received.v1".to_owned()),
            source: Some("/accounts/default/whatsapp/200000000000002".to_owned()),
            time: None,
            content_type: Some(PROTOBUF.to_owned()),
            extensions: [].into(),
        },
    })
}

pub fn open(cluster: &Cluster, topic: &str) -> KafkaLog {
    KafkaLog::open(cluster, topic, describe()).unwrap()
}

/// A log that gives up soon.
pub fn open_impatient(cluster: &Cluster, topic: &str) -> KafkaLog {
    let options = LogOptions {
        append_timeout: Duration::from_secs(3),
        reply_timeout: Duration::from_secs(3),
        ..LogOptions::default()
    };
    KafkaLog::open_with(cluster, topic, describe(), options).unwrap()
}

pub fn append(log: &dyn EventLog, partition: Partition, records: &[&str]) -> (u64, u64) {
    let records: Vec<&[u8]> = records.iter().map(|text| text.as_bytes()).collect();
    let range = log.append(partition, &records).unwrap();
    (range.start.0, range.end.0)
}

/// Records with their offsets, from `from` to the tail, and the tail.
pub fn read_all(log: &dyn EventLog, partition: Partition, from: u64) -> (Vec<(u64, String)>, u64) {
    let mut texts = Vec::new();
    let mut next = Offset(from);
    loop {
        let batch = log.read(partition, next, ReadLimit::default()).unwrap();
        let stands = batch.next() == next;
        assert!(!stands || batch.is_empty(), "a batch with records moves on");
        let records = batch.iter();
        texts.extend(records.map(|(offset, record)| (offset.0, String::from_utf8_lossy(record).into_owned())));
        next = batch.next();
        if stands {
            return (texts, next.0);
        }
    }
}

/// The texts only.
pub fn texts(log: &dyn EventLog, partition: Partition) -> Vec<String> {
    read_all(log, partition, 0)
        .0
        .into_iter()
        .map(|(_, text)| text)
        .collect()
}

/// Tries until it works, for at most a minute.
pub fn until<T, E: std::fmt::Debug>(mut attempt: impl FnMut() -> Result<T, E>) -> T {
    let begun = Instant::now();
    loop {
        match attempt() {
            Ok(value) => return value,
            Err(error) if begun.elapsed() > Duration::from_secs(60) => panic!("still after a minute: {error:?}"),
            Err(_) => std::thread::yield_now(),
        }
    }
}

/// The whole chain of causes.
pub fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
