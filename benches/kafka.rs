//! Intake and projection over a real broker, beside what librdkafka's own producer and consumer do with the same bytes.
//!
//! Everything is measured once: every figure takes seconds and wants a topic of its own. Figures of one run are to be compared
//! with each other. `cargo bench --bench kafka`, with `ORIGEM_BENCH_EVENTS` for another size.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)] // a bench that fails is to stop

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_broker::{Cluster as Brokers, Options as BrokerOptions};
use origem_domain::position::Partition;
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log::EventLog;
use origem_log_kafka::admin::{self, NewTopic, Plan};
use origem_log_kafka::{
    Cluster, Described, Inbound, InboundTopic, Intake, IntakeOptions, KafkaLog, Outgoing, Refusal, Transform,
};
use origem_log_segments::SegmentLog;
use origem_store_sled::SledStore;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset as KafkaOffset, TopicPartitionList};

const PARTITIONS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(600);

fn main() -> io::Result<()> {
    let events = std::env::var("ORIGEM_BENCH_EVENTS").ok();
    let figures = origem_measure::Bench::begin("kafka");
    let events = events
        .and_then(|text| text.parse().ok())
        .unwrap_or(figures.pick(2_000, 20_000, 200_000));
    let brokers = match Brokers::start(BrokerOptions::default()) {
        Ok(brokers) => brokers,
        Err(error) => {
            eprintln!("no broker to measure with: {error}");
            return Ok(());
        }
    };
    let bench = Bench::new(&brokers.endpoints().bootstrap, events, figures);
    println!(
        "{events} events in {} deliveries of {} bytes on average, {PARTITIONS} partitions, 1 broker, seed 7\n",
        bench.deliveries.len(),
        bench
            .deliveries
            .iter()
            .map(|delivery| delivery.body.len())
            .sum::<usize>()
            / bench.deliveries.len()
    );
    bench.run();
    brokers.stop();
    bench.figures.into_inner().end()
}

struct Bench {
    cluster: Cluster,
    deliveries: Vec<origem_sim::Delivery>,
    figures: RefCell<origem_measure::Bench>,
}

/// What intake does in the server, with the account fixed.
struct Decoding(Arc<Engine>);

impl Transform for Decoding {
    fn transform(&self, inbound: &Inbound<'_>) -> Vec<Outgoing> {
        let prepared = self.0.prepare([Delivery {
            source: Source::Meta,
            body: inbound.value.unwrap_or_default(),
            received_at: inbound.timestamp.unwrap_or_default(),
            account: "default",
        }]);
        let outgoing = |(partition, record)| Outgoing {
            partition,
            record,
            described: Described::default(),
            unrecognised: false,
        };
        prepared.into_records().map(outgoing).collect()
    }

    fn refused(&self, _: &Inbound<'_>, _: Refusal) -> Vec<Outgoing> {
        Vec::new()
    }
}

impl Bench {
    fn new(bootstrap: &str, events: u64, figures: origem_measure::Bench) -> Self {
        let simulation = origem_sim::Simulation::new(origem_sim::Options {
            seed: 7,
            events,
            ..Default::default()
        });
        Self {
            cluster: Cluster::new(bootstrap),
            deliveries: simulation.collect(),
            figures: RefCell::new(figures),
        }
    }

    fn run(&self) {
        let (inbound, events) = (self.topic("inbound"), self.topic("events"));
        let produced = self.timed("librdkafka produces the deliveries", || self.produce(&inbound));
        self.timed("librdkafka consumes them", || self.consume(&inbound));
        assert_eq!(produced, self.deliveries.len());
        let (_directory, segments) = self.engine();
        let log = KafkaLog::open(&self.cluster, &events, Arc::new(|_| Described::default())).unwrap();
        let log: Arc<dyn EventLog> = Arc::new(log);
        let decoding = Arc::new(Engine::over(log.clone(), origem_testkit::SECRET, Options::default()).unwrap());
        self.timed("intake: decoded, in transactions", || {
            self.intake(&inbound, &events, &decoding)
        });
        self.timed("librdkafka consumes the events", || self.consume(&events));
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        self.timed("projection from Kafka", || self.project(&decoding, directory.path()));
        self.timed("the same deliveries appended to segments", || {
            for chunk in self.deliveries.chunks(4096) {
                let prepared = segments.prepare(chunk.iter().map(|delivery| Delivery {
                    source: Source::Meta,
                    body: &delivery.body,
                    received_at: delivery.at,
                    account: "default",
                }));
                prepared.append(segments.log()).unwrap();
            }
            self.deliveries.len()
        });
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        self.timed("projection from segments", || self.project(&segments, directory.path()));
        for engine in [&segments, &decoding] {
            engine.stop().unwrap();
        }
    }

