//! What the events topic does not take becomes something that it takes; nothing stands still for it.

use std::sync::{Arc, Mutex};

use origem_domain::time::Timestamp;
use origem_log_kafka::{Cluster, Inbound, Intake, IntakeOptions, Outgoing, Refusal, Transform};

use super::broker::unique;
use super::topics::{Identity, Topics, outgoing};
use super::{start, when};

/// Deliveries of partition 0: small ones around one that is too large.
fn around(large: usize) -> Vec<(i32, String)> {
    let text = |number: usize| {
        if number == 5 {
            "x".repeat(large)
        } else {
            number.to_string()
        }
    };
    (0..10).map(|number| (0, text(number))).collect()
}

fn read(topics: &Topics) -> Vec<String> {
    topics.events().remove(&0).unwrap_or_default()
}

#[test]
fn what_is_too_large_is_replaced() {
    let Some(shared) = Topics::begin("what_is_too_large_is_replaced") else {
        return;
    };
    let limit = 20_000;
    // Who finds it too large: we, by what the options say, or the broker, by a setting of the topic that we were not told.
    for (max_message_bytes, record_bytes_max, by) in [(1_000_000, limit, "20000"), (limit, 900_000, "broker")] {
        let settings = [("max.message.bytes", max_message_bytes.to_string())];
        let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
        let topics = Topics::on(&shared.cluster, &settings);
        topics.publish_texts(&around(incompressible(limit)));
        let options = IntakeOptions {
            record_bytes_max,
            ..topics.options(&unique("small"))
        };
        let compressed_not = Cluster {
            properties: [("compression.codec".to_owned(), "none".to_owned())].into(),
            ..topics.cluster.clone()
        };
        let intake = Intake::start(&compressed_not, options, Arc::new(Identity)).unwrap();
        let status = when("all are taken in", &intake, |status| status.deliveries == 10);
        assert_eq!((status.events, status.unrecognised), (10, 1));
        assert_eq!((status.refused, status.given_up), (1, 0));
        let expected: Vec<String> = (0..10)
            .map(|number| match number {
                5 => format!("?0:5 refused by {by}"),
                number => number.to_string(),
            })
            .collect();
        assert_eq!(read(&topics), expected);
    }
}

/// More than the limit, also with nothing around it.
const fn incompressible(limit: usize) -> usize {
    limit + 1000
}

/// Never gives anything that fits.
struct Stubborn;

impl Transform for Stubborn {
    fn transform(&self, inbound: &Inbound<'_>) -> Vec<Outgoing> {
        Identity.transform(inbound)
    }

    fn refused(&self, inbound: &Inbound<'_>, _: Refusal) -> Vec<Outgoing> {
        self.transform(inbound)
    }
}

#[test]
fn what_cannot_be_replaced_is_given_up_and_counted() {
    let Some(topics) = Topics::begin("what_cannot_be_replaced_is_given_up_and_counted") else {
        return;
    };
    topics.publish_texts(&around(5_000));
    let options = IntakeOptions {
        record_bytes_max: 4_000,
        ..topics.options(&unique("stubborn"))
    };
    let intake = Intake::start(&topics.cluster, options, Arc::new(Stubborn)).unwrap();
    let status = when("all are taken in", &intake, |status| status.deliveries == 10);
    assert_eq!((status.events, status.refused, status.given_up), (9, 1, 1));
    assert_eq!(read(&topics).len(), 9);
}

/// Makes none, one or three events of a delivery and keeps what it was given.
#[derive(Default)]
struct Keeping(Mutex<Vec<String>>);

impl Transform for Keeping {
    fn transform(&self, inbound: &Inbound<'_>) -> Vec<Outgoing> {
        let text = String::from_utf8_lossy(inbound.value.unwrap_or_default()).into_owned();
        assert!(
            inbound
                .timestamp
                .is_some_and(|at| at > Timestamp::from_seconds(1_600_000_000))
        );
        self.0.lock().unwrap().push(format!(
            "{:?} {:?} {}:{} {:?} {:?} {:?}",
            inbound.topic,
            inbound.source,
            inbound.partition,
            inbound.offset,
            inbound.key,
            inbound.headers,
            inbound.attributes.id
        ));
        let count = text.parse().unwrap();
        (0..count)
            .map(|part| outgoing(inbound, format!("{text}.{part}").as_bytes()))
            .collect()
    }

    fn refused(&self, inbound: &Inbound<'_>, why: Refusal) -> Vec<Outgoing> {
        Identity.refused(inbound, why)
    }
}

#[test]
fn a_delivery_is_told_whole_and_becomes_any_number_of_events() {
    let Some(topics) = Topics::begin("a_delivery_is_told_whole_and_becomes_any_number_of_events") else {
        return;
    };
    topics.publish_texts(&[(0, "0".to_owned()), (0, "1".to_owned()), (0, "3".to_owned())]);
    let keeping = Arc::new(Keeping::default());
    let transform = Arc::clone(&keeping) as Arc<dyn Transform>;
    let intake = Intake::start(&topics.cluster, topics.options(&unique("keeping")), transform).unwrap();
    let status = when("all are taken in", &intake, |status| status.deliveries == 3);
    assert_eq!(status.events, 4);
    assert_eq!(read(&topics), ["1.0", "3.0", "3.1", "3.2"]);
    let any = b"any".as_slice();
    let id = [("ce_id", b"3".as_slice())];
    let told = format!(
        "{:?} Some(\"meta\") 0:2 {:?} {id:?} Some(\"3\")",
        topics.inbound,
        Some(any)
    );
    assert_eq!(keeping.0.lock().unwrap()[2], told);

    // Another instance goes on from what is committed.
    intake.stop();
    topics.publish_texts(&[(0, "1".to_owned())]);
    let next = start(&topics, topics.options(&unique("next")));
    when("only what is new is taken in", &next, |status| status.deliveries == 1);
    assert_eq!(read(&topics).last().map(String::as_str), Some("1"));
}
