//! `origem kafka` in a build without it.

use crate::args::Kafka;
use crate::failure::Failure;

/// Refuses.
pub fn run(_: &Kafka) -> Result<(), Failure> {
    Err(Failure::usage(
        "this build has no Kafka; build it with the feature `kafka`",
    ))
}
