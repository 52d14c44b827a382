//! How much room the disk of a store has, and whether that is enough for what is to be written.
//!
//! sled does not write again once the disk refused it anything, so it is not given what has no room: it is asked before each part.

use std::io;
use std::path::{Path, PathBuf};

/// Rows that are given to sled on one look at the disk.
pub(crate) const PART_BYTES: u64 = 2 << 20;
/// What sled makes of rows on disk, pages and segments included, at most.
const TIMES_IN_TREES: u64 = 4;
/// What the journal makes of rows at most: lengths stand beside keys and values.
const TIMES_IN_JOURNAL: u64 = 2;
/// What files grow by at once.
const AT_ONCE: u64 = 8 << 20;

/// How many bytes of the disk of a path are free; `None` where the system does not tell.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(path).ok()?;
    Some(told.f_bavail.saturating_mul(told.f_frsize))
}

/// The disk of a store.
#[derive(Debug)]
pub(crate) struct Disk {
    path: PathBuf,
    free_bytes: fn(&Path) -> Option<u64>,
}

impl Disk {
    /// The one on which a path lies.
    pub(crate) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            free_bytes,
        }
    }

    /// One that has as much room as somebody says.
    #[cfg(test)]
    pub(crate) fn told_by(free_bytes: fn(&Path) -> Option<u64>) -> Self {
        Self {
            path: PathBuf::new(),
            free_bytes,
        }
    }

    /// Whether the journal can take so many bytes of rows.
    ///
    /// # Errors
    /// Of kind `StorageFull`.
    pub(crate) fn check_for_journal(&self, bytes: u64) -> io::Result<()> {
        self.check(bytes.saturating_mul(TIMES_IN_JOURNAL))
    }

    /// Whether the trees can take the next part.
    ///
    /// # Errors
    /// Of kind `StorageFull`.
    pub(crate) fn check_for_trees(&self) -> io::Result<()> {
        self.check(PART_BYTES * TIMES_IN_TREES)
    }

    fn check(&self, bytes: u64) -> io::Result<()> {
        let needed = bytes.saturating_add(AT_ONCE);
        match (self.free_bytes)(&self.path) {
            Some(free) if free < needed => {
                let text = format!(
                    "{free} bytes are free on the disk of the views, and what is to be written takes up to {needed}"
                );
                Err(io::Error::new(io::ErrorKind::StorageFull, text))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIGHT: u64 = AT_ONCE + 400;

    #[test]
    fn rows_are_written_where_they_have_room_with_what_is_made_of_them() {
        let tight = Disk::told_by(|_| Some(TIGHT));
        for (bytes, has_room) in [(0, true), (200, true), (201, false), (u64::MAX, false)] {
            let checked = tight.check_for_journal(bytes).map_err(|error| error.kind());
            assert_eq!(checked.is_ok(), has_room, "{bytes} in {TIGHT}");
            assert!(has_room || checked == Err(io::ErrorKind::StorageFull));
        }
        assert!(tight.check_for_trees().is_err());
        assert!(
            Disk::told_by(|_| Some(AT_ONCE + 4 * PART_BYTES))
                .check_for_trees()
                .is_ok()
        );
        assert!(
            Disk::told_by(|_| None).check_for_journal(u64::MAX).is_ok(),
            "nobody tells"
        );
        assert!(free_bytes(Path::new("/")).is_some_and(|free| free > 0));
        assert_eq!(free_bytes(Path::new("/there/is/none")), None);
    }
}
