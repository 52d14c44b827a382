//! What runs beside the engine in the same process, as far as operators ask for it here: readiness and metrics.

use std::fmt;
use std::sync::Arc;

use origem_engine::Cause;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use crate::metrics::{Metric, Sample, write};
use crate::state::Health;

/// Something that runs beside the engine.
pub trait Beside: Send + Sync {
    /// Why no requests should be sent here yet; `None` if they may.
    fn unready(&self) -> Option<Cause>;

    /// What it can measure.
    fn metrics(&self) -> &'static [Metric];

    /// What it measures, now.
    fn samples(&self) -> Vec<Sample>;
}

/// What runs beside has not started yet.
pub(crate) const STARTING: Cause = Cause {
    code: "starting",
    message: "the instance is on its way into its group",
    advice: "wait; the server's log tells what it waits for",
};

/// The place for what runs beside; empty until it has started.
pub(crate) struct Place(pub Arc<Health>);

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(..)")
    }
}

impl Collector for Place {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        match self.0.beside() {
            Some(beside) => write(beside.metrics(), &beside.samples(), &mut encoder),
            None => Ok(()),
        }
    }
}
