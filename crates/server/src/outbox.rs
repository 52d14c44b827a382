//! The outbox of conversions in a data directory: a log of its own beside the events'. Only with the embedded log.

use std::sync::Arc;

use origem_conversions::{Desk, Outbox, Service};
use origem_engine::Engine;
use origem_http::State;
use origem_log_segments::{Options, SegmentLog};

use crate::command::now;
use crate::config::{Config, LogKind};
use crate::failure::Failure;

/// Where it lies in the data directory.
const DIRECTORY: &str = "conversions";
/// Small, so that what counts no more can be let go of soon.
const SEGMENT_BYTES_MAX: u64 = 4 << 20;

/// The outbox, where there is one or a destination is configured.
fn open(config: &Config) -> Result<Option<Outbox>, Failure> {
    let directory = config.data.join(DIRECTORY);
    let is_wanted = config.conversions.destinations().next().is_some();
    if config.log_kind == LogKind::Kafka || !(is_wanted || directory.is_dir()) {
        return Ok(None);
    }
    let options = Options {
        segment_bytes_max: SEGMENT_BYTES_MAX.min(config.log.segment_bytes_max),
        ..config.log.clone()
    };
    let (log, _) = SegmentLog::open(&directory, &options)?;
    Ok(Some(Outbox::open(Arc::new(log), config.conversions.keep, now())?))
}

/// Begins to make and send conversions, for a server.
pub fn start(config: &Config, engine: &Arc<Engine>, state: &State) -> Result<Option<Service>, Failure> {
    let Some(outbox) = open(config)? else {
        return Ok(None);
    };
    let service = Service::start(engine, &outbox, config.conversions.clone(), now)?;
    state.set_conversions(service.desk());
    Ok(Some(service))
}

/// Shows the outbox to whoever asks in this process; nothing is made or sent.
pub fn show(config: &Config, engine: &Arc<Engine>, state: &State) -> Result<(), Failure> {
    if let Some(outbox) = open(config)? {
        let settings = Arc::new(config.conversions.clone());
        state.set_conversions(Desk::new(engine.clone(), outbox, settings));
    }
    Ok(())
}
