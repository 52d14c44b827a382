//! The room of bodies that are under way.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sample::{Labels, Metric, write};
use crate::room::Room;

const HELD: Metric = Metric::gauge("http_body_bytes", "Bytes of bodies of requests that are under way");
const REFUSED: Metric = Metric::counter(
    "http_bodies_refused",
    "Requests refused before all of their body was read",
);

/// The room of an edge.
#[derive(Debug)]
pub(super) struct Bodies(pub(super) Arc<Room>);

impl Collector for Bodies {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let samples = [
            HELD.sample(Labels::new(), self.0.held() as u64),
            REFUSED.sample(Labels::new(), self.0.refused()),
        ];
        write(&[HELD, REFUSED], &samples, &mut encoder)
    }
}
