//! What goes wrong at a broker: records over the limit, a broker that is killed or paused, others who write too, faults to order.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use origem_broker::Options;
use origem_domain::position::{Offset, Partition};
use origem_log::{AppendError, EventLog, ReadError, ReadLimit};
use origem_log_kafka::{Cluster, KafkaLog};
use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::support::{self, P0, append, texts, until};

#[test]
fn a_record_over_the_limit_is_refused_with_the_limit() {
    let Some(broker) = origem_broker::story("a record over the limit is refused with the limit") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topic = support::topic_with(&cluster, "limit", 1, &[("max.message.bytes", "20000")]);
    let log = support::open(&cluster, &topic);
    // Bytes that no codec makes smaller.
    let noise: Vec<u8> = (0..20_000u64)
        .map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect();
    let refused = log.append(P0, &[b"a", &noise]);
    assert!(
        matches!(
            &refused,
            Err(AppendError::RecordTooLarge {
                bytes: 20_001..,
                limit: 20_000
            })
        ),
        "{refused:?}"
    );
    assert_eq!(log.tail(P0).unwrap(), Offset(0), "nothing of the batch is there");
    // What our own count lets pass, the broker takes: right up to the limit, and many together.
    let mut largest = 20_000;
    while log.append(P0, &[&noise[..largest]]).is_err() {
        largest -= 1;
    }
    assert!(largest > 19_000, "{largest}");
    let many: Vec<&[u8]> = (0..50).map(|_| &noise[..largest]).collect();
    assert_eq!(log.append(P0, &many).unwrap(), Offset(1)..Offset(51));
}

/// The topic was made smaller after the log was opened: then the broker says so.
#[test]
fn a_missing_partition_is_told() {
    let Some(broker) = origem_broker::story("a missing partition is told") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topic = support::topic_with(&cluster, "partitions", 3, &[]);
    let log = support::open(&cluster, &topic);
    assert_eq!(log.partitions(), 3);
    for partition in 0..3 {
        assert_eq!(append(&log, Partition(partition), &["a"]), (0, 1));
    }
    assert!(matches!(
        log.append(Partition(3), &[]),
        Err(AppendError::NoPartition { partitions: 3, .. })
    ));
    let huge = log.read(P0, Offset(u64::MAX), ReadLimit::default());
    assert!(matches!(huge, Err(ReadError::OutOfRange { tail: Offset(1), .. })));
}

#[test]
fn two_writers_share_a_partition() {
    const BATCHES: usize = 50;
    let Some(broker) = origem_broker::story("two writers share a partition") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topic = support::topic(&cluster, "shared");
    // Two logs have nothing in common, as two processes have not.
    let logs = [support::open(&cluster, &topic), support::open(&cluster, &topic)];
    std::thread::scope(|scope| {
        for (writer, log) in logs.iter().enumerate() {
            scope.spawn(move || {
                let mut last = 0;
                for batch in 0..BATCHES {
                    let records: Vec<String> = (0..3).map(|i| format!("{writer}.{:04}", batch * 3 + i)).collect();
                    let records: Vec<&str> = records.iter().map(String::as_str).collect();
                    let (first, next) = append(log, P0, &records);
                    assert!(first >= last && next - first >= 3);
                    last = next;
                }
            });
        }
    });
    for log in &logs {
        let all = texts(log, P0);
        assert_eq!(all.len(), 2 * 3 * BATCHES);
        for writer in ["0.", "1."] {
            let own: Vec<&String> = all.iter().filter(|text| text.starts_with(writer)).collect();
            assert!(own.is_sorted(), "the order of a writer is kept");
        }
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}

/// Appends and reads go on over a broker that dies and comes back: what was acknowledged is there, in order, and nobody reopened.
#[test]
fn a_killed_broker_comes_back() {
    let Some(mut broker) = origem_broker::story_of_own("a killed broker comes back", Options::default()) else {
        return;
    };
    let cluster = Cluster::new(&broker.endpoints().bootstrap);
    let topic = support::topic(&cluster, "killed");
    let log = support::open_impatient(&cluster, &topic);
    let (stop, acknowledged, failed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let grown = |counter: &AtomicUsize, by: usize| {
        let (begun, before) = (Instant::now(), counter.load(Ordering::SeqCst));
        while counter.load(Ordering::SeqCst) < before + by {
            assert!(begun.elapsed() < Duration::from_secs(60), "no progress for a minute");
            std::thread::yield_now();
        }
    };
    let (written, seen) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                let record = format!("{:06}", written.len());
                match log.append(P0, &[record.as_bytes()]) {
                    Ok(range) => {
                        written.push((range.start, record));
                        acknowledged.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(error) => {
                        assert!(
                            matches!(error, AppendError::NotConfirmed { .. }),
                            "{}",
                            support::chain(&error)
                        );
                        assert!(
                            support::chain(&error).contains("no broker answers at"),
                            "{}",
                            support::chain(&error)
                        );
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                }
            }
            written
        });
        let reader = scope.spawn(|| {
            let (mut next, mut seen) = (Offset(0), Vec::new());
            loop {
                let done = stop.load(Ordering::SeqCst);
                let waited = log.wait(P0, next, Duration::from_millis(200));
                match waited.and_then(|_| log.read(P0, next, ReadLimit::default())) {
                    Ok(batch) => {
                        seen.extend(
                            batch
                                .iter()
                                .map(|(offset, record)| (offset, String::from_utf8_lossy(record).into_owned())),
                        );
                        if done && batch.is_empty() {
                            return seen;
                        }
                        next = batch.next();
                    }
                    Err(error) => assert!(matches!(error, ReadError::Io { .. }), "{error}"),
                }
            }
        });
        grown(&acknowledged, 50);
        broker.kill(1).unwrap();
        grown(&failed, 1);
        assert!(matches!(log.tail(P0), Err(ReadError::Io { .. })));
        broker.start_again(1).unwrap();
        grown(&acknowledged, 50);
        stop.store(true, Ordering::SeqCst);
        (writer.join().unwrap(), reader.join().unwrap())
    });
    assert!(seen.is_sorted_by_key(|(offset, _)| *offset));
    let lost: Vec<_> = written.iter().filter(|record| !seen.contains(record)).collect();
    assert!(lost.is_empty(), "acknowledged and not read: {lost:?}");
    assert_eq!(
        seen,
        support::read_all(&log, P0, 0)
            .0
            .into_iter()
            .map(|(offset, text)| (Offset(offset), text))
            .collect::<Vec<_>>()
    );
}

