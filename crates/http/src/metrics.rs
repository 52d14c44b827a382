//! Metrics in OpenMetrics text. Labels hold routes, statuses, sources, partitions and reasons; never anything personal.
//!
//! docs/metrics.md documents each of them, and a test compares.

mod attempts;
mod bodies;
mod clicks;
mod conversions;
mod engine;
mod process;
mod rebuilds;
mod sample;

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use origem_access::Attempts;
use origem_engine::{Accepted, Source};
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub(crate) use sample::write;
pub use sample::{Kind, Labels, Metric, Sample, Value};

use crate::beside::Place;
use crate::links::Counts;
use crate::room::Room;
use crate::state::Health;
use attempts::Attempted;
use bodies::Bodies;
use clicks::Clicked;
use conversions::Conversions;
use engine::Measured;
use process::Process;
use rebuilds::Rebuilds;

type MakeHistogram = fn() -> Histogram;

/// From a tenth of a millisecond, what a flush takes, to what people give up after.
const BUCKETS_S: [f64; 12] = [
    0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// What is counted at this edge, and where the rest is measured.
pub(crate) struct Metrics {
    registry: Registry,
    /// Their names begin with no prefix of ours.
    process: Registry,
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram, MakeHistogram>,
    deliveries: Family<Labels, Counter>,
    events: Family<Labels, Counter>,
    unrecognised: Family<Labels, Counter>,
}

impl Metrics {
    /// Metrics of an edge, of its engine, and of what runs beside it.
    pub(crate) fn new(health: Arc<Health>, clicks: Arc<Counts>, attempts: Arc<Attempts>, room: Arc<Room>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("origem"),
            process: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
            deliveries: Family::default(),
            events: Family::default(),
            unrecognised: Family::default(),
        };
        metrics.register();
        metrics.registry.register_collector(Box::new(Place(health.clone())));
        metrics.registry.register_collector(Box::new(Measured(health.clone())));
        metrics.registry.register_collector(Box::new(Clicked(clicks)));
        metrics.registry.register_collector(Box::new(Attempted(attempts)));
        metrics.registry.register_collector(Box::new(Bodies(room)));
        metrics
            .registry
            .register_collector(Box::new(Conversions(health.clone())));
        metrics.registry.register_collector(Box::new(Rebuilds(health)));
        metrics.process.register_collector(Box::new(Process));
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests answered", self.requests.clone());
        let help = "Time to the head of the answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, self.durations.clone());
        let help = "Deliveries made durable over HTTP";
        registry.register("deliveries_accepted", help, self.deliveries.clone());
        let help = "Events made durable over HTTP";
        registry.register("events_accepted", help, self.events.clone());
        let help = "Events made durable over HTTP that were not understood";
        registry.register("events_accepted_unrecognised", help, self.unrecognised.clone());
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

    /// The metrics as text, as they are now. Looks at files, so it may block for a moment.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let written = encode_registry(&mut text, &self.registry)
            .and_then(|()| encode_registry(&mut text, &self.process))
            .and_then(|()| encode_eof(&mut text));
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
        text
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
