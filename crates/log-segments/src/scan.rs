//! Walking the frames of a segment from a byte position to its end, in large reads.

use std::io;

use crate::frame::{self, Fault};
use crate::storage::{File, read_up_to};

const CHUNK_BYTES: usize = if cfg!(test) { 100 } else { 1 << 20 };

/// How much checksumming the search for a frame after a bad one may do, in bytes: some seconds in the worst case.
const SEARCH_BYTES_MAX: u64 = 4 << 30;

/// Where a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Byte position after the last whole frame.
    pub(crate) position: u64,
    /// Frames before it.
    pub(crate) records: u64,
    /// Why it ended before `end`.
    pub(crate) fault: Option<Fault>,
}

/// Calls `each` with the position of every frame in `from..end`, in order, until the end or the first bad one.
pub(crate) fn walk(file: &dyn File, from: u64, end: u64, each: impl FnMut(u64)) -> io::Result<Stop> {
    walk_with_bytes(file, from, end, each, |_| Ok(()))
}

/// The same, and gives the bytes of all those frames to `take`, many at a time, in order.
pub(crate) fn walk_with_bytes(
    file: &dyn File,
    from: u64,
    end: u64,
    mut each: impl FnMut(u64),
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Stop> {
    let mut stop = Stop {
        position: from,
        records: 0,
        fault: None,
    };
    let mut want = CHUNK_BYTES;
    while stop.position < end {
        let left = (end - stop.position) as usize;
        let asked = want.min(left);
        let chunk = read_up_to(file, stop.position, asked)?;
        let mut at = 0;
        let fault = loop {
            match frame::decode(&chunk, at) {
                Ok(place) => {
                    each(stop.position + at as u64);
                    stop.records += 1;
                    at = place.end;
                }
                Err(fault) => break fault,
            }
        };
        take(&chunk[..at])?;
        stop.position += at as u64;
        let left = left - at;
        if left == 0 {
            break;
        }
        // An incomplete frame at the end of a chunk is only cut by the chunk: read again from its start, whole.
        let needed = frame::claimed_bytes(&chunk, at)
            .unwrap_or(frame::OVERHEAD)
            .max(frame::OVERHEAD);
        if fault != Fault::Incomplete || needed > left || chunk.len() < asked {
            stop.fault = Some(fault);
            break;
        }
        want = needed.max(CHUNK_BYTES);
    }
    Ok(stop)
}

/// Where to go on after the bad frame at `bad`, if its own length tells: at a whole frame, or at `end`.
pub(crate) fn after_by_length(file: &dyn File, bad: u64, end: u64) -> io::Result<Option<u64>> {
    let claimed = |position: u64| -> io::Result<Option<u64>> {
        let length = read_up_to(file, position, frame::OVERHEAD)?;
        let bytes = frame::claimed_bytes(&length, 0).map(|bytes| position + bytes as u64);
        Ok(bytes.filter(|next| *next <= end))
    };
    let Some(next) = claimed(bad)? else { return Ok(None) };
    if next == end {
        return Ok(Some(next));
    }
    let Some(following) = claimed(next)? else {
        return Ok(None);
    };
    let whole = read_up_to(file, next, (following - next) as usize)?;
    Ok(frame::decode(&whole, 0).is_ok().then_some(next))
}

/// Whether any whole frame starts after the bad one at `bad`. If so, the bad one is no torn end.
///
/// The bad frame's length cannot be trusted, so every byte position is tried; only positions whose length fits cost a
/// checksum. If the search gets too long the answer is yes, which refuses to open and loses nothing. Holds the rest of the
/// segment in memory.
pub(crate) fn frame_follows(file: &dyn File, bad: u64, end: u64) -> io::Result<bool> {
    let rest = read_up_to(file, bad, (end - bad) as usize)?;
    let mut budget = SEARCH_BYTES_MAX;
    let next = frame::claimed_bytes(&rest, 0);
    for at in next.into_iter().chain(1..rest.len()) {
        let Some(bytes) = frame::claimed_bytes(&rest, at) else {
            continue;
        };
        if at + bytes > rest.len() {
            continue;
        }
        if frame::decode(&rest, at).is_ok() {
            return Ok(true);
        }
        match budget.checked_sub(bytes as u64) {
            Some(left) => budget = left,
            None => return Ok(true),
        }
    }
    Ok(false)
}
