//! How fast the log on a topic is, beside rdkafka's own producer and consumer on the same broker.
//!
//! ```text
//! cargo xtask kafka start
//! cargo run --release -p origem-log-kafka --example throughput -- 127.0.0.1:PORT [records]
//! ```
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use origem_log::{EventLog, ReadLimit};
use origem_log_kafka::admin::{self, NewTopic, Plan};
use origem_log_kafka::{Cluster, Described, KafkaLog};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};

type Outcome<T> = Result<T, Box<dyn Error>>;

const RECORD_BYTES: usize = 500;
/// What one caller brings at once.
const BATCH: usize = 1_000;
const P0: Partition = Partition(0);

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let bootstrap = arguments.next().ok_or("usage: throughput BOOTSTRAP [RECORDS]")?;
    let count: usize = arguments.next().map_or(Ok(500_000), |text| text.parse())?;
    let cluster = Cluster::new(&bootstrap);
    let records: Vec<Vec<u8>> = (0..count).map(record).collect();

    let ours = create(&cluster)?;
    let opened = Instant::now();
    let log = KafkaLog::open(&cluster, &ours, Arc::new(|_| Described::default()))?;
    println!(
        "open                        {:>9.1} ms",
        opened.elapsed().as_secs_f64() * 1e3
    );
    latency(&log, &records)?;
    for callers in [1, 4] {
        let rate = append(&log, &records, callers);
        println!("append, {callers} callers           {rate:>9.0} records/s");
    }
    let (read, rate) = scan(&log, ReadLimit::default())?;
    println!("read                        {rate:>9.0} records/s of {read}");

    let theirs = create(&cluster)?;
    println!(
        "rdkafka BaseProducer        {:>9.0} records/s",
        produce(&bootstrap, &theirs, &records)?
    );
    println!(
        "rdkafka BaseConsumer        {:>9.0} records/s",
        consume(&bootstrap, &theirs, count)?
    );
    Ok(())
}

/// Bytes that do not compress to nothing.
fn record(index: usize) -> Vec<u8> {
    let mut state = index as u64 + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        b"0123456789abcdefghijklmnopqrstuv"[(state >> 59) as usize]
    };
    (0..RECORD_BYTES).map(|_| next()).collect()
}

fn create(cluster: &Cluster) -> Outcome<String> {
    let name = format!("throughput.{}", uuid::Uuid::new_v4().simple());
    let topic = NewTopic {
        name: name.clone(),
        partitions: 1,
        replication: 1,
        settings: [].into(),
    };
    let create = vec![topic];
    admin::apply(
        cluster,
        &Plan {
            create,
            ..Plan::default()
        },
    )?;
    Ok(name)
}

/// One caller, one record at a time; and one that waits for the other's record.
fn latency(log: &KafkaLog, records: &[Vec<u8>]) -> Outcome<()> {
    let mut appends = Vec::new();
    let mut waits = Vec::new();
    for record in records.iter().take(200) {
        let begun = Instant::now();
        let range = log.append(P0, &[record])?;
        appends.push(begun.elapsed());
        log.wait(P0, range.start, Duration::from_secs(10))?;
        let batch = log.read(P0, range.start, ReadLimit::default())?;
        assert_eq!(batch.len(), 1);
        waits.push(begun.elapsed());
    }
    for (name, mut times) in [("append of one", appends), ("append, wait and read of one", waits)] {
        times.sort();
        let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
        println!("{name:28}{:>9.2} ms p50, {:.2} ms p99", at(0.5), at(0.99));
    }
    Ok(())
}

fn append(log: &KafkaLog, records: &[Vec<u8>], callers: usize) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for share in records.chunks(records.len().div_ceil(callers)) {
            scope.spawn(move || {
                for batch in share.chunks(BATCH) {
                    let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
                    assert!(log.append(P0, &batch).is_ok());
                }
            });
        }
    });
    records.len() as f64 / begun.elapsed().as_secs_f64()
}

fn scan(log: &KafkaLog, limit: ReadLimit) -> Outcome<(usize, f64)> {
    let (begun, tail) = (Instant::now(), log.tail(P0)?);
    let (mut next, mut count) = (Offset(0), 0);
    while next < tail {
        let batch = log.read(P0, next, limit)?;
        count += batch.len();
        next = batch.next();
    }
    assert_eq!(count as u64, tail.0);
    Ok((count, count as f64 / begun.elapsed().as_secs_f64()))
}

fn produce(bootstrap: &str, topic: &str, records: &[Vec<u8>]) -> Outcome<f64> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("batch.size", "1000000")
        .set("compression.codec", "lz4")
        .set("queue.buffering.max.messages", "500000")
        .create()?;
    let begun = Instant::now();
    for record in records {
        let mut entry = BaseRecord::<(), [u8]>::to(topic)
            .partition(0)
            .payload(record.as_slice());
        while let Err((_, refused)) = producer.send(entry) {
            producer.poll(Duration::from_millis(1));
            entry = refused;
        }
    }
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(1));
    }
    Ok(records.len() as f64 / begun.elapsed().as_secs_f64())
}

fn consume(bootstrap: &str, topic: &str, count: usize) -> Outcome<f64> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", topic)
        .set("enable.auto.commit", "false")
        .set("fetch.queue.backoff.ms", "20")
        .create()?;
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(topic, 0, KafkaOffset::Beginning)?;
    consumer.assign(&place)?;
    let (begun, mut bytes) = (Instant::now(), 0);
    let mut seen = 0;
    while seen < count {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            bytes += message.payload_len();
            seen += 1;
        }
    }
    assert_eq!(bytes, count * RECORD_BYTES);
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}
