//! `origem log verify`: every record of the segments, of the log and of the directory, read from outside.

use std::io::Write as _;
use std::path::Path;

use origem_log_segments::{Damage, Extent, Verified, verify};
use serde_json::{Value, json};

use crate::command::backup::manifest::Part;
use crate::command::progress;
use crate::failure::Failure;

/// Prints what was read and found in a data directory as one line of JSON; fails if anything is damaged. `every`: each damaged
/// record that can be told from the one before, not only the first of each file.
pub fn run(data: &Path, every: bool) -> Result<(), Failure> {
    let extent = if every { Extent::Every } else { Extent::FirstOfEach };
    let log = read(&data.join(Part::Log.of_data()), extent)?;
    let mut line = summary(&log);
    let entries = data.join(Part::Directory.of_data());
    let entries = match entries.is_dir() {
        true => Some(read(&entries, extent)?),
        false => None,
    };
    if let Some(entries) = &entries {
        line["directory"] = summary(entries);
    }
    writeln!(std::io::stdout(), "{line}")?;
    refuse_damage(Part::Log, &log, "restore it from a backup with `origem restore`")?;
    match &entries {
        Some(entries) => refuse_damage(
            Part::Directory,
            entries,
            "`origem restore` a backup into a new data directory and take `directory` from there",
        ),
        None => Ok(()),
    }
}

fn read(directory: &Path, extent: Extent) -> Result<Verified, Failure> {
    let bar = progress::bytes(0);
    let verified = verify(directory, extent, |progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes);
        bar.set_message(format!("{} records", progress.records));
    })?;
    bar.finish_and_clear();
    Ok(verified)
}

fn summary(verified: &Verified) -> Value {
    let torn = verified.torn.as_ref();
    json!({
        "records": verified.progress.records, "bytes": verified.progress.bytes, "segments": verified.segments,
        "damage": verified.damage.iter().map(told).collect::<Vec<_>>(),
        "torn_bytes": torn.map_or(0, |torn| torn.bytes), "indexes_bad": verified.indexes_bad,
    })
}

fn refuse_damage(part: Part, verified: &Verified, advice: &str) -> Result<(), Failure> {
    match verified.damage.first() {
        Some(first) => Err(format!("{part} is damaged: {first}; {advice}").into()),
        None => Ok(()),
    }
}

/// Where the damage is, for machines.
fn told(damage: &Damage) -> Value {
    json!({
        "file": damage.segment(), "byte": damage.position, "offset": damage.offset.0, "what": damage.kind.to_string(),
    })
}
