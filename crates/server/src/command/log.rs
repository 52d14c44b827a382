//! `origem log`: the event log from outside, in segments or on Kafka. Takes no lock, so it works beside a running server; only
//! trimming by hand needs the log for itself.

mod trim;
mod verify;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use origem_codec as codec;
use origem_codec::json::ExportLine;
use origem_domain::position::{Offset, Partition, Position, Positions};
use origem_log::{Batch, EventLog, ReadLimit};
use origem_log_segments::{SegmentReader, info};
use serde_json::json;

use crate::args::{Log, LogAction};
use crate::config::{Config, LogKind};
use crate::failure::Failure;
use crate::{kafka, retention};

/// Carries out the action.
pub fn run(args: &Log) -> Result<(), Failure> {
    let config = Config::load(&args.settings.shared(), &[])?;
    match config.log_kind {
        LogKind::Segments => in_segments(&args.action, &config),
        LogKind::Kafka => {
            let mut log = kafka::open_log(&config.kafka)?;
            match &args.action {
                LogAction::Info => print_ranges(&mut log),
                LogAction::Verify { .. } => {
                    let advice = "brokers check their records by themselves; `origem log export` reads all of them";
                    Err(Failure::usage(format!(
                        "only segment files are verified here: {advice}"
                    )))
                }
                LogAction::Trim { .. } => {
                    let advice = "set retention.ms or retention.bytes of the topic";
                    Err(Failure::usage(format!("brokers decide what is kept; {advice}")))
                }
                LogAction::Tail { after, no_follow } => tail(&mut log, after.as_deref(), !no_follow),
                LogAction::Export => export(&mut log),
            }
        }
    }
}

fn in_segments(action: &LogAction, config: &Config) -> Result<(), Failure> {
    let directory = &config.data.join("log");
    if !directory.is_dir() {
        let advice = "name the data directory with --data";
        return Err(format!("there is no log in {}; {advice}", directory.display()).into());
    }
    match action {
        LogAction::Info => print_info(directory),
        LogAction::Verify { all } => verify::run(&config.data, *all),
        LogAction::Tail { after, no_follow } => {
            tail(&mut SegmentReader::open(directory)?, after.as_deref(), !no_follow)
        }
        LogAction::Export => export(&mut SegmentReader::open(directory)?),
        LogAction::Trim { before, apply } => trim::run(config, before, *apply),
    }
}

/// A log that is read from outside.
trait Readable {
    fn partitions(&self) -> u32;

    /// The first offset that can be read and the next to be written, now.
    fn range(&mut self, partition: Partition) -> Result<(Offset, Offset), Failure>;

    fn read(&self, partition: Partition, from: Offset) -> Result<Batch, Failure>;
}

impl Readable for SegmentReader {
    fn partitions(&self) -> u32 {
        1
    }

    fn range(&mut self, _: Partition) -> Result<(Offset, Offset), Failure> {
        self.refresh()?;
        Ok(Self::range(self))
    }

    fn read(&self, _: Partition, from: Offset) -> Result<Batch, Failure> {
        Ok(Self::read(self, from, ReadLimit::default())?)
    }
}

impl Readable for Arc<dyn EventLog> {
    fn partitions(&self) -> u32 {
        EventLog::partitions(&**self)
    }

    fn range(&mut self, partition: Partition) -> Result<(Offset, Offset), Failure> {
        Ok((self.start(partition)?, self.tail(partition)?))
    }

    fn read(&self, partition: Partition, from: Offset) -> Result<Batch, Failure> {
        Ok(EventLog::read(&**self, partition, from, ReadLimit::default())?)
    }
}

fn partitions(log: &dyn Readable) -> impl Iterator<Item = Partition> + use<> {
    (0..log.partitions()).map(Partition)
}

fn print_ranges(log: &mut dyn Readable) -> Result<(), Failure> {
    let mut items = Vec::new();
    for partition in partitions(log) {
        let (start, tail) = log.range(partition)?;
        let position = |offset: Offset| Position { partition, offset };
        items.push(json!({"start": position(start), "tail": position(tail)}));
    }
    Ok(writeln!(std::io::stdout(), "{}", json!({ "partitions": items }))?)
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
    if info.start > Offset(0) {
        writeln!(std::io::stderr(), "{}", retention::told(start, ""))?;
    }
    Ok(())
}

fn export(log: &mut dyn Readable) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    for partition in partitions(log) {
        let (start, end) = log.range(partition)?;
        print_range(log, partition, start, end, &mut out)?;
    }
    Ok(out.flush()?)
}

fn tail(log: &mut dyn Readable, after: Option<&str>, follow: bool) -> Result<(), Failure> {
    const PAUSE: Duration = Duration::from_millis(200);
    let after = after.map(str::parse::<Positions>).transpose()?.unwrap_or_default();
    if let Some(beyond) = after.iter().find(|position| position.partition.0 >= log.partitions()) {
        return Err(format!("there is no {beyond} in a log of {} partitions", log.partitions()).into());
    }
    let mut next = Vec::new();
    for partition in partitions(log) {
        let (start, end) = log.range(partition)?;
        next.push(match after.get(partition) {
            Some(seen) => seen.plus(1).max(start),
            // Whoever names a place in one partition wants what came since, not all there is in the others.
            None if follow || !after.is_empty() => end,
            None => start,
        });
    }
    let mut out = std::io::stdout().lock();
    loop {
        for (partition, next) in partitions(log).zip(&mut next) {
            let (_, end) = log.range(partition)?;
            *next = print_range(log, partition, *next, end, &mut out)?;
        }
        if !follow {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
}

/// Prints the records of a range; gives where to go on.
fn print_range(
    log: &dyn Readable,
    partition: Partition,
    from: Offset,
    end: Offset,
    out: &mut dyn Write,
) -> Result<Offset, Failure> {
    let mut next = from;
    while next < end {
        let batch = log.read(partition, next)?;
        if batch.next() == next {
            break;
        }
        for (offset, bytes) in batch.iter() {
            let position = Position { partition, offset };
            match codec::decode(position, bytes) {
                Ok(recorded) => writeln!(out, "{}", ExportLine::new(&recorded, codec::raw(bytes)?).line())?,
                Err(error) => writeln!(out, "{}", json!({"position": position, "error": error.to_string()}))?,
            }
        }
        next = batch.next();
    }
    Ok(next)
}
