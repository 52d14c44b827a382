//! Metrics that are measured when somebody asks, and how they are written down.

use std::fmt;

use origem_engine::Histogram;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// A metric: what it is called and what it means. docs/metrics.md has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Name without the prefix `origem_` and, of a counter, without `_total`; the unit last.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
    /// How its values behave.
    pub kind: Kind,
}

/// How the values of a metric behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They only grow, until a restart.
    Counter,
    /// They go up and down.
    Gauge,
    /// They are measurements in buckets.
    Histogram,
}

impl Metric {
    /// A number that only grows, until a restart.
    #[must_use]
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        let kind = Kind::Counter;
        Self { name, help, kind }
    }

    /// A number that goes up and down.
    #[must_use]
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        let kind = Kind::Gauge;
        Self { name, help, kind }
    }

    /// Measurements in buckets.
    #[must_use]
    pub const fn histogram(name: &'static str, help: &'static str) -> Self {
        let kind = Kind::Histogram;
        Self { name, help, kind }
    }

    /// A value of it.
    #[must_use]
    pub fn sample(&self, labels: Labels, value: impl Into<Value>) -> Sample {
        Sample {
            name: self.name,
            labels,
            value: value.into(),
        }
    }

    /// The name as it is asked for.
    #[must_use]
    pub fn exported(&self) -> String {
        let suffix = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("origem_{}{suffix}", self.name)
    }
}

/// Names and values of labels; few, and never anything personal.
pub type Labels = Vec<(&'static str, String)>;

/// One value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The metric's name.
    pub name: &'static str,
    /// Which of its values this is.
    pub labels: Labels,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Whole(u64),
    /// Any number.
    Real(f64),
    /// Measurements.
    Measured(Histogram),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Whole(u64::from(value))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<Histogram> for Value {
    fn from(value: Histogram) -> Self {
        Self::Measured(value)
    }
}

/// Writes metrics with their samples; what has no sample is named all the same.
pub(crate) fn write(metrics: &[Metric], samples: &[Sample], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    for metric in metrics {
        let kind = match metric.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
        };
        let mut family = encoder.encode_descriptor(metric.name, metric.help, None, kind)?;
        for sample in samples.iter().filter(|sample| sample.name == metric.name) {
            if sample.labels.is_empty() {
                value(&sample.value, metric.kind, &mut family)?;
            } else {
                value(&sample.value, metric.kind, &mut family.encode_family(&sample.labels)?)?;
            }
        }
    }
    Ok(())
}

fn value(value: &Value, kind: Kind, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    match (value, kind) {
        (Value::Measured(measured), _) => {
            let (sum, count) = (measured.sum, measured.count());
            encoder.encode_histogram::<NoLabelSet>(sum, count, &measured.buckets, None)
        }
        (Value::Whole(value), Kind::Counter) => encoder.encode_counter::<NoLabelSet, _, u64>(value, None),
        (Value::Real(value), Kind::Counter) => encoder.encode_counter::<NoLabelSet, _, f64>(value, None),
        (Value::Whole(value), _) => encoder.encode_gauge(value),
        (Value::Real(value), _) => encoder.encode_gauge(value),
    }
}
