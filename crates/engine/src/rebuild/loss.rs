//! What a rebuild would lose: events that the serving views hold and the log does not any more.
//!
//! ```text
//! folded from        start of the log       next
//!      |..... gone ........|------- kept -----|
//! ```
//! Views know from which offset on they were folded, so this is known on every log. Where every offset is an event, as on the embedded
//! log, the number of those gone is exact. A broker keeps marks of its own at some offsets: there it is the largest it can be, and where
//! nothing but marks is gone, somebody has to say that this is so.

use origem_codec as codec;
use origem_domain::position::{Offset, Position};
use origem_domain::time::Timestamp;
use origem_log::{EventLog, ReadLimit};
use origem_views::meta;

use crate::error::EngineError;
use crate::shard::Shard;

/// Refuses where views that are folded from `log` now would lack events that those of `shard` hold.
///
/// # Errors
/// `LogTooShort`; `Log` and `Rows` where it cannot be told.
pub(super) fn check(log: &dyn EventLog, shard: &Shard) -> Result<(), EngineError> {
    let partition = shard.partition();
    let start = log.start(partition).map_err(EngineError::Log)?;
    let current = shard.current();
    let (from, checkpoint) = (
        meta::folded_from(&*current.store)?,
        current.projector.progress().checkpoint,
    );
    let gone = gone(from, checkpoint.next, start);
    if gone == 0 {
        return Ok(());
    }
    let start = Position {
        partition,
        offset: start,
    };
    let is_dense = checkpoint.events == checkpoint.next.0 - from.0;
    Err(EngineError::LogTooShort {
        since: start_of(log, start).map_or_else(String::new, |at| format!(", received {at}")),
        start,
        events: if is_dense {
            gone.to_string()
        } else {
            format!("up to {gone}")
        },
    })
}

/// How many of the offsets in `from..next` stand before the start of the log.
fn gone(from: Offset, next: Offset, start: Offset) -> u64 {
    start.min(next).0.saturating_sub(from.0)
}

/// When the first record of the log was received; `None` where there is none, or it does not say so.
fn start_of(log: &dyn EventLog, start: Position) -> Option<Timestamp> {
    let limit = ReadLimit {
        records_max: 1,
        ..ReadLimit::default()
    };
    let batch = log.read(start.partition, start.offset, limit).ok()?;
    let (_, record) = batch.get(0)?;
    let recorded = codec::decode_structure(start, record).ok()?;
    Some(recorded.received_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_views_hold_from_before_the_log_begins_is_gone() {
        // folded from, next, start of the log, gone
        for (from, next, start, expected) in [
            (0, 0, 0, 0),
            (0, 9, 0, 0),
            (0, 9, 4, 4),
            (4, 9, 4, 0),
            (4, 9, 6, 2),
            (6, 9, 4, 0),
            (4, 4, 6, 0),
            (4, 5, 6, 1),
        ] {
            let told = gone(Offset(from), Offset(next), Offset(start));
            assert_eq!(told, expected, "{from}..{next} in a log from {start}");
        }
    }
}
