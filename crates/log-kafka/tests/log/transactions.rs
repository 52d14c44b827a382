//! Offsets that are not records: marks of transactions, and records of aborted ones.

use std::time::Duration;

use origem_domain::position::Offset;
use origem_log::{EventLog, ReadError, ReadLimit};
use origem_log_kafka::Cluster;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::support::{self, P0, append, read_all, texts};

const LONG: Duration = Duration::from_secs(20);

/// Another process that writes in transactions, as intake does.
struct Other<'a> {
    producer: BaseProducer,
    topic: &'a str,
}

impl<'a> Other<'a> {
    fn new(bootstrap: &str, topic: &'a str) -> Self {
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("transactional.id", support::unique("transactions"))
            .create()
            .unwrap();
        producer.init_transactions(LONG).unwrap();
        Self { producer, topic }
    }

    fn begin(&self, records: &[&str]) {
        self.producer.begin_transaction().unwrap();
        for record in records {
            let entry = BaseRecord::<(), str>::to(self.topic).partition(0).payload(record);
            self.producer.send(entry).unwrap();
        }
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(Duration::from_millis(1));
        }
    }

    fn commit(&self) {
        self.producer.commit_transaction(LONG).unwrap();
    }

    fn abort(&self) {
        self.producer.abort_transaction(LONG).unwrap();
    }
}

#[test]
fn marks_and_aborted_records_are_passed_over() {
    let Some(broker) = origem_broker::story("marks and aborted records are passed over") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    // c: a transaction that commits, x: one that aborts, r: an append. The offset of each record follows, and the tail.
    let cases: [(&str, &[u64], u64); 8] = [
        ("r r", &[0, 1], 2),
        ("c", &[0, 1], 3),
        ("x", &[], 3),
        ("r c r", &[0, 1, 2, 4], 5),
        ("r x r", &[0, 4], 5),
        ("x x r", &[6], 7),
        ("r x", &[0], 4),
        ("c x c x", &[0, 1, 6, 7], 12),
    ];
    for (steps, offsets, tail) in cases {
        let topic = support::topic(&cluster, "transactions");
        let log = support::open(&cluster, &topic);
        let other = Other::new(&broker.bootstrap, &topic);
        let (mut expected, mut end) = (Vec::new(), 0);
        for (index, step) in steps.split(' ').enumerate() {
            let names = [format!("{index}a"), format!("{index}b")];
            let names = [names[0].as_str(), names[1].as_str()];
            match step {
                "r" => drop(append(&log, P0, &names[..1])),
                "c" => {
                    other.begin(&names);
                    other.commit();
                }
                _ => {
                    other.begin(&names);
                    other.abort();
                }
            }
            let (written, taken) = match step {
                "r" => (1, 1),
                "c" => (2, 3),
                _ => (0, 3),
            };
            end += taken;
            // The transaction has ended when the mark is written, which follows the answer to the commit: what came before would stand
            // before the mark.
            assert_eq!(log.wait(P0, Offset(end - 1), LONG).unwrap(), Offset(end), "{steps}");
            expected.extend(names[..written].iter().map(ToString::to_string));
        }
        assert_eq!(end, tail, "{steps}");
        let expected: Vec<(u64, String)> = offsets.iter().copied().zip(expected).collect();
        assert_eq!(offsets.len(), expected.len());
        for from in 0..=tail {
            let rest: Vec<_> = expected.iter().filter(|(offset, _)| *offset >= from).cloned().collect();
            assert_eq!(read_all(&log, P0, from), (rest, tail), "{steps} from {from}");
        }
        // Also one record at a time.
        let one = ReadLimit {
            bytes_max: 1,
            records_max: 1,
        };
        let (mut next, mut seen) = (Offset(0), 0);
        while next < Offset(tail) {
            let batch = log.read(P0, next, one).unwrap();
            assert!(batch.next() > next && batch.len() <= 1, "{steps}");
            seen += batch.len();
            next = batch.next();
        }
        assert_eq!((next, seen), (Offset(tail), expected.len()), "{steps}");
        assert!(matches!(
            log.read(P0, Offset(tail + 1), one),
            Err(ReadError::OutOfRange { .. })
        ));
    }
}

#[test]
fn an_open_transaction_is_beyond_the_tail() {
    let Some(broker) = origem_broker::story("an open transaction is beyond the tail") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topic = support::topic(&cluster, "open");
    let log = support::open(&cluster, &topic);
    let other = Other::new(&broker.bootstrap, &topic);
    append(&log, P0, &["before"]);
    other.begin(&["held"]);
    assert_eq!(append(&log, P0, &["ours"]), (2, 3));
    assert_eq!(log.tail(P0).unwrap(), Offset(1));
    assert_eq!(texts(&log, P0), ["before"]);
    assert_eq!(log.wait(P0, Offset(1), Duration::from_millis(200)).unwrap(), Offset(1));
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| log.wait(P0, Offset(1), LONG).unwrap());
        other.commit();
        assert!(waiter.join().unwrap() > Offset(1));
    });
    assert_eq!(log.wait(P0, Offset(3), LONG).unwrap(), Offset(4));
    assert_eq!(texts(&log, P0), ["before", "held", "ours"]);
}

/// A reader that follows while transactions of another process and appends of ours come in misses nothing and sees nothing twice.
#[test]
fn a_reader_follows_transactions() {
    const ROUNDS: usize = 60;
    let Some(broker) = origem_broker::story("a reader follows transactions") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    let topic = support::topic(&cluster, "follow");
    let log = support::open(&cluster, &topic);
    let end = "end";
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut next, mut seen) = (Offset(0), Vec::new());
            while seen.last().is_none_or(|text| text != end) {
                assert!(log.wait(P0, next, LONG).unwrap() > next, "nothing came for long");
                let batch = log.read(P0, next, ReadLimit::default()).unwrap();
                assert!(batch.next() > next);
                seen.extend(
                    batch
                        .iter()
                        .map(|(_, record)| String::from_utf8_lossy(record).into_owned()),
                );
                next = batch.next();
            }
            seen
        });
        let other = Other::new(&broker.bootstrap, &topic);
        let mut written = Vec::new();
        for round in 0..ROUNDS {
            let names = [format!("{round}a"), format!("{round}b")];
            let names = [names[0].as_str(), names[1].as_str()];
            match round % 3 {
                0 => drop(append(&log, P0, &names)),
                1 => {
                    other.begin(&names);
                    other.commit();
                }
                _ => {
                    other.begin(&names);
                    other.abort();
                    continue;
                }
            }
            written.extend(names.map(ToOwned::to_owned));
        }
        append(&log, P0, &[end]);
        written.push(end.to_owned());
        assert_eq!(reader.join().unwrap(), written);
    });
}
