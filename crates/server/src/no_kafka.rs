//! What stands in the place of `kafka` in a build without it: settings that nobody reads, and a refusal.

use std::net::SocketAddr;
use std::sync::Arc;

use origem_engine::Engine;
use origem_http::Credential;
use origem_log::EventLog;

use crate::config::{Config, ConfigError, Resolved};
use crate::failure::Failure;

/// None are understood.
#[derive(Debug, Clone)]
pub struct Settings;

impl Settings {
    #[allow(clippy::unnecessary_wraps)] // as with Kafka
    pub fn new(_: &Resolved) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

/// There is no group.
pub fn peer_token(_: &Config, _: &Engine) -> Option<Credential> {
    None
}

/// Refuses.
pub fn open_log(_: &Settings) -> Result<Arc<dyn EventLog>, Failure> {
    Err(Failure::usage(
        "this build has no Kafka; build it with the feature `kafka`",
    ))
}

/// Nothing runs beside the server.
pub struct Beside;

impl Beside {
    #[allow(clippy::unnecessary_wraps)] // as with Kafka
    pub fn start(_: &Config, _: &Arc<Engine>, _: SocketAddr, _: &origem_http::State) -> Result<Self, Failure> {
        Ok(Self)
    }

    pub fn stop(self) {}
}
