//! A log as it was at one moment, to be copied from outside, also while another process has it open. Takes no lock and changes
//! nothing.
//!
//! ```text
//!   segments   [ sealed | sealed | last ............ | not synced yet ]
//!                                                    ^ the mark: what is copied ends here
//! ```
//!
//! Sealed segments never change; of the last one only what is on stable storage counts, so that a copy holds nothing that the log
//! could still lose. Their files stay open: what the log drops meanwhile can be copied all the same.

use std::io;
use std::path::Path;

use origem_domain::position::Offset;

use crate::error::{Damage, DamageKind, OpenError};
use crate::frame::Fault;
use crate::header::{HEADER_BYTES, segment_name};
use crate::info::SegmentInfo;
use crate::mark::Mark;
use crate::recovery::Survey;
use crate::scan;
use crate::segment::Segment;
use crate::storage::{Directory, Storage, read_up_to};

/// Segments that can be copied one by one.
#[derive(Debug)]
pub struct Snapshot {
    segments: Vec<Segment>,
}

/// Why a segment was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A record is not what was written.
    #[error("the log is damaged")]
    Damaged(#[source] Damage),
    /// It cannot be read, or not be written where it goes.
    #[error("cannot copy segment {segment}")]
    Io {
        /// File name.
        segment: String,
        /// The cause.
        source: io::Error,
    },
}

impl Snapshot {
    /// The log in `directory` as it is on stable storage now. Reads the last segment, and the indexes of the others.
    ///
    /// # Errors
    /// `Damaged` and `Io`, as for opening the log.
    pub fn take(directory: &Path) -> Result<Self, OpenError> {
        Self::take_on(&Directory::read_only(directory))
    }

    pub(crate) fn take_on(storage: &dyn Storage) -> Result<Self, OpenError> {
        let Survey { mut segments, torn, .. } = Survey::take(storage)?;
        let base = segments.last().map_or(Offset(0), |last| last.base);
        if let Some(source) = torn.and_then(|torn| torn.damage(base)) {
            let place = storage.place();
            return Err(OpenError::Damaged { place, source });
        }
        if let Some(last) = segments.last_mut() {
            let io = |source| OpenError::Io {
                place: storage.place(),
                source,
            };
            // Now and not before: what was seen may have been synced meanwhile. Without a mark all that is whole counts, as it
            // does on opening.
            let synced = match Mark::load(storage).map_err(io)? {
                Some(mark) if mark.base == last.base => mark.bytes,
                Some(mark) if mark.base < last.base => HEADER_BYTES,
                _ => last.bytes,
            };
            if synced < last.bytes {
                let stop = scan::walk(&*last.file, HEADER_BYTES, synced, |_| {}).map_err(io)?;
                (last.bytes, last.next) = (stop.position, last.base.plus(stop.records));
            }
        }
        // A segment whose header is not whole yet is one that is just being begun.
        segments.retain(|segment| segment.bytes >= HEADER_BYTES);
        Ok(Self { segments })
    }

    /// The first offset, and the one after the last record.
    #[must_use]
    pub fn range(&self) -> (Offset, Offset) {
        let start = self.segments.first().map_or(Offset(0), |segment| segment.base);
        (start, self.segments.last().map_or(start, |segment| segment.next))
    }

    /// What there is to copy, in order.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.segments.iter().map(SegmentInfo::of).collect()
    }

    /// Gives the bytes of the segment at `at` to `take`, in order and header included, and checks every record on the way.
    ///
    /// # Errors
    /// `Damaged` at the first record that is not what was written; what was given before it is whole. `Io`.
    pub fn copy(&self, at: usize, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), CopyError> {
        let segment = &self.segments[at];
        let io = |source| CopyError::Io {
            segment: segment_name(segment.base),
            source,
        };
        let header = read_up_to(&*segment.file, 0, HEADER_BYTES as usize).map_err(io)?;
        crate::header::check(&header, segment.base)
            .map_err(|fault| CopyError::Damaged(Damage::header(segment.base, fault)))?;
        take(&header).map_err(io)?;
        let stop = scan::walk_with_bytes(&*segment.file, HEADER_BYTES, segment.bytes, |_| {}, take).map_err(io)?;
        let next = segment.base.plus(stop.records);
        let kind = match stop.fault {
            Some(fault) => DamageKind::Frame(fault),
            None if next == segment.next => return Ok(()),
            None => DamageKind::Frame(Fault::Incomplete),
        };
        Err(CopyError::Damaged(Damage {
            base: segment.base,
            position: stop.position,
            offset: next,
            kind,
        }))
    }
}
