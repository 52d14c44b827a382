//! Reading records: one positioned read per batch, every checksum verified, nothing beyond the published end.

use std::sync::{Arc, Mutex, PoisonError};

use origem_domain::position::Offset;
use origem_log::{Batch, ReadError, ReadLimit};

use crate::error::{Damage, DamageKind};
use crate::frame::{self, Fault, OVERHEAD};
use crate::header::{HEADER_BYTES, segment_name};
use crate::segment::Segments;
use crate::storage::{File, read_up_to};

/// How many scans at a time find their place without the index.
const CURSORS: usize = 16;

/// Reads records and remembers where the last reads ended, so that a scan goes on without a look-up.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    cursors: Mutex<Cursors>,
}

#[derive(Debug, Default)]
struct Cursors {
    /// Where a frame starts: (offset, base of its segment, byte position). True for ever, because segments only grow.
    known: [(Offset, Offset, u64); CURSORS],
    turn: usize,
}

/// A piece of a segment from a known frame on.
struct Place {
    base: Offset,
    file: Arc<dyn File>,
    /// The frame at `position` is the record `offset`.
    offset: Offset,
    position: u64,
    /// Where the published bytes end.
    end: u64,
}

impl Reader {
    /// As [`EventLog::read`](origem_log::EventLog::read).
    pub(crate) fn read(&self, segments: &Segments, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        let Some(place) = self.locate(segments, from)? else {
            return Ok(Batch::new(from, Vec::new()));
        };
        let skipped = if place.offset == from { 0 } else { index_gap(&place) };
        let left = usize::try_from(place.end - place.position).unwrap_or(usize::MAX);
        let mut want = limit
            .bytes_max
            .saturating_add(OVERHEAD)
            .saturating_add(skipped)
            .min(left);
        loop {
            let failed = |source| ReadError::Io {
                place: segment_name(place.base),
                source,
            };
            let buffer = read_up_to(&*place.file, place.position, want).map_err(failed)?;
            let read = buffer.len();
            let (batch, at, fault) = collect(buffer, &place, from, limit);
            if !batch.is_empty() {
                self.remember(batch.next(), place.base, place.position + at as u64);
                return Ok(batch);
            }
            // Nothing yet: either the frame is damaged, or it (or what lies before it) is larger than the limit.
            let needed = at
                + frame::claimed_bytes(batch.buffer(), at)
                    .unwrap_or(OVERHEAD)
                    .max(OVERHEAD);
            if fault != Some(Fault::Incomplete) || needed > left || read < want {
                return Err(damaged(
                    &place,
                    batch.buffer(),
                    from,
                    at,
                    fault.unwrap_or(Fault::Incomplete),
                ));
            }
            want = needed.max(want.saturating_mul(2)).min(left);
        }
    }

    /// A frame at or before `from`, or nothing at the tail.
    fn locate(&self, segments: &Segments, from: Offset) -> Result<Option<Place>, ReadError> {
        let held = segments.lock();
        let start = held.first().map_or(Offset(0), |segment| segment.base);
        let tail = held.last().map_or(start, |segment| segment.next);
        if from < start || from > tail {
            return Err(ReadError::OutOfRange { from, start, tail });
        }
        let at = held.partition_point(|segment| segment.next <= from);
        let Some(segment) = held.get(at) else { return Ok(None) };
        let (offset, position) = match self.recall(from, segment.base) {
            Some(position) => (from, position),
            None => segment.index.at_or_before(from).unwrap_or((segment.base, HEADER_BYTES)),
        };
        let file = Arc::clone(&segment.file);
        Ok(Some(Place {
            base: segment.base,
            file,
            offset,
            position,
            end: segment.bytes,
        }))
    }

    fn recall(&self, offset: Offset, base: Offset) -> Option<u64> {
        let cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        cursors
            .known
            .iter()
            .find(|known| known.0 == offset && known.1 == base && known.2 > 0)
            .map(|known| known.2)
    }

    fn remember(&self, offset: Offset, base: Offset, position: u64) {
        let mut cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = cursors.turn;
        cursors.known[turn] = (offset, base, position);
        cursors.turn = (turn + 1) % CURSORS;
    }
}

/// Roughly what lies between an indexed frame and the one that is looked for.
fn index_gap(place: &Place) -> usize {
    const GAP: u64 = 64 << 10;
    (place.end - place.position).min(GAP) as usize
}

/// The records of `buffer` from `from` on, within `limit`; how far it came, and why it stopped if not for the limit.
fn collect(buffer: Vec<u8>, place: &Place, from: Offset, limit: ReadLimit) -> (Batch, usize, Option<Fault>) {
    let mut batch = Batch::new(from, buffer);
    let (mut at, mut offset, mut bytes) = (0, place.offset, 0_usize);
    loop {
        match frame::decode(batch.buffer(), at) {
            Ok(record) if offset < from => at = record.end,
            Ok(record) => {
                bytes += record.len();
                let full = bytes > limit.bytes_max || batch.len() >= limit.records_max;
                if full && !batch.is_empty() {
                    return (batch, at, None);
                }
                at = record.end;
                batch.push(offset, record);
            }
            Err(fault) => return (batch, at, Some(fault)),
        }
        offset = offset.plus(1);
    }
}

/// The error for the bad frame at `at`, which is `from` or lies before it.
fn damaged(place: &Place, buffer: &[u8], from: Offset, at: usize, fault: Fault) -> ReadError {
    let mut offset = place.offset;
    let mut good = 0;
    while good < at && offset < from {
        let Ok(record) = frame::decode(buffer, good) else { break };
        good = record.end;
        offset = offset.plus(1);
    }
    let position = place.position + at as u64;
    let damage = Damage {
        base: place.base,
        position,
        offset,
        kind: DamageKind::Frame(fault),
    };
    ReadError::Damaged {
        offset,
        source: Box::new(damage),
    }
}
