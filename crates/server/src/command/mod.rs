//! The commands, one file each.

pub mod act;
pub mod anomalies;
pub mod backup;
pub mod catalogue;
pub mod completions;
pub mod config;
pub mod conversions;
pub mod decode;
pub mod demo;
pub mod doors;
pub mod ingest;
#[cfg_attr(not(feature = "kafka"), path = "no_kafka.rs")]
pub mod kafka;
pub mod keys;
pub mod links;
pub mod log;
pub mod printable;
pub mod progress;
pub mod query;
pub mod rates;
pub mod rebuild;
pub mod report;
pub mod restore;
pub mod serve;
pub mod simulate;
pub mod why;

use std::time::{SystemTime, UNIX_EPOCH};

use origem_domain::time::Timestamp;

/// The time of receipt. Clocks are read in the edges only.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
