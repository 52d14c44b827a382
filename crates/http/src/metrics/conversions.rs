//! Metrics of conversions, where a destination is configured.

use std::fmt;
use std::sync::Arc;

use origem_conversions::{Desk, Destination, State};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sample::{Metric, Sample, write};
use crate::state::{Health, now};

const CONVERSIONS: Metric = Metric::gauge("conversions", "Conversions that are remembered, by where they stand");
const ATTEMPTS: Metric = Metric::counter("conversions_attempts", "What became of conversions that were sent");
const REQUESTS: Metric = Metric::counter(
    "conversions_requests",
    "Requests to destinations, by what became of them",
);
const OLDEST: Metric = Metric::gauge(
    "conversions_oldest_waiting_seconds",
    "How long the oldest conversion waits",
);
const FAILURES: Metric = Metric::gauge(
    "conversions_failures",
    "Requests to a destination that failed since one did not",
);

const ALL: &[Metric] = &[CONVERSIONS, ATTEMPTS, REQUESTS, OLDEST, FAILURES];

/// What became of conversions that were sent.
const OUTCOMES: [&str; 4] = ["sent", "refused", "failed", "gave_up"];
/// What became of requests.
const ANSWERS: [&str; 4] = ["taken", "refused", "split", "failed"];

/// Measures the outbox.
pub(super) struct Conversions(pub Arc<Health>);

impl fmt::Debug for Conversions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Conversions(..)")
    }
}

impl Collector for Conversions {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let samples = self.0.conversions().map(samples).unwrap_or_default();
        write(ALL, &samples, &mut encoder)
    }
}

fn samples(desk: &Desk) -> Vec<Sample> {
    let mut samples = Vec::new();
    let counts = desk.counts(None);
    for standing in desk.standings(None) {
        let destination = standing.destination;
        let labels = |name: &'static str, value: &str| vec![of(destination), (name, value.to_owned())];
        for state in State::ALL {
            let count = counts.items.get(&(destination, state)).copied().unwrap_or_default();
            samples.push(CONVERSIONS.sample(labels("state", state.name()), count));
        }
        let (requests, settled) = desk.attempts(destination);
        for outcome in OUTCOMES {
            let count = settled.get(outcome).copied().unwrap_or_default();
            samples.push(ATTEMPTS.sample(labels("outcome", outcome), count));
        }
        for answer in ANSWERS {
            let count = requests.get(answer).copied().unwrap_or_default();
            samples.push(REQUESTS.sample(labels("outcome", answer), count));
        }
        let oldest = standing.oldest_at.map(|at| now().since(at).max(0)).unwrap_or_default();
        let seconds = u64::try_from(oldest / 1_000_000).unwrap_or_default();
        samples.push(OLDEST.sample(vec![of(destination)], seconds));
        samples.push(FAILURES.sample(vec![of(destination)], u64::from(standing.failures)));
    }
    samples
}

fn of(destination: Destination) -> (&'static str, String) {
    ("destination", destination.name().to_owned())
}
