//! The embedded event log: one partition in one sequence of segment files.
//!
//! ```text
//!   data/log/
//!     00000000000000000000.log    sealed      header | frame | frame | ...          named by the first offset
//!     00000000000000000000.index  sparse index of a sealed segment: a cache, rebuilt when missing
//!     00000000000000081920.log    active      header | frame | frame | <- appends
//!     synced.mark                 up to where the active segment is known to be on stable storage
//!     lock                        held by the process that has the log open; names it
//!     torn-00000000000000091000.bin   what recovery cut off, kept for inspection
//! ```
//!
//! Byte layouts, recovery rules and what survives which failure: docs/formats/segment.md. What is in a record is not known
//! here. The code, from the bytes up: `frame`, `header`, `index`, `mark` (bytes), `storage` (files), `scan` and `recovery`
//! (opening), `segment` and `reader` (reading), `condition`, `writer` and `queue` (group commit), `trim` (the oldest go), `log` (the
//! port), `info`, `verify`, `snapshot` and `outside` (tools, from outside).

mod condition;
mod error;
mod frame;
mod header;
mod index;
mod info;
mod log;
mod mark;
mod options;
mod outside;
mod queue;
mod reader;
mod recovery;
mod scan;
mod segment;
mod snapshot;
mod storage;
#[cfg(test)]
mod tests;
mod trim;
mod verify;
mod writer;

pub use error::{Damage, DamageKind, OpenError};
pub use frame::{Fault, RECORD_BYTES_LIMIT};
pub use info::{Info, SegmentInfo, info};
pub use log::SegmentLog;
pub use options::{Durability, Options};
pub use outside::SegmentReader;
pub use recovery::{Recovery, Torn};
pub use snapshot::{CopyError, Snapshot};
#[cfg(any(test, feature = "test-support"))]
pub use storage::faulty::{Disk, Plan, Restart};
pub use verify::{Extent, Progress, Verified, verify};
