//! Metrics in Prometheus text. Labels hold routes, statuses and sources; never anything personal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::Method;
use origem_domain::time::Timestamp;
use origem_engine::{Accepted, Progress, Source, Status};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::beside::Place;

type Labels = Vec<(&'static str, String)>;
type MakeHistogram = fn() -> Histogram;

/// From a tenth of a millisecond, what a flush takes, to what people give up after.
const BUCKETS_S: [f64; 12] = [
    0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram, MakeHistogram>,
    deliveries: Family<Labels, Counter>,
    events: Family<Labels, Counter>,
    unrecognised: Family<Labels, Counter>,
    projected: Projected,
}

type Gauges = Family<Labels, Gauge<u64, AtomicU64>>;
type Counters = Family<Labels, Counter>;

/// What the engine says of the partitions that are here, read when the metrics are.
#[derive(Default)]
struct Projected {
    events: Counters,
    duplicates: Counters,
    unrecognised: Counters,
    tail: Gauges,
    checkpoint: Gauges,
    lag: Gauges,
    lag_seconds: Gauges,
    loading: Gauges,
    failed: Gauges,
    log_away: Gauges,
    conversations: Gauges,
    memory: Gauge<u64, AtomicU64>,
}

impl Metrics {
    /// Metrics of an edge, and of what runs beside it.
    pub(crate) fn new(beside: Place) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("origem"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
            deliveries: Family::default(),
            events: Family::default(),
            unrecognised: Family::default(),
            projected: Projected::default(),
        };
        metrics.register();
        metrics.registry.register_collector(Box::new(beside));
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests answered", self.requests.clone());
        let help = "Time to the head of the answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, self.durations.clone());
        registry.register(
            "deliveries_accepted",
            "Deliveries made durable",
            self.deliveries.clone(),
        );
        registry.register("events_accepted", "Events made durable", self.events.clone());
        let help = "Events made durable that were not understood";
        registry.register("events_accepted_unrecognised", help, self.unrecognised.clone());
        let projected = &self.projected;
        registry.register("events_projected", "Events the views hold", projected.events.clone());
        let help = "Of these, known before";
        registry.register("events_projected_duplicates", help, projected.duplicates.clone());
        let help = "Of these, not understood";
        registry.register("events_projected_unrecognised", help, projected.unrecognised.clone());
        registry.register("log_tail", "The next offset to be appended", projected.tail.clone());
        registry.register(
            "checkpoint",
            "The next offset to be projected",
            projected.checkpoint.clone(),
        );
        registry.register("lag", "Records appended and not projected yet", projected.lag.clone());
        let help = "Since the oldest record that waits to be projected was received";
        registry.register_with_unit("lag", help, Unit::Seconds, projected.lag_seconds.clone());
        let help = "1 while the views are new and not whole yet";
        registry.register("views_loading", help, projected.loading.clone());
        registry.register(
            "projector_failed",
            "1 if the projector has stopped for good",
            projected.failed.clone(),
        );
        let help = "1 while the log cannot be read";
        registry.register("log_unavailable", help, projected.log_away.clone());
        registry.register(
            "conversations",
            "Conversations there are",
            projected.conversations.clone(),
        );
        let help = "Memory of the process that is in use";
        registry.register_with_unit("process_resident_memory", help, Unit::Bytes, projected.memory.clone());
    }

    /// Counts a request.
    pub(crate) fn request(&self, method: &Method, route: &str, status: u16, duration: Duration) {
        let route = ("route", route.to_owned());
        let labels = vec![("method", known(method)), route.clone(), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.durations
            .get_or_create(&vec![route])
            .observe(duration.as_secs_f64());
    }

    /// Counts what was taken in.
    pub(crate) fn accepted(&self, source: Source, deliveries: u64, accepted: &Accepted) {
        let labels = vec![("source", source.name().to_owned())];
        self.deliveries.get_or_create(&labels).inc_by(deliveries);
        self.events.get_or_create(&labels).inc_by(accepted.events);
        self.unrecognised.get_or_create(&labels).inc_by(accepted.unrecognised);
    }

    /// The metrics as text, with what the engine says of itself now.
    pub(crate) fn text(&self, status: &Status, now: Timestamp) -> String {
        self.projected.read(status, now);
        self.projected.memory.set(resident_bytes().unwrap_or_default());
        let mut text = String::new();
        let written = encode(&mut text, &self.registry);
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
        text
    }
}

impl Projected {
    fn read(&self, status: &Status, now: Timestamp) {
        for counters in [&self.events, &self.duplicates, &self.unrecognised] {
            counters.clear();
        }
        for gauges in self.gauges() {
            gauges.clear();
        }
        for partition in &status.partitions {
            let labels = vec![("partition", partition.partition.to_string())];
            let Progress {
                checkpoint,
                loading,
                waiting_since,
                log_away,
                failed,
                ..
            } = partition.progress;
            for (counters, value) in [
                (&self.events, checkpoint.events),
                (&self.duplicates, checkpoint.duplicates),
                (&self.unrecognised, checkpoint.unrecognised),
            ] {
                counters.get_or_create(&labels).inner().store(value, Ordering::Relaxed);
            }
            let lag = partition.lag();
            let since = waiting_since
                .filter(|_| lag > 0)
                .map_or(0, |at| now.micros() - at.micros());
            let values = [
                partition.tail.0,
                checkpoint.next.0,
                lag,
                u64::try_from(since / 1_000_000).unwrap_or_default(),
                u64::from(loading),
                u64::from(failed),
                u64::from(log_away),
                checkpoint.conversations,
            ];
            for (gauges, value) in self.gauges().into_iter().zip(values) {
                gauges.get_or_create(&labels).set(value);
            }
        }
    }

    fn gauges(&self) -> [&Gauges; 8] {
        [
            &self.tail,
            &self.checkpoint,
            &self.lag,
            &self.lag_seconds,
            &self.loading,
            &self.failed,
            &self.log_away,
            &self.conversations,
        ]
    }
}

/// Methods are the caller's to invent; labels are not.
fn known(method: &Method) -> String {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
    ];
    if known.contains(method) {
        method.to_string()
    } else {
        "other".to_owned()
    }
}

/// Memory of this process that is in use, where the system tells it in Linux's way.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
