//! Reading a log without opening it: for tools that follow or export while another process appends.

use std::path::Path;

use origem_domain::position::Offset;
use origem_log::{Batch, ReadError, ReadLimit};

use crate::error::OpenError;
use crate::header::bases;
use crate::reader::Reader;
use crate::recovery::Survey;
use crate::scan;
use crate::segment::Segments;
use crate::storage::{Directory, Storage};

/// A look at a log from outside, also while another process has it open. Takes no lock and changes nothing.
///
/// It sees every whole record that the files hold, so with a live writer its last records may not be durable yet.
#[derive(Debug)]
pub struct SegmentReader {
    storage: Directory,
    segments: Segments,
    reader: Reader,
}

impl SegmentReader {
    /// Looks at the log in `directory` as it is now.
    ///
    /// # Errors
    /// `Damaged` and `Io`, as for opening the log.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let storage = Directory::read_only(directory);
        let segments = Segments::new(Survey::take(&storage)?.segments);
        Ok(Self {
            storage,
            segments,
            reader: Reader::default(),
        })
    }

    /// Looks for new records; returns the tail. Reads only what was added, so it may be called often.
    ///
    /// # Errors
    /// As [`SegmentReader::open`].
    pub fn refresh(&mut self) -> Result<Offset, OpenError> {
        let io = |source| OpenError::Io {
            place: self.storage.place(),
            source,
        };
        let newest = bases(&self.storage.list().map_err(io)?).pop();
        let last = self.segments.lock().last().cloned();
        match last.filter(|last| newest == Some(last.base) && last.bytes > 0) {
            Some(last) => {
                let mut positions = Vec::new();
                let end = last.file.len().map_err(io)?;
                let stop = scan::walk(&*last.file, last.bytes, end, |position| positions.push(position)).map_err(io)?;
                self.segments
                    .grow(positions.into_iter(), last.next.plus(stop.records), stop.position);
            }
            None => self.segments = Segments::new(Survey::take(&self.storage)?.segments),
        }
        Ok(self.segments.range().1)
    }

    /// The first offset and the tail.
    #[must_use]
    pub fn range(&self) -> (Offset, Offset) {
        self.segments.range()
    }

    /// As [`EventLog::read`](origem_log::EventLog::read).
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        self.reader.read(&self.segments, from, limit)
    }
}
