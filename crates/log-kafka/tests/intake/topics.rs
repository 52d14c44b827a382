//! The two ends of intake in a test: numbered deliveries go in, and what a reader of committed events sees comes out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use origem_domain::position::Partition;
use origem_log_kafka::{Cluster, Described, Inbound, InboundTopic, IntakeOptions, Outgoing, Refusal, Transform};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::broker::{self, PATIENCE, unique};

/// Partitions of each topic.
pub const PARTITIONS: i32 = 6;

pub struct Topics {
    pub cluster: Cluster,
    pub inbound: String,
    pub events: String,
    pub group: String,
}

/// How long nothing may come at all. By the classic protocol a member that is killed while it joins holds the group up until it counts
/// as gone, and may do so more than once.
const STANDSTILL: Duration = Duration::from_secs(180);

impl Topics {
    /// Topics of a test's own, on a broker that it shares. None where there is no broker.
    pub fn begin(name: &str) -> Option<Self> {
        let endpoints = origem_broker::story(name)?;
        Some(Self::on(&Cluster::new(&endpoints.bootstrap), &[]))
    }

    /// Topics of a test's own; `settings` are those of the events topic.
    pub fn on(cluster: &Cluster, settings: &[(&str, &str)]) -> Self {
        let topics = Self {
            cluster: cluster.clone(),
            inbound: unique("inbound"),
            events: unique("events"),
            group: unique("intake"),
        };
        broker::topic(cluster, &topics.inbound, PARTITIONS, &[]);
        broker::topic(cluster, &topics.events, PARTITIONS, settings);
        topics
    }

    pub fn options(&self, transactional_id: &str) -> IntakeOptions {
        let inbound = InboundTopic {
            topic: self.inbound.clone(),
            source: Some("meta".to_owned()),
        };
        IntakeOptions {
            session_timeout: Duration::from_secs(2),
            transaction_timeout: Duration::from_secs(5),
            ..IntakeOptions::new(vec![inbound], &self.events, &self.group, transactional_id)
        }
    }

    /// Publishes deliveries `numbers`, spread over all partitions in order.
    pub fn publish(&self, numbers: std::ops::Range<u64>) {
        let texts: Vec<(i32, String)> = numbers
            .map(|number| ((number % PARTITIONS as u64) as i32, number.to_string()))
            .collect();
        self.publish_texts(&texts);
    }

    pub fn publish_texts(&self, texts: &[(i32, String)]) {
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", &self.cluster.bootstrap)
            .set("enable.idempotence", "true")
            .create()
            .unwrap();
        for (partition, text) in texts {
            let headers = OwnedHeaders::new().insert(Header {
                key: "ce_id",
                value: Some(&text[..text.len().min(20)]),
            });
            let mut record = BaseRecord::<str, str>::to(&self.inbound)
                .partition(*partition)
                .key("any")
                .payload(text)
                .headers(headers);
            while let Err((error, back)) = producer.send(record) {
                assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::QueueFull));
                record = back;
                producer.poll(Duration::from_millis(10));
            }
        }
        producer.flush(PATIENCE).unwrap();
    }

    /// All that a reader of committed events sees now, by partition.
    pub fn events(&self) -> BTreeMap<i32, Vec<String>> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.cluster.bootstrap)
            .set("group.id", unique("reader"))
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true")
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        let mut all = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            all.add_partition_offset(&self.events, partition, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&all).unwrap();
        let mut events: BTreeMap<i32, Vec<String>> = BTreeMap::new();
        let mut ends = 0;
        let begun = Instant::now();
        while ends < PARTITIONS {
            assert!(begun.elapsed() < PATIENCE, "waited in vain for the end of the events");
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    let text = String::from_utf8(message.payload().unwrap().to_vec()).unwrap();
                    events.entry(message.partition()).or_default().push(text);
                }
                Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
                Some(Err(_)) | None => {}
            }
        }
        events
    }

    /// Waits until as many events can be read as deliveries were published, then checks that each is there once and in order.
    pub fn each_once(&self, published: u64) {
        let mut seen = 0;
        let mut moved = Instant::now();
        let events = loop {
            let events = self.events();
            let count = events.values().map(Vec::len).sum::<usize>() as u64;
            if count >= published {
                break events;
            }
            if count > seen {
                seen = count;
                moved = Instant::now();
            }
            assert!(
                moved.elapsed() < STANDSTILL,
                "{count} of {published} events, and no more come"
            );
            std::thread::sleep(Duration::from_millis(100));
        };
        for partition in 0..PARTITIONS {
            let expected: Vec<String> = (0..published)
                .filter(|number| (number % PARTITIONS as u64) as i32 == partition)
                .map(|number| number.to_string())
                .collect();
            let found = events.get(&partition).cloned().unwrap_or_default();
            if let Some(at) = (0..expected.len().max(found.len())).find(|at| expected.get(*at) != found.get(*at)) {
                panic!(
                    "partition {partition}: place {at} has {:?} where {:?} belongs; {} events for {} deliveries",
                    found.get(at),
                    expected.get(at),
                    found.len(),
                    expected.len()
                );
            }
        }
    }
}

/// A record that says `text`, in the partition that the delivery came from.
pub fn outgoing(inbound: &Inbound<'_>, text: &[u8]) -> Outgoing {
    Outgoing {
        partition: Partition(inbound.partition),
        record: text.to_vec(),
        described: Described {
            key: b"channel".to_vec(),
            attributes: inbound.attributes.clone(),
        },
        unrecognised: text.starts_with(b"?"),
    }
}

/// Takes deliveries as they are.
pub struct Identity;

impl Transform for Identity {
    fn transform(&self, inbound: &Inbound<'_>) -> Vec<Outgoing> {
        vec![outgoing(inbound, inbound.value.unwrap_or_default())]
    }

    fn refused(&self, inbound: &Inbound<'_>, why: Refusal) -> Vec<Outgoing> {
        let Refusal::TooLarge { limit } = why;
        let limit = limit.map_or("broker".to_owned(), |limit| limit.to_string());
        let text = format!("?{}:{} refused by {limit}", inbound.partition, inbound.offset);
        vec![outgoing(inbound, text.as_bytes())]
    }
}
