//! How far a load is: written once everything is resolved, and whenever rows have been written since, so that after a crash only
//! the work since then is done again.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use origem_domain::position::Offset;
use origem_views::meta::{Checkpoint, Versions};
use origem_views::rows::Changes;
use serde::{Deserialize, Serialize};

use super::part::Homes;
use super::runs::Run;
use super::spill::{Written, sync_directory};

const NAME: &str = "manifest";

/// Of the files of a load; another one means that it begins anew. What is in rows has `VIEWS_VERSION`.
pub(super) const FORMAT: u32 = 3;

const CRC_BYTES: usize = 4;

/// How far a load is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    pub versions: Versions,
    /// The first offset that is loaded.
    pub from: Offset,
    /// The first that is not.
    pub to: Offset,
    /// The files of tasks, by part.
    pub tasks: Vec<Written>,
    /// The same, of conversations that were merged.
    pub late: Vec<Written>,
    pub homes: Homes,
    /// Parts that are folded, those of merged conversations behind the others.
    pub done: usize,
    /// Files of rows.
    pub runs: Vec<Run>,
    /// Counters so far.
    pub counts: Changes,
    /// What the checkpoint will tell, so far.
    pub checkpoint: Checkpoint,
}

impl Manifest {
    /// As it is written: CRC32C of all that follows, u32 LE, and itself.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        let bytes = postcard::to_extend(self, vec![0; CRC_BYTES]).map_err(io::Error::other)?;
        let crc = crc32c::crc32c(&bytes[CRC_BYTES..]).to_le_bytes();
        Ok([&crc, &bytes[CRC_BYTES..]].concat())
    }

    /// How many bytes of tasks are folded, and of how many.
    pub(super) fn folded(&self) -> (u64, u64) {
        let of = |parts: usize| {
            self.tasks
                .iter()
                .chain(&self.late)
                .take(parts)
                .map(|part| part.bytes)
                .sum()
        };
        (of(self.done), of(usize::MAX))
    }

    /// Writes its bytes beside the one before, and then in its place, durably.
    ///
    /// # Errors
    /// Those of the file.
    pub(super) fn write(bytes: &[u8], directory: &Path) -> io::Result<()> {
        let unfinished = directory.join("manifest.new");
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(unfinished, directory.join(NAME))?;
        sync_directory(directory)
    }

    /// The manifest of a load that was begun in `directory`; `None` if there is none, or it is not what was written.
    pub(super) fn read(directory: &Path) -> Option<Self> {
        let bytes = fs::read(directory.join(NAME)).ok()?;
        let (crc, bytes) = bytes.split_first_chunk::<CRC_BYTES>()?;
        if u32::from_le_bytes(*crc) != crc32c::crc32c(bytes) {
            return None;
        }
        let manifest: Self = postcard::from_bytes(bytes).ok()?;
        (manifest.format == FORMAT).then_some(manifest)
    }

    /// Forgets the load of `directory`, whose files are not what was written: the next one begins anew.
    pub(super) fn forget(directory: &Path) -> io::Result<()> {
        fs::remove_file(directory.join(NAME))
    }
}
