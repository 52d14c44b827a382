//! Helpers: what others do with our topics: make them, publish to them, read them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::process::{PATIENCE, value};
use serde_json::Value;

/// A record to publish.
#[derive(Debug, Clone, Default)]
pub struct Record {
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: Vec<(&'static str, &'static str)>,
}

impl Record {
    /// A raw delivery with nothing beside it.
    pub fn of(value: impl Into<Vec<u8>>) -> Self {
        Self {
            value: value.into(),
            ..Self::default()
        }
    }

    /// With a key, which says nothing.
    pub fn key(self, key: &str) -> Self {
        Self {
            key: Some(key.into()),
            ..self
        }
    }

    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A record that was read.
#[derive(Debug, Clone)]
pub struct Read {
    pub partition: i32,
    pub key: String,
    /// `None`: the value was removed.
    pub value: Option<Vec<u8>>,
}

fn client(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    config
}

/// Makes a topic.
pub fn make(bootstrap: &str, topic: &str, partitions: i32, settings: &[(&str, &str)]) {
    let admin: AdminClient<DefaultClientContext> = client(bootstrap).create().unwrap();
    let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    let new = settings.iter().fold(new, |new, (name, value)| new.set(name, value));
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let made = runtime.block_on(admin.create_topics([&new], &options)).unwrap();
    for topic in made {
        topic.unwrap();
    }
}

/// The topics whose names begin with `prefix`, with their numbers of partitions.
pub fn list(bootstrap: &str, prefix: &str) -> BTreeMap<String, usize> {
    let consumer: BaseConsumer = client(bootstrap).create().unwrap();
    let metadata = consumer.fetch_metadata(None, PATIENCE).unwrap();
    let ours = metadata
        .topics()
        .iter()
        .filter(|topic| topic.name().starts_with(prefix));
    ours.map(|topic| (topic.name().to_owned(), topic.partitions().len()))
        .collect()
}

/// Publishes records; they are in the topic on return.
pub struct Publisher {
    producer: BaseProducer,
    topic: String,
}

impl Publisher {
    pub fn to(bootstrap: &str, topic: &str) -> Self {
        let producer = client(bootstrap)
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .set("message.max.bytes", "4000000")
            .create()
            .unwrap();
        Self {
            producer,
            topic: topic.to_owned(),
        }
    }

    pub fn publish<'a>(&self, records: impl IntoIterator<Item = &'a Record>) {
        for record in records {
            let mut headers = OwnedHeaders::new();
            for (name, value) in &record.headers {
                headers = headers.insert(Header {
                    key: name,
                    value: Some(*value),
                });
            }
            let mut sent = BaseRecord::<[u8], [u8]>::to(&self.topic)
                .payload(&record.value)
                .headers(headers);
            sent.key = record.key.as_deref();
            while let Err((error, back)) = self.producer.send(sent) {
                assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::QueueFull));
                sent = back;
                self.producer.poll(Duration::from_millis(10));
            }
        }
        self.producer.flush(PATIENCE).unwrap();
        assert_eq!(self.producer.in_flight_count(), 0);
    }
}

/// All that a reader of committed records finds in a topic now, partition by partition in order.
#[track_caller]
pub fn read(bootstrap: &str, topic: &str) -> Vec<Read> {
    let consumer: BaseConsumer = client(bootstrap)
        .set("group.id", "nobody")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let partitions = list(bootstrap, topic)[topic];
    let mut all = TopicPartitionList::new();
    for partition in 0..partitions {
        let partition = i32::try_from(partition).unwrap();
        all.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&all).unwrap();
    let (mut found, mut ends, deadline) = (Vec::new(), 0, Instant::now() + PATIENCE);
    while ends < partitions {
        assert!(Instant::now() < deadline, "the end of {topic} does not come");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                found.push(Read {
                    partition: message.partition(),
                    key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
                    value: message.payload().map(<[u8]>::to_vec),
                });
            }
            Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
            Some(Err(_)) | None => {}
        }
    }
    found.sort_by_key(|read| read.partition);
    found
}

/// The last JSON value of each key.
#[track_caller]
pub fn last_values(bootstrap: &str, topic: &str) -> BTreeMap<String, Value> {
    let mut last = BTreeMap::new();
    for read in self::read(bootstrap, topic) {
        match read.value {
            Some(bytes) => last.insert(read.key, value(str::from_utf8(&bytes).unwrap())),
            None => last.remove(&read.key),
        };
    }
    last
}
