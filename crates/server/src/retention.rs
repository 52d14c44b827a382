//! Retention: how long events are kept. For ever, unless the settings say otherwise.
//!
//! Whole segments go, the oldest first, never one that the views do not hold for certain. What a segment is old by is the receipt of its
//! last record. What is gone can neither be rebuilt from nor asked for: whoever sets it is told at every start.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use origem_codec as codec;
use origem_domain::position::{Offset, Partition, Position};
use origem_domain::time::{Micros, Timestamp};
use origem_engine::Engine;
use origem_log::{EventLog, Piece, ReadLimit};
use tracing::{info, warn};

use crate::command::now;
use crate::failure::Failure;

const P0: Partition = Partition(0);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);

/// What is kept; both empty: everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Events received longer ago than this may go, in microseconds.
    pub age_max: Option<Micros>,
    /// Bytes of segments beyond which the oldest go.
    pub bytes_max: Option<u64>,
}

/// Drops what is not to be kept, beside a running engine.
pub struct Keeper {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Begins, if anything is to be dropped; says what that means.
    pub fn start(engine: &Arc<Engine>, retention: Retention) -> std::io::Result<Option<Self>> {
        if let Ok(start) = engine.log().start(P0)
            && let Ok(Some(consequence)) = consequence(engine.log(), start)
        {
            warn!("{consequence}");
        }
        if retention == Retention::default() {
            return Ok(None);
        }
        let (age_max_s, bytes_max) = (retention.age_max.map(|age| age / 1_000_000), retention.bytes_max);
        info!(
            age_max_s,
            bytes_max,
            "retention: the oldest segments of the log are dropped for good; a backup keeps what it has until the next one"
        );
        let (stop, stopped) = channel();
        let engine = engine.clone();
        let thread = std::thread::Builder::new().name("retention".to_owned());
        let thread = thread.spawn(move || run(&engine, retention, &stopped))?;
        Ok(Some(Self { stop, thread }))
    }

    /// Ends it after the look at hand.
    pub fn stop(self) {
        drop(self.stop);
        drop(self.thread.join());
    }
}

fn run(engine: &Engine, retention: Retention, stopped: &Receiver<()>) {
    let mut failing = false;
    while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        let looked = look(engine, retention);
        if let (Err(failure), false) = (&looked, failing) {
            warn!(%failure, "retention: the oldest segments stay");
        }
        failing = looked.is_err();
    }
}

fn look(engine: &Engine, retention: Retention) -> Result<(), Failure> {
    // A rebuild reads the log from its start, and views that are new do too.
    let rebuilding = engine.is_rebuilding();
    let shards = engine.shards();
    let Some(shard) = shards.first().filter(|shard| !rebuilding && !shard.progress().loading) else {
        return Ok(());
    };
    let log = engine.log();
    let pieces = log.pieces(P0)?;
    let oldest = retention.age_max.map(|age| now().plus(-age));
    let before = keep_from(&pieces, retention.bytes_max, |piece| match oldest {
        Some(oldest) => Ok(received_at(log, Offset(piece.next.0 - 1))? < oldest),
        None => Ok(false),
    })?;
    if pieces.first().is_some_and(|first| first.base < before) {
        log.trim(P0, before.min(shard.make_durable()?.next))?;
    }
    Ok(())
}

/// The first offset to keep: the oldest pieces go while all together are more than `bytes_max` or the oldest of them may go. The
/// last one grows and stays.
pub fn keep_from(
    pieces: &[Piece],
    bytes_max: Option<u64>,
    mut may_go: impl FnMut(&Piece) -> Result<bool, Failure>,
) -> Result<Offset, Failure> {
    let mut bytes: u64 = pieces.iter().map(|piece| piece.bytes).sum();
    let mut sealed = pieces.iter().take(pieces.len().saturating_sub(1)).peekable();
    while let Some(oldest) = sealed.peek() {
        let too_many = bytes_max.is_some_and(|max| bytes > max);
        if !too_many && !may_go(oldest)? {
            return Ok(oldest.base);
        }
        bytes -= oldest.bytes;
        sealed.next();
    }
    Ok(pieces.last().map_or(Offset(0), |last| last.base))
}

/// When a record was received.
pub fn received_at(log: &dyn EventLog, offset: Offset) -> Result<Timestamp, Failure> {
    let limit = ReadLimit {
        records_max: 1,
        ..ReadLimit::default()
    };
    let position = Position { partition: P0, offset };
    let batch = log.read(P0, offset, limit)?;
    match batch.get(0) {
        Some((_, record)) => Ok(codec::decode_structure(position, record)?.received_at),
        None => Err(format!("there is no record at {position}").into()),
    }
}

/// What it means that the log begins at `start`; `None` if it begins at its beginning.
pub fn consequence(log: &dyn EventLog, start: Offset) -> Result<Option<String>, Failure> {
    if start == Offset(0) {
        return Ok(None);
    }
    let position = Position {
        partition: P0,
        offset: start,
    };
    let since = match log.tail(P0)? > start {
        true => format!(", of {}", received_at(log, start)?),
        false => String::new(),
    };
    Ok(Some(told(position, &since)))
}

/// What it means that the log begins later than it did.
pub fn told(start: Position, since: &str) -> String {
    format!(
        "the log begins at {start}{since}: what came before was dropped. Views keep the conversations they hold; a rebuild, a restore or a \
         question of the past reaches back only to there. A rebuild would lose older conversations: it is refused, unless `--accept-loss`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of ten records and a hundred bytes each; the last has none yet.
    fn pieces(count: u64) -> Vec<Piece> {
        (0..count)
            .map(|number| Piece {
                base: Offset(number * 10),
                next: Offset(number * 10 + if number + 1 == count { 0 } else { 10 }),
                bytes: 100,
            })
            .collect()
    }

    #[test]
    fn the_oldest_go_by_size_or_age_and_the_last_stays() {
        // (pieces, bytes at most, records below this are old, first offset kept)
        for (count, bytes_max, old_below, kept) in [
            (0, Some(0), 0, 0),
            (1, Some(0), 100, 0),
            (3, None, 0, 0),
            (3, Some(300), 0, 0),
            (3, Some(299), 0, 10),
            (3, Some(100), 0, 20),
            (3, Some(0), 0, 20),
            (3, None, 10, 10),
            (3, None, 15, 10),
            (3, None, 100, 20),
            (5, Some(450), 25, 20),
            (5, Some(200), 10, 30),
        ] {
            let is_old = |piece: &Piece| Ok(piece.next.0 <= old_below);
            let from = keep_from(&pieces(count), bytes_max, is_old).unwrap();
            assert_eq!(
                from,
                Offset(kept),
                "{count} pieces, {bytes_max:?} bytes, old below {old_below}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_stays() {
        let unreadable = |_: &Piece| Err("a damaged segment".into());
        assert!(keep_from(&pieces(3), None, unreadable).is_err());
    }
}
