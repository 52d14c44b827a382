//! `origem log`: the event log from outside. Takes no lock, so it works beside a running server.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use origem_codec as codec;
use origem_codec::json::ExportLine;
use origem_domain::position::{Offset, Partition, Position};
use origem_log::ReadLimit;
use origem_log_segments::{SegmentReader, info, verify};
use serde_json::json;

use crate::args::{Log, LogAction};
use crate::config::Config;
use crate::failure::Failure;

/// Carries out the action.
pub fn run(args: &Log) -> Result<(), Failure> {
    let config = Config::load(&args.settings.shared(), &[])?;
    let directory = config.data.join("log");
    if !directory.is_dir() {
        let advice = "name the data directory with --data";
        return Err(format!("there is no log in {}; {advice}", directory.display()).into());
    }
    match &args.action {
        LogAction::Info => print_info(&directory),
        LogAction::Verify => print_verified(&directory),
        LogAction::Tail { after, no_follow } => tail(&directory, after.as_deref(), !no_follow),
        LogAction::Export => export(&directory),
    }
}

fn print_info(directory: &Path) -> Result<(), Failure> {
    let info = info(directory)?;
    let segments: Vec<_> = info
        .segments
        .iter()
        .map(|segment| json!({"name": segment.name, "base": segment.base.0, "records": segment.records, "bytes": segment.bytes}))
        .collect();
    let bytes: u64 = info.segments.iter().map(|segment| segment.bytes).sum();
    let records = info.tail.0 - info.start.0;
    let start = Position::new(0, info.start.0);
    let tail = Position::new(0, info.tail.0);
    let line = json!({"start": start, "tail": tail, "records": records, "bytes": bytes, "segments": segments});
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn print_verified(directory: &Path) -> Result<(), Failure> {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let verified = verify(directory, |progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes);
    })?;
    bar.finish_and_clear();
    let damage: Vec<String> = verified.damage.iter().map(ToString::to_string).collect();
    let line = json!({
        "records": verified.progress.records, "bytes": verified.progress.bytes, "segments": verified.segments,
        "damage": damage, "torn_bytes": verified.torn.as_ref().map_or(0, |torn| torn.bytes), "indexes_bad": verified.indexes_bad,
    });
    writeln!(std::io::stdout(), "{line}")?;
    match damage.first() {
        Some(first) => Err(format!("the log is damaged: {first}; restore that file from a backup").into()),
        None => Ok(()),
    }
}

fn export(directory: &Path) -> Result<(), Failure> {
    let reader = SegmentReader::open(directory)?;
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let (start, end) = reader.range();
    print_range(&reader, start, end, &mut out)?;
    Ok(out.flush()?)
}

fn tail(directory: &Path, after: Option<&str>, follow: bool) -> Result<(), Failure> {
    const PAUSE: Duration = Duration::from_millis(200);
    let mut reader = SegmentReader::open(directory)?;
    let (start, end) = reader.range();
    let mut next = match after {
        Some(position) => offset_after(position)?.max(start),
        None if follow => end,
        None => start,
    };
    let mut out = std::io::stdout().lock();
    loop {
        let end = reader.range().1;
        next = print_range(&reader, next, end, &mut out)?;
        if !follow {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
        reader.refresh()?;
    }
}

fn offset_after(position: &str) -> Result<Offset, Failure> {
    let position: Position = position.parse()?;
    if position.partition != Partition(0) {
        return Err(format!("the log has one partition, 0; there is no {position}").into());
    }
    Ok(position.offset.plus(1))
}

/// Prints the records of a range; gives where to go on.
fn print_range(reader: &SegmentReader, from: Offset, end: Offset, out: &mut dyn Write) -> Result<Offset, Failure> {
    let mut next = from;
    while next < end {
        let batch = reader.read(next, ReadLimit::default())?;
        if batch.is_empty() {
            break;
        }
        for (offset, bytes) in batch.iter() {
            let position = Position::new(0, offset.0);
            match codec::decode(position, bytes) {
                Ok(recorded) => writeln!(out, "{}", ExportLine::new(&recorded, codec::raw(bytes)?).line())?,
                Err(error) => writeln!(out, "{}", json!({"position": position, "error": error.to_string()}))?,
            }
        }
        next = batch.next();
    }
    Ok(next)
}
