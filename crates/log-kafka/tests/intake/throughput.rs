//! How fast intake is beside a plain consumer and producer. Prints; run it by name, in release.

use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_log_kafka::{Intake, IntakeOptions};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::broker::{PATIENCE, unique};
use super::topics::{Identity, PARTITIONS, Topics};

const DELIVERIES: u64 = 300_000;

/// About 700 bytes of JSON, no two alike.
fn delivery(number: u64) -> String {
    let noise = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let text: String = (0..22)
        .map(|part| format!("{:016x} ", noise.rotate_left(part) ^ number))
        .collect();
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"{number}","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"phone_number_id":"{}"}},"contacts":[{{"wa_id":"{noise}"}}],"messages":[{{"id":"wamid.{noise:x}","timestamp":"1790000000","type":"text","text":{{"body":"{text}"}}}}]}}}}]}}]}}"#,
        number % 100
    )
}

#[test]
#[ignore = "a measurement: run it by name, in release"]
fn intake_beside_consume_and_produce() {
    let Some(topics) = Topics::begin("intake_beside_consume_and_produce") else {
        return;
    };
    let texts: Vec<(i32, String)> = (0..DELIVERIES)
        .map(|number| ((number % PARTITIONS as u64) as i32, delivery(number)))
        .collect();
    let bytes = texts.iter().map(|(_, text)| text.len()).sum::<usize>() / texts.len();
    topics.publish_texts(&texts);
    let plain = plain(&topics);
    report("plain consume and produce", bytes, plain);
    for batch_records_max in [1_000, 5_000, 10_000] {
        let options = IntakeOptions {
            group: unique("measured"),
            batch_records_max,
            ..topics.options(&unique("measured"))
        };
        let intake = Intake::start(&topics.cluster, options, Arc::new(Identity)).unwrap();
        let mut begun = None;
        let took = loop {
            let status = intake.status();
            if status.deliveries > 0 {
                begun.get_or_insert_with(Instant::now);
            }
            if status.deliveries >= DELIVERIES {
                break begun.map_or(Duration::ZERO, |begun| begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let status = intake.status();
        assert_eq!((status.events, status.aborted), (DELIVERIES, 0));
        report(
            &format!(
                "intake, {batch_records_max} a transaction, {} transactions",
                status.transactions
            ),
            bytes,
            took,
        );
    }
}

fn report(what: &str, bytes: usize, took: Duration) {
    let rate = DELIVERIES as f64 / took.as_secs_f64();
    #[expect(clippy::print_stdout, reason = "a measurement")]
    {
        println!("{what}: {rate:.0} deliveries/s of {bytes} bytes ({took:.2?})");
    }
}

/// What librdkafka does without transactions: from the first record to the last delivery report.
fn plain(topics: &Topics) -> Duration {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &topics.cluster.bootstrap)
        .set("group.id", unique("plain"))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    consumer.subscribe(&[&topics.inbound]).unwrap();
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &topics.cluster.bootstrap)
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("batch.size", "1000000")
        .set("compression.codec", "lz4")
        .create()
        .unwrap();
    let mut begun = None;
    let mut count = 0;
    while count < DELIVERIES {
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else {
            continue;
        };
        begun.get_or_insert_with(Instant::now);
        let mut record = BaseRecord::<[u8], [u8]>::to(&topics.events)
            .partition(message.partition())
            .key(b"channel")
            .payload(message.payload().unwrap());
        while let Err((error, back)) = producer.send(record) {
            assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::QueueFull));
            record = back;
            producer.poll(Duration::from_millis(1));
        }
        count += 1;
        if count % 100 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(PATIENCE).unwrap();
    begun.unwrap().elapsed()
}
