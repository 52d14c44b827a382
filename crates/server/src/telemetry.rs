//! Structured logs on standard error. At level info they hold no personal data.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};
use crate::failure::Failure;

/// Starts logging as configured.
pub fn start(config: &Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.telemetry_level)
        .map_err(|error| Failure::from(error).context("telemetry.level is not valid"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.telemetry_format {
        LogFormat::Json => builder.json().try_init()?,
        LogFormat::Text => builder
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .try_init()?,
    }
    Ok(())
}
