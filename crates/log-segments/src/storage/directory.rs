//! Real files in one directory, held by one process at a time.

use std::fs;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{File, Storage};
use crate::error::OpenError;

const LOCK: &str = "lock";

/// A directory. With a lock it may be written, without one only read.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// Released by the operating system when the file is closed, also by a killed process.
    lock: Option<fs::File>,
}

impl Directory {
    /// Creates the directory if need be and takes its lock.
    pub(crate) fn lock(path: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io {
            place: path.display().to_string(),
            source,
        };
        create_durably(path).map_err(io)?;
        let mut lock = fs::File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(LOCK))
            .map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Only for the message; the owner may be writing it at this moment.
                let _ = lock.read_to_string(&mut owner);
                let owner = owner.trim().parse().ok();
                return Err(OpenError::Locked {
                    directory: path.to_owned(),
                    owner,
                });
            }
            Err(fs::TryLockError::Error(source)) => return Err(io(source)),
        }
        // The lock is held by the file, not by its content: the number is there for the message above.
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            lock: Some(lock),
        })
    }

    /// The directory for reading, whoever has the lock.
    pub(crate) fn read_only(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            lock: None,
        }
    }
}

/// Creates `path` and makes each new name durable in its parent.
fn create_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    create_durably(parent)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::File::open(parent)?.sync_all(),
    }
}

impl Storage for Directory {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let file = fs::File::options()
            .read(true)
            .write(self.lock.is_some())
            .open(self.path.join(name))?;
        Ok(Arc::new(file))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let file = fs::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(self.path.join(name))?;
        Ok(Arc::new(file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        fs::File::open(&self.path)?.sync_all()
    }

    fn free(&self) -> io::Result<Option<u64>> {
        let told = rustix::fs::statvfs(&self.path)?;
        Ok(Some(told.f_bavail.saturating_mul(told.f_frsize)))
    }
}

impl File for fs::File {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, position)
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, position)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