    /// Tells how many of something were done in a second.
    fn timed(&self, what: &str, work: impl FnOnce() -> usize) -> usize {
        let began = Instant::now();
        let count = work();
        let rate = count as f64 / began.elapsed().as_secs_f64();
        let deliveries = self.deliveries.len();
        let conditions: [(&str, &dyn Display); 2] = [("work", &what), ("deliveries", &deliveries)];
        self.figures
            .borrow_mut()
            .figure("rate", &conditions)
            .values("records/s", &[rate]);
        count
    }

    /// An engine on segments that projects nothing yet.
    fn engine(&self) -> (tempfile::TempDir, Arc<Engine>) {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (log, _) = SegmentLog::open(&directory.path().join("log"), &Default::default()).unwrap();
        let engine = Engine::over(Arc::new(log), origem_testkit::SECRET, Options::default()).unwrap();
        (directory, Arc::new(engine))
    }

    fn topic(&self, name: &str) -> String {
        let name = format!("{name}-{}", self.deliveries.len());
        let topic = NewTopic {
            name: name.clone(),
            partitions: PARTITIONS,
            replication: 1,
            settings: BTreeMap::new(),
        };
        let plan = Plan {
            create: vec![topic],
            ..Plan::default()
        };
        admin::apply(&self.cluster, &plan).unwrap();
        name
    }

    fn produce(&self, topic: &str) -> usize {
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", &self.cluster.bootstrap)
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .set("batch.size", "1000000")
            .set("compression.codec", "lz4")
            .set("queue.buffering.max.messages", "500000")
            .create()
            .unwrap();
        for (index, delivery) in self.deliveries.iter().enumerate() {
            let key = index.to_string();
            let mut record = BaseRecord::to(topic).key(&key).payload(&delivery.body);
            while let Err((_, back)) = producer.send(record) {
                producer.poll(Duration::from_millis(1));
                record = back;
            }
            if index % 100 == 0 {
                producer.poll(Duration::ZERO);
            }
        }
        while producer.in_flight_count() > 0 {
            producer.poll(Duration::from_millis(1));
        }
        self.deliveries.len()
    }

    /// Reads everything that is committed in a topic.
    fn consume(&self, topic: &str) -> usize {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.cluster.bootstrap)
            .set("group.id", "bench")
            .set("enable.partition.eof", "true")
            .create()
            .unwrap();
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            list.add_partition_offset(topic, partition.cast_signed(), KafkaOffset::Beginning)
                .unwrap();
        }
        consumer.assign(&list).unwrap();
        let (mut count, mut open) = (0, PARTITIONS);
        while open > 0 {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(_)) => count += 1,
                Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => open -= 1,
                Some(Err(error)) => eprintln!("{error}"),
                None => {}
            }
        }
        count
    }

    fn intake(&self, inbound: &str, events: &str, engine: &Arc<Engine>) -> usize {
        let topics = vec![InboundTopic {
            topic: inbound.to_owned(),
            source: None,
        }];
        let options = IntakeOptions::new(topics, events, "bench-intake", "bench");
        let intake = Intake::start(&self.cluster, options, Arc::new(Decoding(engine.clone()))).unwrap();
        let began = Instant::now();
        while (intake.status().deliveries as usize) < self.deliveries.len() {
            assert!(began.elapsed() < PATIENCE, "{:?}", intake.status());
            std::thread::sleep(Duration::from_millis(5));
        }
        intake.stop();
        self.deliveries.len()
    }

    /// Folds every partition into new views, until all is projected.
    fn project(&self, engine: &Arc<Engine>, directory: &Path) -> usize {
        for partition in engine.partitions() {
            let Partition(number) = partition;
            let store = SledStore::open(&directory.join(number.to_string()), &Default::default()).unwrap();
            engine.own(partition, Arc::new(store)).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let last = engine.status().unwrap().last();
        runtime.block_on(engine.wait(&last, PATIENCE)).unwrap();
        engine.status().unwrap().sum(|progress| progress.checkpoint.events) as usize
    }
}
