//! What runs beside the engine in the same process, as far as operators ask for it here: readiness and metrics.

use std::fmt;
use std::sync::{Arc, OnceLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

/// Something that runs beside the engine.
pub trait Beside: Send + Sync {
    /// Why no requests should be sent here yet, in a word; `None` if they may.
    fn unready(&self) -> Option<&'static str>;

    /// What it measures, now. Samples of one name stand together.
    fn samples(&self) -> Vec<Sample>;
}

/// One value of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Name without the prefix `origem_`.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Names and values of labels; never anything personal.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: u64,
}

/// The place for what runs beside; empty until it has started.
#[derive(Clone, Default)]
pub(crate) struct Place(pub Arc<OnceLock<Arc<dyn Beside>>>);

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(..)")
    }
}

impl Collector for Place {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let samples = self.0.get().map(|beside| beside.samples()).unwrap_or_default();
        for family in samples.chunk_by(|one, other| one.name == other.name) {
            let [first, ..] = family else { continue };
            let mut metric = encoder.encode_descriptor(first.name, first.help, None, MetricType::Gauge)?;
            for sample in family {
                metric.encode_family(&sample.labels)?.encode_gauge(&sample.value)?;
            }
        }
        Ok(())
    }
}
