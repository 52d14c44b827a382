//! What the process tells of itself: structured logs on standard error, and traces to a collector where one is configured. At level
//! info, logs hold no personal data; traces never do.
//!
//! ```text
//! events of all crates ----filter: telemetry.level----> lines on standard error
//! spans of deliveries -----filter: their target-------> collector (OTLP over HTTP), in batches, from a thread of its own
//! ```

mod collector;
mod traces;

use std::io::IsTerminal as _;

use origem_engine::trace;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{Config, LogFormat};
use crate::failure::Failure;

pub use traces::{Traces, join};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts logging as configured.
pub fn start(config: &Config) -> Result<(), Failure> {
    Ok(Registry::default().with(logs(config)?).try_init()?)
}

/// Starts logging, and sending traces if the settings or the environment name a collector. What it gives is kept until the end: it
/// sends what is left.
pub fn start_with_traces(config: &Config) -> Result<Option<Traces>, Failure> {
    let traces = Traces::start(config.telemetry_otlp_endpoint.as_deref())?;
    let mut layers = vec![logs(config)?];
    layers.extend(traces.as_ref().map(Traces::layer));
    Registry::default().with(layers).try_init()?;
    Ok(traces)
}

fn logs(config: &Config) -> Result<Boxed, Failure> {
    let filter = EnvFilter::try_new(&config.telemetry_level)
        .map_err(|error| Failure::from(error).context("telemetry.level is not valid"))?;
    // Spans are for the collector; without one they cost nothing.
    let filter = filter.add_directive(format!("{}=off", trace::TARGET).parse()?);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    Ok(match config.telemetry_format {
        LogFormat::Json => layer.json().with_filter(filter).boxed(),
        LogFormat::Text => {
            let layer = layer.with_ansi(std::io::stderr().is_terminal()).with_target(false);
            layer.with_filter(filter).boxed()
        }
    })
}
