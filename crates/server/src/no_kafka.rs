//! What stands in the place of `kafka` in a build without it: settings that nobody reads, and a refusal.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use origem_domain::key::Secret;
use origem_engine::{Directory, Engine};
use origem_http::Credential;
use origem_log::EventLog;

use crate::command::serve::Troubles;
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

/// There are no other instances.
#[allow(clippy::unnecessary_wraps)] // as with Kafka
pub fn secrets_in_use(_: &Settings) -> Result<BTreeSet<String>, Failure> {
    Ok(BTreeSet::new())
}

/// Nobody compares.
pub fn fingerprint(_: &Secret) -> String {
    String::new()
}

/// What is refused is opening the log.
#[allow(clippy::unnecessary_wraps)] // as with Kafka
pub fn check_partitions(_: &Settings) -> Result<(), Failure> {
    Ok(())
}

/// Refuses.
pub fn open_log(_: &Settings) -> Result<Arc<dyn EventLog>, Failure> {
    Err(Failure::usage(
        "this build has no Kafka; build it with the feature `kafka`",
    ))
}

/// As [`open_log`].
pub fn open_directory(_: &Settings) -> Result<Directory, Failure> {
    Err(Failure::usage(
        "this build has no Kafka; build it with the feature `kafka`",
    ))
}

/// Nothing runs beside the server.
pub struct Beside;

impl Beside {
    #[allow(clippy::unnecessary_wraps)] // as with Kafka
    pub fn start(
        _: &Config,
        _: &Arc<Engine>,
        _: SocketAddr,
        _: &origem_http::State,
        _: Troubles,
    ) -> Result<Self, Failure> {
        Ok(Self)
    }

    pub fn stop(self) {}
}
