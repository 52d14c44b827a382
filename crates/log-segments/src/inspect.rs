//! Looking at a log from outside: how large it is, and whether every record is what was written. Takes no lock and changes
//! nothing, so both work while another process has the log open.

use std::path::Path;
use std::sync::Arc;

use origem_domain::position::Offset;

use crate::error::{Damage, DamageKind, OpenError};
use crate::header::{self, HEADER_BYTES, bases, segment_name};
use crate::mark::Mark;
use crate::recovery::{Survey, Torn, missing};
use crate::scan;
use crate::storage::{Directory, Storage, read_up_to};

/// A log in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The first offset.
    pub start: Offset,
    /// The next offset to be written.
    pub tail: Offset,
    /// In order.
    pub segments: Vec<SegmentInfo>,
    /// An end that the next opening will cut off, unless a live writer is just completing it.
    pub torn: Option<Torn>,
}

/// A segment in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentInfo {
    /// File name.
    pub name: String,
    /// Offset of its first record.
    pub base: Offset,
    /// Records in it.
    pub records: u64,
    /// Bytes up to its last whole record, header included.
    pub bytes: u64,
}

/// What [`verify`] has read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Whole records read.
    pub records: u64,
    /// Bytes of segments read.
    pub bytes: u64,
    /// Bytes of all segments when the check began.
    pub bytes_total: u64,
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How much was read.
    pub progress: Progress,
    /// Number of segments.
    pub segments: usize,
    /// The first bad place of each segment that has one; empty for a sound log. A torn end is not damage.
    pub damage: Vec<Damage>,
    /// An end of the last segment that is not whole.
    pub torn: Option<Torn>,
}

/// Sizes and range of the log in `directory`.
///
/// # Errors
/// `Damaged` and `Io`, as for opening it.
pub fn info(directory: &Path) -> Result<Info, OpenError> {
    let Survey { segments, torn, .. } = Survey::take(&Directory::read_only(directory))?;
    let start = segments.first().map_or(Offset(0), |segment| segment.base);
    let tail = segments.last().map_or(start, |segment| segment.next);
    let shown = segments.iter().map(|segment| SegmentInfo {
        name: segment_name(segment.base),
        base: segment.base,
        records: segment.next.0 - segment.base.0,
        bytes: segment.bytes,
    });
    Ok(Info {
        start,
        tail,
        segments: shown.collect(),
        torn,
    })
}

/// Reads every record of the log in `directory`, checks its checksum and that no offset is missing, and calls `progress`
/// about once per MiB. Goes on after damage with the next segment, so that one run names every damaged file.
///
/// # Errors
/// `Io` only: damage is in the result.
pub fn verify(directory: &Path, progress: impl FnMut(Progress)) -> Result<Verified, OpenError> {
    verify_on(&Directory::read_only(directory), progress)
}

pub(crate) fn verify_on(storage: &dyn Storage, mut report: impl FnMut(Progress)) -> Result<Verified, OpenError> {
    const REPORT_BYTES: u64 = 1 << 20;
    let io = |source| OpenError::Io {
        place: storage.place(),
        source,
    };
    let bases = bases(&storage.list().map_err(io)?);
    let mut files = Vec::new();
    for base in &bases {
        let file = storage.open(&segment_name(*base)).map_err(io)?;
        let length = file.len().map_err(io)?;
        files.push((*base, file, length));
    }
    let bytes_total = files.iter().map(|(_, _, length)| length).sum();
    let mut progress = Progress {
        bytes_total,
        ..Progress::default()
    };
    let mut damage = Vec::new();
    for (at, (base, file, length)) in files.iter().enumerate() {
        let Some((next, ..)) = files.get(at + 1) else { break };
        if let Err(fault) = header::check(&read_up_to(&**file, 0, HEADER_BYTES as usize).map_err(io)?, *base) {
            damage.push(Damage::header(*base, fault));
            continue;
        }
        let before = progress;
        let mut reported = 0;
        let stop = scan::walk(&**file, HEADER_BYTES, *length, |position| {
            progress.records += 1;
            progress.bytes = before.bytes + position;
            if position - reported >= REPORT_BYTES {
                reported = position;
                report(progress);
            }
        });
        let stop = stop.map_err(io)?;
        progress.bytes = before.bytes + length;
        let offset = base.plus(stop.records);
        let kind = match stop.fault {
            Some(fault) => Some(DamageKind::Frame(fault)),
            None if offset != *next => Some(DamageKind::Gap { next: *next }),
            None => None,
        };
        damage.extend(kind.map(|kind| Damage {
            base: *base,
            position: stop.position,
            offset,
            kind,
        }));
        report(progress);
    }
    let mark = Mark::load(storage).map_err(io)?;
    damage.extend(missing(mark, &bases));
    let mut survey = Survey::default();
    if let Some((base, file, _)) = files.last() {
        match survey.last(*base, Arc::clone(file), mark).map_err(io)? {
            Ok(()) => {
                let last = survey
                    .segments
                    .iter()
                    .map(|last| (last.next.0 - last.base.0, last.bytes));
                last.for_each(|(records, bytes)| {
                    progress.records += records;
                    progress.bytes += bytes;
                });
            }
            Err(found) => damage.push(found),
        }
    }
    report(progress);
    Ok(Verified {
        progress,
        segments: files.len(),
        damage,
        torn: survey.torn,
    })
}
