//! The way to the collector: plain HTTP, by the client that the binary has anyway. TLS is the collector's business, which stands beside
//! the server or behind a proxy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tracing::{info, warn};

/// How long the collector may take; traces that it does not take by then are lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// A collector. Called from the thread that sends traces and nothing else, so it may block.
#[derive(Debug)]
pub struct Collector {
    agent: ureq::Agent,
    /// It did not take the last traces: said once, not every few seconds.
    away: AtomicBool,
}

impl Default for Collector {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE));
        Self {
            agent: config.build().into(),
            away: AtomicBool::new(false),
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request);
        let trouble = match &sent {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(response.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        let was_away = self.away.swap(trouble.is_some(), Ordering::Relaxed);
        match trouble {
            Some(trouble) if !was_away => warn!(trouble, "the collector takes no traces: they are lost until it does"),
            None if was_away => info!("the collector takes traces again"),
            _ => {}
        }
        Ok(sent?)
    }
}

impl Collector {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let response = self.agent.run(request.map(|body| body.to_vec()))?;
        let (head, mut body) = response.into_parts();
        Ok(Response::from_parts(head, body.read_to_vec()?.into()))
    }
}
