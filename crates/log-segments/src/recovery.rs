//! Opening: what is there, what a crash left behind, and what to refuse.
//!
//! ```text
//!   sealed      index whole: length checked          index missing or damaged: every frame checked, index rebuilt
//!   last        every frame checked
//!               | good | good | BAD | ...
//!                             ^ at or beyond the mark        torn: cut off, kept aside, reported
//!                             ^ before the mark, none after  torn: likewise, with what had been synced
//!                             ^ before the mark, good after  damage: refused, nothing is changed
//! ```
//!
//! The mark is what separates a torn commit from damage: a commit writes many frames at once, and after power loss any
//! of its pages may be missing, so good frames after a bad one are no proof by themselves. Without a mark they are taken as
//! one. [`Survey`] only looks; [`recover`] then repairs.

use std::io;
use std::sync::Arc;

use origem_domain::position::Offset;
use tracing::warn;

use crate::error::{Damage, DamageKind, OpenError};
use crate::frame::Fault;
use crate::header::{self, HEADER_BYTES, bases, index_name, segment_name};
use crate::index::{self, Index, Sealed};
use crate::mark::{Mark, MarkFile};
use crate::scan;
use crate::segment::Segment;
use crate::storage::{File, Storage, read_up_to, read_whole};

/// What opening found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The first offset.
    pub start: Offset,
    /// The next offset to be written.
    pub tail: Offset,
    /// Number of segments.
    pub segments: usize,
    /// Indexes that were missing or damaged and have been built again.
    pub indexes_rebuilt: usize,
    /// What was cut off the last segment.
    pub torn: Option<Torn>,
}

/// An end of the last segment that is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// File name of the segment.
    pub segment: String,
    /// Byte position of the cut.
    pub position: u64,
    /// The offset that the next record takes.
    pub offset: Offset,
    /// Bytes cut off.
    pub bytes: u64,
    /// Bytes that had been synced and are gone: 0 after a crash of ours. Anything else means that the file was changed, or
    /// that the disk lost what it had promised to keep, and acknowledged records are missing.
    pub synced_bytes_lost: u64,
    /// The file that keeps the bytes cut off; none if there were none, or if they could not be kept (disk full).
    pub kept_in: Option<String>,
}

impl Torn {
    /// What had been synced is not torn off by a crash of ours: acknowledged records are gone. `base`: of the segment.
    pub(crate) fn damage(&self, base: Offset) -> Option<Damage> {
        let kind = DamageKind::Lost {
            bytes: self.synced_bytes_lost,
        };
        (self.synced_bytes_lost > 0).then_some(Damage {
            base,
            position: self.position,
            offset: self.offset,
            kind,
        })
    }
}

/// A log as its files are.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// In order, without gaps, each up to its last whole record.
    pub(crate) segments: Vec<Segment>,
    /// What is wrong with the end of the last one.
    pub(crate) torn: Option<Torn>,
    /// Sealed segments without a good index.
    unindexed: Vec<usize>,
    /// What was known to be on stable storage.
    mark: Option<Mark>,
}

/// Every segment by its first offset, opened, in order.
pub(crate) type Opened = Vec<(Offset, Arc<dyn File>)>;

/// The mark and all segments. From outside, a live writer may drop its oldest ones meanwhile: then it looks again.
pub(crate) fn open_all(storage: &dyn Storage) -> io::Result<(Option<Mark>, Opened)> {
    const LOOKS: usize = 20;
    let look = || -> io::Result<(Option<Mark>, Opened)> {
        // The mark first: a live writer may begin a segment meanwhile, and an older mark is true all the same.
        let mark = Mark::load(storage)?;
        let bases = bases(&storage.list()?).into_iter();
        let opened = bases.map(|base| Ok((base, storage.open(&segment_name(base))?)));
        Ok((mark, opened.collect::<io::Result<_>>()?))
    };
    for _ in 1..LOOKS {
        match look() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            looked => return looked,
        }
    }
    look()
}

