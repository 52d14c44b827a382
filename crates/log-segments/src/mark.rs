//! The mark: up to where the active segment is known to be on stable storage. It tells damage from a torn write.
//!
//! ```text
//!   0            8             16              24        28     32
//!   | "ORIGMARK" | base offset | synced bytes  | zero    | crc  |
//!     magic        u64 LE        u64 LE          u32       u32 LE, CRC32C of bytes 0..28
//! ```
//!
//! Overwritten in place after every sync of the segment, and not synced itself then: whatever version of it survives was true
//! when it was written, because bytes that were synced stay synced. So it is a lower bound, and costs no flush.

use std::io;
use std::sync::Arc;

use origem_domain::position::Offset;

use crate::storage::{File, Storage, read_up_to};

const MAGIC: [u8; 8] = *b"ORIGMARK";
const NAME: &str = "synced.mark";
const BYTES: usize = 32;

/// What is on stable storage: every segment before `base`, and the first `bytes` bytes of that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) base: Offset,
    pub(crate) bytes: u64,
}

/// The mark's file, open for writing.
#[derive(Debug)]
pub(crate) struct MarkFile(Arc<dyn File>);

impl Mark {
    /// The mark of a log, if there is a whole one.
    pub(crate) fn load(storage: &dyn Storage) -> io::Result<Option<Self>> {
        match storage.open(NAME) {
            Ok(file) => Ok(Self::decode(&read_up_to(&*file, 0, BYTES)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn encode(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..16].copy_from_slice(&self.base.0.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.bytes.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; BYTES] = bytes.first_chunk()?;
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if body[..8] != MAGIC || crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let number = |at: usize| Some(u64::from_le_bytes(*body.get(at..)?.first_chunk()?));
        Some(Self {
            base: Offset(number(8)?),
            bytes: number(16)?,
        })
    }
}

impl MarkFile {
    /// Opens the mark's file, creating it if need be, and puts `mark` there durably.
    pub(crate) fn establish(storage: &dyn Storage, mark: Mark) -> io::Result<Self> {
        let file = match storage.open(NAME) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = storage.create(NAME)?;
                storage.sync_names()?;
                file
            }
            other => other?,
        };
        let file = Self(file);
        file.write(mark)?;
        file.sync()?;
        Ok(file)
    }

    /// Moves the mark. Call only after the sync that makes it true.
    pub(crate) fn write(&self, mark: Mark) -> io::Result<()> {
        self.0.write_all_at(&mark.encode(), 0)
    }

    /// Makes the mark itself durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}
