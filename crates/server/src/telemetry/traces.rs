//! Traces: the spans of the way from a delivery to its rows, sent to a collector. What is in them: docs/howto/observe.md.
//!
//! The variables that OpenTelemetry has for all programs are honoured: `OTEL_EXPORTER_OTLP_ENDPOINT` and its kin, `OTEL_SERVICE_NAME`,
//! `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`.

use axum::http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::SdkTracerProvider;
use origem_engine::trace;
use tracing::{Level, Span, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;

use super::Boxed;
use super::collector::Collector;
use crate::failure::Failure;

/// The variables that name a collector.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// Where OTLP over HTTP takes traces, below the address of the collector.
const PATH: &str = "/v1/traces";

/// Traces that are being sent. Dropping it sends what is left, with bounded patience.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts sending to the collector at `endpoint`, such as `http://127.0.0.1:4318`, else to the one that the environment names;
    /// `None` if neither does.
    ///
    /// # Errors
    /// If an address makes no sense, or is not of plain HTTP.
    pub fn start(endpoint: Option<&str>) -> Result<Option<Self>, Failure> {
        let is_named = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        if endpoint.is_none() && !ENDPOINTS.iter().any(is_named) {
            return Ok(None);
        }
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(Collector::default());
        let context = "telemetry.otlp_endpoint is not valid";
        if let Some(endpoint) = endpoint {
            if !endpoint.starts_with("http://") {
                let advice = "name a collector beside the server, such as http://127.0.0.1:4318; it may pass on by TLS";
                return Err(
                    Failure::from(format!("{endpoint} is no address of plain HTTP: {advice}")).context(context),
                );
            }
            let endpoint = endpoint.trim_end_matches('/');
            exporter = exporter.with_endpoint(match endpoint.ends_with(PATH) {
                true => endpoint.to_owned(),
                false => format!("{endpoint}{PATH}"),
            });
        }
        let exporter = exporter
            .build()
            .map_err(|error| Failure::from(error).context(context))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource());
        Ok(Some(Self(provider.build())))
    }

    /// The layer that makes traces of spans.
    pub fn layer(&self) -> Boxed {
        let tracer = self.0.tracer(env!("CARGO_PKG_NAME"));
        // Where in the code and on which thread a span began says nothing to operators.
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        layer
            .with_filter(Targets::new().with_target(trace::TARGET, Level::INFO))
            .boxed()
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            warn!(%error, "the last traces may not have been sent");
        }
    }
}

/// What the collector shows as the sender.
fn resource() -> Resource {
    let resource = Resource::builder_empty()
        .with_service_name("origem")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_detector(Box::new(EnvResourceDetector::new()))
        .with_detector(Box::new(TelemetryResourceDetector));
    match std::env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name).build(),
        _ => resource.build(),
    }
}

/// Makes `span` a part of the caller's trace, if the headers of the request name one (`traceparent`).
pub fn join(span: &Span, headers: &HeaderMap) {
    let caller = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // It can be joined as long as it has not begun; who calls this has just made it.
    drop(span.set_parent(caller));
}