/// A broker that hangs is as good as gone, until it goes on.
#[test]
fn a_paused_broker_is_waited_for() {
    let Some(mut broker) = origem_broker::story_of_own("a paused broker is waited for", Options::default()) else {
        return;
    };
    let cluster = Cluster::new(&broker.endpoints().bootstrap);
    let topic = support::topic(&cluster, "paused");
    let log = support::open_impatient(&cluster, &topic);
    append(&log, P0, &["a"]);
    assert_eq!(texts(&log, P0), ["a"]);
    broker.pause(1).unwrap();
    let begun = Instant::now();
    assert!(matches!(log.append(P0, &[b"b"]), Err(AppendError::NotConfirmed { .. })));
    assert!(matches!(
        log.read(P0, Offset(1), ReadLimit::default()),
        Err(ReadError::Io { .. })
    ));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    broker.resume(1).unwrap();
    until(|| log.append(P0, &[b"c"]));
    let all = until(|| log.tail(P0).map(|_| texts(&log, P0)));
    // What was not confirmed may be there all the same.
    assert!(all == ["a", "c"] || all == ["a", "b", "c"], "{all:?}");
}

#[test]
fn errors_of_the_broker_are_retried_without_loss_or_repeat() {
    let broker = MockCluster::new(1).unwrap();
    broker.create_topic("events", 1, 1).unwrap();
    let log = KafkaLog::open(
        &Cluster::new(&broker.bootstrap_servers()),
        "events",
        support::describe(),
    )
    .unwrap();
    let faults = [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    ];
    for round in 0..5 {
        broker.request_errors(RDKafkaApiKey::Produce, &faults);
        let texts: Vec<String> = (0..20).map(|i| format!("{round}.{i}")).collect();
        let (first, next) = append(&log, P0, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((first, next), (round * 20, round * 20 + 20));
    }
    let expected: Vec<String> = (0..5)
        .flat_map(|round| (0..20).map(move |i| format!("{round}.{i}")))
        .collect();
    assert_eq!(texts(&log, P0), expected);
}

#[test]
fn a_refused_batch_is_not_written_and_a_spent_producer_replaced() {
    let broker = MockCluster::new(1).unwrap();
    broker.create_topic("events", 1, 1).unwrap();
    let log = KafkaLog::open(
        &Cluster::new(&broker.bootstrap_servers()),
        "events",
        support::describe(),
    )
    .unwrap();
    append(&log, P0, &["a"]);
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    broker.request_errors(RDKafkaApiKey::Produce, &[refused]);
    let error = log.append(P0, &[b"b"]).unwrap_err();
    assert!(matches!(error, AppendError::NotWritten { .. }), "{error:?}");
    assert!(
        support::chain(&error).contains("not allowed on events"),
        "{}",
        support::chain(&error)
    );
    // The client believes the broker until it asks again.
    let place = until(|| log.append(P0, &[b"c"]));
    assert_eq!(place, Offset(1)..Offset(2));

    // An idempotent producer never recovers from a fatal error.
    let spent = RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    broker.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, spent],
    );
    drop(log.append(P0, &[b"d"]));
    let (first, _) = until(|| log.append(P0, &[b"e"]).map(|range| (range.start.0, range.end.0)));
    assert!(first == 2 || first == 3, "{first}");
}
