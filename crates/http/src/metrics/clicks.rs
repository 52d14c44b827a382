//! What became of clicks on links.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sample::{Labels, Metric, write};
use crate::links::Counts;

const RECORDED: Metric = Metric::counter("clicks_recorded", "Clicks on links that are in the log");
const DROPPED: Metric = Metric::counter(
    "clicks_dropped",
    "Clicks on links that were led on and could not be recorded",
);
const PREVIEWS: Metric = Metric::counter("link_previews", "Fetches of links that nobody followed");

const METRICS: [Metric; 3] = [RECORDED, DROPPED, PREVIEWS];

/// The counts of an edge.
#[derive(Debug)]
pub(super) struct Clicked(pub(super) Arc<Counts>);

impl Collector for Clicked {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Counts {
            recorded,
            dropped,
            previews,
        } = &*self.0;
        let counts = [(RECORDED, recorded), (DROPPED, dropped), (PREVIEWS, previews)];
        let samples = counts.map(|(metric, count)| metric.sample(Labels::new(), count.load(Ordering::Relaxed)));
        write(&METRICS, &samples, &mut encoder)
    }
}