impl Survey {
    /// Looks at all segments, changing nothing. Without any, the survey is empty.
    pub(crate) fn take(storage: &dyn Storage) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io {
            place: storage.place(),
            source,
        };
        let refuse = |source| OpenError::Damaged {
            place: storage.place(),
            source,
        };
        let (mark, files) = open_all(storage).map_err(io)?;
        let mut survey = Self {
            mark,
            ..Self::default()
        };
        if let Some(damage) = missing(mark, files.last().map(|(base, _)| *base)) {
            return Err(refuse(damage));
        }
        for (at, (base, file)) in files.iter().enumerate() {
            let found = match files.get(at + 1) {
                Some((next, _)) => survey.sealed(storage, *base, *next, Arc::clone(file)),
                None => survey.last(*base, Arc::clone(file), mark),
            };
            found.map_err(io)?.map_err(refuse)?;
        }
        Ok(survey)
    }

    fn sealed(
        &mut self,
        storage: &dyn Storage,
        base: Offset,
        following: Offset,
        file: Arc<dyn File>,
    ) -> io::Result<Result<(), Damage>> {
        if let Err(fault) = header::check(&read_up_to(&*file, 0, HEADER_BYTES as usize)?, base) {
            return Ok(Err(Damage::header(base, fault)));
        }
        let length = file.len()?;
        let sealed = match read_index(storage, base)? {
            Some(sealed) => sealed,
            None => {
                self.unindexed.push(self.segments.len());
                match walk(&*file, base, length)? {
                    (sealed, None) => sealed,
                    (sealed, Some(fault)) => return Ok(Err(frame_damage(base, &sealed, fault))),
                }
            }
        };
        let at = |position, offset, kind| {
            Ok(Err(Damage {
                base,
                position,
                offset,
                kind,
            }))
        };
        if length != sealed.bytes {
            let kind = DamageKind::Length { sealed: sealed.bytes };
            return at(length.min(sealed.bytes), sealed.next, kind);
        }
        if sealed.next != following {
            return at(length, sealed.next, DamageKind::Gap { next: following });
        }
        self.segments.push(Segment {
            base,
            file,
            index: sealed.index,
            next: sealed.next,
            bytes: sealed.bytes,
        });
        Ok(Ok(()))
    }

    /// Adds the last segment, every frame of it checked.
    pub(crate) fn last(
        &mut self,
        base: Offset,
        file: Arc<dyn File>,
        mark: Option<Mark>,
    ) -> io::Result<Result<(), Damage>> {
        let mark = mark.filter(|mark| mark.base == base);
        let length = file.len()?;
        let header = header::check(&read_up_to(&*file, 0, HEADER_BYTES as usize)?, base);
        let (sealed, fault) = match header {
            Ok(()) => walk(&*file, base, length)?,
            // The header is durable before the first record is written, so only a segment without any can have a torn one.
            Err(_) if length <= HEADER_BYTES => (
                Sealed {
                    index: Index::default(),
                    next: base,
                    bytes: 0,
                },
                Some(Fault::Incomplete),
            ),
            Err(fault) => return Ok(Err(Damage::header(base, fault))),
        };
        let synced = mark.map_or(length, |mark| mark.bytes);
        if let Some(fault) = fault.filter(|_| sealed.bytes < synced)
            && scan::frame_follows(&*file, sealed.bytes, length)?
        {
            return Ok(Err(frame_damage(base, &sealed, fault)));
        }
        let synced_bytes_lost = mark.map_or(0, |mark| mark.bytes.saturating_sub(sealed.bytes));
        if sealed.bytes < HEADER_BYTES || sealed.bytes < length || synced_bytes_lost > 0 {
            self.torn = Some(Torn {
                segment: segment_name(base),
                position: sealed.bytes,
                offset: sealed.next,
                bytes: length - sealed.bytes,
                synced_bytes_lost,
                kept_in: None,
            });
        }
        self.segments.push(Segment {
            base,
            file,
            index: sealed.index,
            next: sealed.next,
            bytes: sealed.bytes,
        });
        Ok(Ok(()))
    }
}

/// The damage of a log that ended in a segment which is not there; `last` is the last that is.
pub(crate) fn missing(mark: Option<Mark>, last: Option<Offset>) -> Option<Damage> {
    let mark = mark.filter(|mark| last.is_none_or(|last| last < mark.base))?;
    Some(Damage {
        base: mark.base,
        position: 0,
        offset: mark.base,
        kind: DamageKind::Missing,
    })
}

/// All whole frames of a segment, with an index over them, and why they end before `end`.
fn walk(file: &dyn File, base: Offset, end: u64) -> io::Result<(Sealed, Option<Fault>)> {
    let mut index = Index::default();
    let mut next = base;
    let stop = scan::walk(file, HEADER_BYTES, end, |position| {
        index.note(next, position);
        next = next.plus(1);
    })?;
    Ok((
        Sealed {
            index,
            next,
            bytes: stop.position,
        },
        stop.fault,
    ))
}

fn frame_damage(base: Offset, good: &Sealed, fault: Fault) -> Damage {
    Damage {
        base,
        position: good.bytes,
        offset: good.next,
        kind: DamageKind::Frame(fault),
    }
}

/// Surveys the log and makes it ready for appends: creates the first segment, cuts a torn end, rebuilds indexes, syncs what
/// readers are about to see, and sets the mark there.
pub(crate) fn recover(storage: &dyn Storage) -> Result<(Vec<Segment>, MarkFile, Recovery), OpenError> {
    let survey = Survey::take(storage)?;
    repair(storage, survey).map_err(|source| OpenError::Io {
        place: storage.place(),
        source,
    })
}

