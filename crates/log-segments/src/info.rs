//! A log in numbers, from outside. Takes no lock and changes nothing, so it works while another process has the log open.

use std::path::Path;

use origem_domain::position::Offset;

use crate::error::OpenError;
use crate::header::segment_name;
use crate::recovery::{Survey, Torn};
use crate::segment::Segment;
use crate::storage::Directory;

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

impl SegmentInfo {
    pub(crate) fn of(segment: &Segment) -> Self {
        Self {
            name: segment_name(segment.base),
            base: segment.base,
            records: segment.next.0 - segment.base.0,
            bytes: segment.bytes,
        }
    }
}

/// Sizes and range of the log in `directory`.
///
/// # Errors
/// `Damaged` and `Io`, as for opening it.
pub fn info(directory: &Path) -> Result<Info, OpenError> {
    let Survey { segments, torn, .. } = Survey::take(&Directory::read_only(directory))?;
    let start = segments.first().map_or(Offset(0), |segment| segment.base);
    let tail = segments.last().map_or(start, |segment| segment.next);
    Ok(Info {
        start,
        tail,
        segments: segments.iter().map(SegmentInfo::of).collect(),
        torn,
    })
}
