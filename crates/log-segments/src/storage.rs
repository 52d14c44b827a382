//! What the log asks of its files: a flat set of names, positioned reads and writes, and two kinds of sync. Small, so that
//! the tests can replace the disk by one that forgets what was not synced.

mod directory;
#[cfg(any(test, feature = "test-support"))]
pub(crate) mod faulty;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub(crate) use directory::Directory;

/// One directory of files.
pub(crate) trait Storage: Debug + Send + Sync {
    /// For messages.
    fn place(&self) -> String;
    /// Names of the files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Opens an existing file.
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>>;
    /// Creates a file, which must not exist.
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes creations and removals durable.
    fn sync_names(&self) -> io::Result<()>;
    /// Bytes that may still be written here; `None` if the system does not tell.
    fn free(&self) -> io::Result<Option<u64>>;
}

/// One file.
pub(crate) trait File: Debug + Send + Sync {
    /// Reads up to `buffer.len()` bytes; 0 at the end of the file.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;
    /// Writes all of `bytes`, or fails having written any part of them.
    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;
    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Cuts the file.
    fn truncate(&self, bytes: u64) -> io::Result<()>;
    /// Makes content and length durable.
    fn sync(&self) -> io::Result<()>;
}

/// The bytes from `position` on, `bytes` of them unless the file ends first.
pub(crate) fn read_up_to(file: &dyn File, position: u64, bytes: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; bytes];
    let mut filled = 0;
    while filled < bytes {
        match file.read_at(&mut buffer[filled..], position + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}

/// The whole file.
pub(crate) fn read_whole(storage: &dyn Storage, name: &str) -> io::Result<Vec<u8>> {
    let file = storage.open(name)?;
    let bytes = file.len()?;
    read_up_to(&*file, 0, bytes as usize)
}
