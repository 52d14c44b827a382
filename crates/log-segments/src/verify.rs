//! Checking a log from outside: whether every record is what was written, and none is missing. Takes no lock and changes
//! nothing, so it works while another process has the log open.

use std::io;
use std::path::Path;
use std::sync::Arc;

use origem_domain::position::Offset;

use crate::error::{Damage, DamageKind, OpenError};
use crate::header::{self, HEADER_BYTES, index_name};
use crate::index::{Index, Sealed};
use crate::mark::Mark;
use crate::recovery::{Survey, Torn, missing, open_all, read_index};
use crate::scan;
use crate::storage::{Directory, File, Storage, read_up_to};

const REPORT_BYTES: u64 = 1 << 20;

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
    /// The bad places, as far as the extent goes, in order; empty for a sound log. A torn end is not damage, unless it had been
    /// synced.
    pub damage: Vec<Damage>,
    /// An end of the last segment that is not whole, unless a live writer is just completing it.
    pub torn: Option<Torn>,
    /// Indexes of sealed segments that are missing or not what the records say. An index is only a cache: deleting its file
    /// has it rebuilt when the log is opened next.
    pub indexes_bad: Vec<String>,
}

/// How much damage is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The first bad place of each segment: one run names every damaged file.
    FirstOfEach,
    /// Every bad place that can be told from the one before: after a bad record it goes on where the record's own length leads to
    /// a whole one, else at the next place that the segment's index knows.
    Every,
}

/// Reads every record of the log in `directory`, checks its checksum and that no offset is missing, and calls `report` about
/// once per MiB. Goes on after damage as `extent` says.
///
/// # Errors
/// `Io` only: damage is in the result.
pub fn verify(directory: &Path, extent: Extent, report: impl FnMut(Progress)) -> Result<Verified, OpenError> {
    verify_on(&Directory::read_only(directory), extent, report)
}

pub(crate) fn verify_on(
    storage: &dyn Storage,
    extent: Extent,
    mut report: impl FnMut(Progress),
) -> Result<Verified, OpenError> {
    check(storage, extent, &mut report).map_err(|source| OpenError::Io {
        place: storage.place(),
        source,
    })
}

fn check(storage: &dyn Storage, extent: Extent, report: &mut dyn FnMut(Progress)) -> io::Result<Verified> {
    let (mark, opened) = open_all(storage)?;
    let mut files = Vec::new();
    for (base, file) in opened {
        let length = file.len()?;
        files.push((base, file, length));
    }
    let bytes_total = files.iter().map(|(_, _, length)| length).sum();
    let progress = Progress {
        bytes_total,
        ..Progress::default()
    };
    let mut check = Check {
        storage,
        extent,
        report,
        found: Verified {
            progress,
            segments: files.len(),
            damage: Vec::new(),
            torn: None,
            indexes_bad: Vec::new(),
        },
    };
    for (at, (base, file, length)) in files.iter().enumerate() {
        match files.get(at + 1) {
            Some((following, _, _)) => check.sealed(*base, *following, &**file, *length)?,
            None => check.last(*base, Arc::clone(file), mark)?,
        }
        (check.report)(check.found.progress);
    }
    let mut found = check.found;
    found
        .damage
        .extend(missing(mark, files.last().map(|(base, _, _)| *base)));
    Ok(found)
}

/// A check under way.
struct Check<'a> {
    storage: &'a dyn Storage,
    extent: Extent,
    report: &'a mut dyn FnMut(Progress),
    found: Verified,
}

/// A place in a segment where a frame starts.
#[derive(Clone, Copy)]
struct Place {
    position: u64,
    offset: Offset,
}

