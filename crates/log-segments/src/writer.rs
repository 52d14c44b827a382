//! Writing to the last segment: one write and one sync per commit, rolling, and what a failure means.
//!
//! | what failed | then |
//! |---|---|
//! | room: the reserve would be touched | nothing is tried |
//! | writing (disk full) | the file is cut back to where it was and synced; if that works nothing happened, else the log is poisoned |
//! | syncing | poisoned: after a failed sync nobody knows what is on the disk, and a second sync may lie |
//! | beginning the next segment | its file is removed again; if that works nothing happened, else the log is poisoned |
//!
//! A failed sync is the strict case, for want of room too: the kernel may have marked the pages clean without their having reached
//! the disk, and says so once. Opening the log again writes what is in doubt anew (`recovery`).

use std::io;
use std::iter;
use std::sync::Arc;

use origem_domain::position::Offset;
use tracing::{error, warn};

use crate::condition::Condition;
use crate::frame;
use crate::header::{self, HEADER_BYTES, segment_name};
use crate::mark::{Mark, MarkFile};
use crate::options::{Durability, OS_SYNC_BYTES, Options};
use crate::recovery::write_index;
use crate::segment::{Segment, Segments};
use crate::storage::{File, Storage};

/// The one writer of an open log.
#[derive(Debug)]
pub(crate) struct Writer {
    storage: Arc<dyn Storage>,
    segments: Arc<Segments>,
    mark: MarkFile,
    durability: Durability,
    segment_bytes_max: u64,
    file: Arc<dyn File>,
    base: Offset,
    next: Offset,
    bytes: u64,
    synced_bytes: u64,
    condition: Arc<Condition>,
    poisoned: Option<Arc<io::Error>>,
}

/// Why a commit failed.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// The log is as it was.
    NotWritten(Arc<io::Error>),
    /// Its outcome is open and the log is poisoned.
    Unconfirmed(Arc<io::Error>),
    /// The log had been poisoned before.
    Poisoned(Arc<io::Error>),
}

impl Writer {
    /// Goes on at the end of `last`, which is synced.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        segments: Arc<Segments>,
        last: &Segment,
        mark: MarkFile,
        options: &Options,
    ) -> Self {
        Self {
            condition: Arc::new(Condition::new(Arc::clone(&storage), options.reserve_bytes)),
            storage,
            segments,
            mark,
            durability: options.durability,
            segment_bytes_max: options.segment_bytes_max,
            file: Arc::clone(&last.file),
            base: last.base,
            next: last.next,
            bytes: last.bytes,
            synced_bytes: last.bytes,
            poisoned: None,
        }
    }

    /// Whether appends are taken, for those who watch.
    pub(crate) fn condition(&self) -> Arc<Condition> {
        Arc::clone(&self.condition)
    }

    /// Appends `frames`, which are `records` records, and publishes them; returns the offset of the first.
    pub(crate) fn commit(&mut self, frames: &[u8], records: u64) -> Result<Offset, Failure> {
        if let Some(cause) = &self.poisoned {
            return Err(Failure::Poisoned(Arc::clone(cause)));
        }
        let admitted = self.condition.admit(frames.len() as u64);
        admitted.map_err(|cause| Failure::NotWritten(Arc::new(cause)))?;
        if self.bytes > HEADER_BYTES && self.bytes + frames.len() as u64 > self.segment_bytes_max {
            self.roll()?;
        }
        let start = self.bytes;
        if let Err(cause) = self.file.write_all_at(frames, start) {
            return Err(self.take_back(cause));
        }
        let first = self.next;
        self.bytes += frames.len() as u64;
        self.next = first.plus(records);
        if self.durability == Durability::Fsync || self.bytes - self.synced_bytes >= OS_SYNC_BYTES {
            self.sync()?;
        }
        self.segments.grow(positions(frames, start), self.next, self.bytes);
        self.condition.written();
        Ok(first)
    }

    /// Makes everything durable, and the mark too; the last act of an open log.
    pub(crate) fn close(&mut self) -> Result<(), Failure> {
        if self.poisoned.is_none() {
            if self.synced_bytes < self.bytes {
                self.sync()?;
            }
            // The mark is only a bound: if this fails, the next opening knows a little less.
            let _ = self.mark.sync();
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Failure> {
        self.file.sync().map_err(|cause| self.poison(cause))?;
        self.synced_bytes = self.bytes;
        self.move_mark();
        Ok(())
    }

    /// Cuts off what a failed write left. Synced, or power loss could bring back a batch that was refused.
    fn take_back(&mut self, cause: io::Error) -> Failure {
        match self.file.truncate(self.bytes).and_then(|()| self.file.sync()) {
            Ok(()) => self.not_written(cause),
            Err(_) => self.poison(cause),
        }
    }

    fn not_written(&self, cause: io::Error) -> Failure {
        if !self.condition.failed(&cause) {
            warn!(segment = segment_name(self.base), %cause, "cannot write, nothing was appended");
        }
        Failure::NotWritten(Arc::new(cause))
    }

    /// Seals the last segment and begins the next. The index comes after the new segment exists, so that a segment with an
    /// index is never appended to.
    fn roll(&mut self) -> Result<(), Failure> {
        if self.synced_bytes < self.bytes {
            self.sync()?;
        }
        let name = segment_name(self.next);
        let file = self.storage.create(&name).map_err(|cause| self.not_written(cause))?;
        let begun = file.write_all_at(&header::encode(self.next), 0);
        if let Err(cause) = begun.and_then(|()| file.sync()) {
            // No record is in it. But its name must be gone for certain, or it could come back and stand in the way.
            let removed = self.storage.remove(&name).and_then(|()| self.storage.sync_names());
            return Err(match removed {
                Ok(()) => self.not_written(cause),
                Err(_) => self.poison(cause),
            });
        }
        self.storage.sync_names().map_err(|cause| self.poison(cause))?;
        let sealed = self.segments.lock().last().cloned();
        if let Some(sealed) = sealed {
            write_index(&*self.storage, &sealed);
        }
        self.segments.push(Segment::empty(self.next, Arc::clone(&file)));
        self.file = file;
        self.base = self.next;
        self.bytes = HEADER_BYTES;
        self.synced_bytes = HEADER_BYTES;
        self.move_mark();
        // Once per segment: a mark that still named the sealed one would know nothing about this one.
        let _ = self.mark.sync();
        Ok(())
    }

    /// A mark that stays behind is still true, so a failure is no more than a warning.
    fn move_mark(&self) {
        if let Err(cause) = self.mark.write(Mark {
            base: self.base,
            bytes: self.synced_bytes,
        }) {
            warn!(%cause, "cannot move the mark of synced bytes");
        }
    }

    fn poison(&mut self, cause: io::Error) -> Failure {
        error!(segment = segment_name(self.base), offset = %self.next, %cause, "write not confirmed, refusing appends");
        let cause = Arc::new(cause);
        self.condition.poisoned();
        self.poisoned = Some(Arc::clone(&cause));
        Failure::Unconfirmed(cause)
    }
}

/// Where each of `frames` lies in the segment.
fn positions(frames: &[u8], start: u64) -> impl Iterator<Item = u64> {
    let mut at = 0;
    iter::from_fn(move || {
        let bytes = frame::claimed_bytes(frames, at)?;
        let position = start + at as u64;
        at += bytes;
        Some(position)
    })
}