fn repair(storage: &dyn Storage, survey: Survey) -> io::Result<(Vec<Segment>, MarkFile, Recovery)> {
    let Survey {
        mut segments,
        mut torn,
        unindexed,
        mark,
    } = survey;
    for at in &unindexed {
        write_index(storage, &segments[*at]);
    }
    let mut last = match segments.pop() {
        Some(last) => last,
        None => create(storage, Offset(0))?,
    };
    if let Some(torn) = &mut torn {
        cut(storage, &mut last, torn)?;
    }
    write_again(&last, mark)?;
    last.file.sync()?;
    storage.sync_names()?;
    let mark = MarkFile::establish(
        storage,
        Mark {
            base: last.base,
            bytes: last.bytes,
        },
    )?;
    let tail = last.next;
    segments.push(last);
    let start = segments.first().map_or(tail, |segment| segment.base);
    let report = Recovery {
        start,
        tail,
        segments: segments.len(),
        indexes_rebuilt: unindexed.len(),
        torn,
    };
    Ok((segments, mark, report))
}

/// Writes what is not known to be on stable storage once more. A sync that failed before the log was closed may have left pages
/// that can be read and are not on the disk, and that another sync passes over: only what is written anew is synced for certain.
fn write_again(last: &Segment, mark: Option<Mark>) -> io::Result<()> {
    const CHUNK_BYTES: u64 = 1 << 20;
    let mark = mark.filter(|mark| mark.base == last.base);
    let mut position = mark.map_or(0, |mark| mark.bytes);
    while position < last.bytes {
        let bytes = CHUNK_BYTES.min(last.bytes - position);
        last.file
            .write_all_at(&read_up_to(&*last.file, position, bytes as usize)?, position)?;
        position += bytes;
    }
    Ok(())
}

/// Creates an empty segment, durably.
fn create(storage: &dyn Storage, base: Offset) -> io::Result<Segment> {
    let file = storage.create(&segment_name(base))?;
    file.write_all_at(&header::encode(base), 0)?;
    file.sync()?;
    storage.sync_names()?;
    Ok(Segment::empty(base, file))
}

/// The index of a sealed segment, if there is a whole one.
pub(crate) fn read_index(storage: &dyn Storage, base: Offset) -> io::Result<Option<Sealed>> {
    match read_whole(storage, &index_name(base)) {
        Ok(bytes) => Ok(index::decode(&bytes, base)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the index of a sealed segment. It is only a cache, so a failure is no more than a warning, and it is not synced.
pub(crate) fn write_index(storage: &dyn Storage, segment: &Segment) {
    let name = index_name(segment.base);
    let sealed = Sealed {
        index: segment.index.clone(),
        next: segment.next,
        bytes: segment.bytes,
    };
    let write = || -> io::Result<()> {
        match storage.remove(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        storage
            .create(&name)?
            .write_all_at(&index::encode(segment.base, &sealed), 0)
    };
    if let Err(error) = write() {
        warn!(index = name, %error, "cannot write the index of a sealed segment, it will be rebuilt on opening");
    }
}

/// Cuts the last segment at its last whole record, after keeping the rest aside.
fn cut(storage: &dyn Storage, last: &mut Segment, torn: &mut Torn) -> io::Result<()> {
    if torn.bytes > 0 {
        match keep(storage, last, torn) {
            Ok(name) => torn.kept_in = Some(name),
            // Records that were acknowledged are not thrown away; an unacknowledged rest may be, or a full disk would keep
            // the log from opening at all.
            Err(error) if torn.synced_bytes_lost > 0 => return Err(error),
            Err(error) => warn!(segment = torn.segment, %error, "cannot keep the torn end aside"),
        }
    }
    last.file.truncate(last.bytes)?;
    if last.bytes < HEADER_BYTES {
        last.file.write_all_at(&header::encode(last.base), 0)?;
        last.bytes = HEADER_BYTES;
    }
    warn!(
        segment = torn.segment, position = torn.position, offset = %torn.offset, bytes = torn.bytes,
        synced_bytes_lost = torn.synced_bytes_lost, kept_in = torn.kept_in, "torn end of the log cut off"
    );
    Ok(())
}

fn keep(storage: &dyn Storage, last: &Segment, torn: &Torn) -> io::Result<String> {
    let names = storage.list()?;
    let candidates = (0..).map(|again| match again {
        0 => format!("torn-{:020}.bin", torn.offset.0),
        again => format!("torn-{:020}.{again}.bin", torn.offset.0),
    });
    let Some(name) = candidates.into_iter().find(|name| !names.contains(name)) else {
        return Ok(String::new());
    };
    let file = storage.create(&name)?;
    file.write_all_at(&read_up_to(&*last.file, torn.position, torn.bytes as usize)?, 0)?;
    file.sync()?;
    storage.sync_names()?;
    Ok(name)
}
