//! `origem log trim`: the oldest segments go, by hand. Where a server runs, the settings log.retention_* do it.

use std::io::Write as _;
use std::time::Duration;

use origem_domain::position::{Offset, Partition, Position};
use origem_domain::time::Timestamp;
use origem_engine::Engine;
use serde_json::json;

use crate::config::Config;
use crate::failure::Failure;
use crate::retention::{consequence, keep_from, received_at};
use crate::{data, telemetry};

const P0: Partition = Partition(0);

/// Drops the segments that lie before a position or a time as a whole; without `apply` only says which.
pub fn run(config: &Config, before: &str, apply: bool) -> Result<(), Failure> {
    let place = Place::parse(before).ok_or_else(|| {
        Failure::usage(format!(
            "`{before}` is neither a position, such as 0:41, nor a time in RFC 3339"
        ))
    })?;
    telemetry::start(config)?;
    let engine = data::open_beside_servers(config)?;
    let trimmed = trim(&engine, &place, apply);
    engine.stop()?;
    trimmed
}

enum Place {
    Position(Offset),
    Time(Timestamp),
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let position = text
            .parse::<Position>()
            .ok()
            .filter(|position| position.partition == P0);
        position
            .map(|position| Self::Position(position.offset))
            .or_else(|| Timestamp::parse(text).map(Self::Time))
    }
}

fn trim(engine: &Engine, place: &Place, apply: bool) -> Result<(), Failure> {
    projected(engine)?;
    let log = engine.log();
    let durable = durable(engine)?;
    let pieces = log.pieces(P0)?;
    let before = keep_from(&pieces, None, |piece| match place {
        _ if piece.next > durable => Ok(false),
        Place::Position(offset) => Ok(piece.next <= *offset),
        Place::Time(time) => Ok(received_at(log, Offset(piece.next.0 - 1))? < *time),
    })?;
    let dropped: Vec<_> = pieces.iter().filter(|piece| piece.next <= before).collect();
    let line = json!({
        "start": Position { partition: P0, offset: before }, "dropped_segments": dropped.len(),
        "dropped_bytes": dropped.iter().map(|piece| piece.bytes).sum::<u64>(), "applied": apply,
    });
    if apply {
        log.trim(P0, before)?;
    }
    writeln!(std::io::stdout(), "{line}")?;
    let mut told = std::io::stderr();
    match (consequence(log, before)?, apply) {
        (Some(consequence), true) => writeln!(told, "{consequence}")?,
        (Some(consequence), false) => writeln!(told, "nothing is dropped without --apply. Then: {consequence}")?,
        (None, _) => writeln!(told, "no whole segment lies before that place")?,
    }
    Ok(())
}

/// Up to where the views are on stable storage: what they only hold in memory would be lost with a power cut.
fn durable(engine: &Engine) -> Result<Offset, Failure> {
    match engine.shards().first() {
        Some(shard) => Ok(shard.make_durable()?.next),
        None => Err("there are no views that hold what would go".into()),
    }
}

/// Waits until the views have everything: nothing goes that they do not hold.
fn projected(engine: &Engine) -> Result<(), Failure> {
    const LOOK: Duration = Duration::from_millis(20);
    loop {
        let status = engine.status()?;
        if status.failed() {
            return Err("the views cannot be projected, so nothing may be dropped: the log says why".into());
        }
        if status.lag() == 0 && status.partitions.iter().all(|partition| !partition.progress.loading) {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
}