impl Check<'_> {
    fn sealed(&mut self, base: Offset, following: Offset, file: &dyn File, length: u64) -> io::Result<()> {
        let bytes_before = self.found.progress.bytes;
        let damage_before = self.found.damage.len();
        let known = read_index(self.storage, base)?;
        if let Err(fault) = header::check(&read_up_to(file, 0, HEADER_BYTES as usize)?, base) {
            self.found.damage.push(Damage::header(base, fault));
        } else {
            let mut index = Index::default();
            let from = Place {
                position: HEADER_BYTES,
                offset: base,
            };
            let end = self.frames(
                base,
                file,
                from,
                length,
                known.as_ref().map(|known| &known.index),
                &mut index,
            )?;
            if self.found.damage.len() == damage_before {
                if end.offset == following {
                    let expected = Sealed {
                        index,
                        next: end.offset,
                        bytes: end.position,
                    };
                    if known.is_none_or(|known| known != expected) {
                        self.found.indexes_bad.push(index_name(base));
                    }
                } else {
                    self.found.damage.push(Damage {
                        base,
                        position: end.position,
                        offset: end.offset,
                        kind: DamageKind::Gap { next: following },
                    });
                }
            }
        }
        self.found.progress.bytes = bytes_before + length;
        Ok(())
    }

    /// Reads the frames of a segment up to byte `end`, notes them in `index` and the bad ones as damage; gives where it came to.
    fn frames(
        &mut self,
        base: Offset,
        file: &dyn File,
        mut from: Place,
        end: u64,
        known: Option<&Index>,
        index: &mut Index,
    ) -> io::Result<Place> {
        loop {
            let before = self.found.progress;
            let (mut records, mut reported) = (0, from.position);
            let report = &mut *self.report;
            let stop = scan::walk(file, from.position, end, |position| {
                index.note(from.offset.plus(records), position);
                records += 1;
                if position - reported >= REPORT_BYTES {
                    reported = position;
                    report(Progress {
                        records: before.records + records,
                        bytes: before.bytes + position - from.position,
                        ..before
                    });
                }
            })?;
            let at = Place {
                position: stop.position,
                offset: from.offset.plus(stop.records),
            };
            self.found.progress.records += stop.records;
            self.found.progress.bytes += stop.position - from.position;
            let Some(fault) = stop.fault else { return Ok(at) };
            self.found.damage.push(Damage {
                base,
                position: at.position,
                offset: at.offset,
                kind: DamageKind::Frame(fault),
            });
            let next = match self.extent {
                Extent::FirstOfEach => None,
                Extent::Every => after(file, at, end, known)?,
            };
            let Some(next) = next else { return Ok(at) };
            self.found.progress.bytes += next.position - at.position;
            from = next;
        }
    }

    fn last(&mut self, base: Offset, file: Arc<dyn File>, mark: Option<Mark>) -> io::Result<()> {
        let mut survey = Survey::default();
        if let Err(damage) = survey.last(base, Arc::clone(&file), mark)? {
            if self.extent == Extent::FirstOfEach || !matches!(damage.kind, DamageKind::Frame(_)) {
                self.found.damage.push(damage);
            } else {
                // From the start, and on after damage. What is beyond the mark may be torn.
                let end = mark
                    .filter(|mark| mark.base == base)
                    .map_or(file.len()?, |mark| mark.bytes);
                let from = Place {
                    position: HEADER_BYTES,
                    offset: base,
                };
                self.frames(base, &*file, from, end, None, &mut Index::default())?;
            }
        }
        for last in &survey.segments {
            self.found.progress.records += last.next.0 - last.base.0;
            self.found.progress.bytes += last.bytes;
        }
        let lost = survey.torn.as_ref().and_then(|torn| torn.damage(base));
        self.found.damage.extend(lost);
        self.found.torn = survey.torn;
        Ok(())
    }
}

/// Where to go on after the bad frame at `bad`; `None` if nothing tells.
fn after(file: &dyn File, bad: Place, end: u64, known: Option<&Index>) -> io::Result<Option<Place>> {
    if let Some(position) = scan::after_by_length(file, bad.position, end)? {
        let offset = bad.offset.plus(1);
        return Ok(Some(Place { position, offset }));
    }
    let next = known.and_then(|index| index.beyond(bad.position));
    let next = next.filter(|(offset, position)| *offset > bad.offset && *position < end);
    Ok(next.map(|(offset, position)| Place { position, offset }))
}
