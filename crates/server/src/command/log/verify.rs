//! `origem log verify`: every record of the segments, read from outside.

use std::io::Write as _;
use std::path::Path;

use origem_log_segments::{Damage, Extent, verify};
use serde_json::{Value, json};

use crate::command::progress;
use crate::failure::Failure;

/// Prints what was read and found as one line of JSON; fails if anything is damaged. `every`: each damaged record that can be
/// told from the one before, not only the first of each file.
pub fn run(directory: &Path, every: bool) -> Result<(), Failure> {
    let bar = progress::bytes(0);
    let extent = if every { Extent::Every } else { Extent::FirstOfEach };
    let verified = verify(directory, extent, |progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes);
        bar.set_message(format!("{} records", progress.records));
    })?;
    bar.finish_and_clear();
    let torn = verified.torn.as_ref();
    let line = json!({
        "records": verified.progress.records, "bytes": verified.progress.bytes, "segments": verified.segments,
        "damage": verified.damage.iter().map(told).collect::<Vec<_>>(),
        "torn_bytes": torn.map_or(0, |torn| torn.bytes), "indexes_bad": verified.indexes_bad,
    });
    writeln!(std::io::stdout(), "{line}")?;
    match verified.damage.first() {
        Some(first) => {
            Err(format!("the log is damaged: {first}; restore it from a backup with `origem restore`").into())
        }
        None => Ok(()),
    }
}

/// Where the damage is, for machines.
fn told(damage: &Damage) -> Value {
    json!({
        "file": damage.segment(), "byte": damage.position, "offset": damage.offset.0, "what": damage.kind.to_string(),
    })
}
