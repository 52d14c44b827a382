//! Checking a log from outside: whether every record is what was written, and none is missing. Takes no lock and changes
//! nothing, so it works while another process has the log open.

use std::io;
use std::path::Path;
use std::sync::Arc;

use origem_domain::position::Offset;

use crate::error::{Damage, DamageKind, OpenError};
use crate::header::{self, HEADER_BYTES, bases, index_name, segment_name};
use crate::index::{Index, Sealed};
use crate::mark::Mark;
use crate::recovery::{Survey, Torn, missing, read_index};
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
    /// The first bad place of each segment that has one; empty for a sound log. A torn end is not damage.
    pub damage: Vec<Damage>,
    /// An end of the last segment that is not whole, unless a live writer is just completing it.
    pub torn: Option<Torn>,
    /// Indexes of sealed segments that are missing or not what the records say. An index is only a cache: deleting its file
    /// has it rebuilt when the log is opened next.
    pub indexes_bad: Vec<String>,
}

/// Reads every record of the log in `directory`, checks its checksum and that no offset is missing, and calls `report` about
/// once per MiB. Goes on after damage with the next segment, so that one run names every damaged file.
///
/// # Errors
/// `Io` only: damage is in the result.
pub fn verify(directory: &Path, report: impl FnMut(Progress)) -> Result<Verified, OpenError> {
    verify_on(&Directory::read_only(directory), report)
}

pub(crate) fn verify_on(storage: &dyn Storage, mut report: impl FnMut(Progress)) -> Result<Verified, OpenError> {
    check(storage, &mut report).map_err(|source| OpenError::Io {
        place: storage.place(),
        source,
    })
}

fn check(storage: &dyn Storage, report: &mut dyn FnMut(Progress)) -> io::Result<Verified> {
    // The mark first: a live writer may begin a segment meanwhile, and an older mark is true all the same.
    let mark = Mark::load(storage)?;
    let bases = bases(&storage.list()?);
    let mut files = Vec::new();
    for base in &bases {
        let file = storage.open(&segment_name(*base))?;
        let length = file.len()?;
        files.push((*base, file, length));
    }
    let bytes_total = files.iter().map(|(_, _, length)| length).sum();
    let progress = Progress {
        bytes_total,
        ..Progress::default()
    };
    let mut found = Verified {
        progress,
        segments: files.len(),
        damage: Vec::new(),
        torn: None,
        indexes_bad: Vec::new(),
    };
    for (at, (base, file, length)) in files.iter().enumerate() {
        match bases.get(at + 1) {
            Some(following) => found.sealed(storage, *base, *following, &**file, *length, report)?,
            None => found.last(*base, Arc::clone(file), mark)?,
        }
        report(found.progress);
    }
    found.damage.extend(missing(mark, &bases));
    Ok(found)
}

impl Verified {
    fn sealed(
        &mut self,
        storage: &dyn Storage,
        base: Offset,
        following: Offset,
        file: &dyn File,
        length: u64,
        report: &mut dyn FnMut(Progress),
    ) -> io::Result<()> {
        let before = self.progress;
        self.progress.bytes += length;
        if let Err(fault) = header::check(&read_up_to(file, 0, HEADER_BYTES as usize)?, base) {
            self.damage.push(Damage::header(base, fault));
            return Ok(());
        }
        let mut index = Index::default();
        let (mut records, mut reported) = (0, 0);
        let stop = scan::walk(file, HEADER_BYTES, length, |position| {
            index.note(base.plus(records), position);
            records += 1;
            if position - reported >= REPORT_BYTES {
                reported = position;
                report(Progress {
                    records: before.records + records,
                    bytes: before.bytes + position,
                    ..before
                });
            }
        })?;
        self.progress.records += stop.records;
        let next = base.plus(stop.records);
        let kind = match stop.fault {
            Some(fault) => DamageKind::Frame(fault),
            None if next != following => DamageKind::Gap { next: following },
            None => {
                let expected = Sealed {
                    index,
                    next,
                    bytes: stop.position,
                };
                if read_index(storage, base)?.is_none_or(|known| known != expected) {
                    self.indexes_bad.push(index_name(base));
                }
                return Ok(());
            }
        };
        self.damage.push(Damage {
            base,
            position: stop.position,
            offset: next,
            kind,
        });
        Ok(())
    }

    fn last(&mut self, base: Offset, file: Arc<dyn File>, mark: Option<Mark>) -> io::Result<()> {
        let mut survey = Survey::default();
        if let Err(damage) = survey.last(base, file, mark)? {
            self.damage.push(damage);
        }
        for last in &survey.segments {
            self.progress.records += last.next.0 - last.base.0;
            self.progress.bytes += last.bytes;
        }
        self.torn = survey.torn;
        Ok(())
    }
}
