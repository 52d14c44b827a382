//! One store: rows on sled 0.34, commits in memory until they are drained, all behind one redo journal, and packed rows beneath.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use origem_views::rows::{Changes, Row, Rows, RowsError, Scan, Store};
use tracing::{info, warn};

use crate::disk::{self, Disk};
use crate::drain::{Core, Drain, unwritten};
use crate::journal::{Batch, Journal};
use crate::layer::Within;
use crate::memory;
use crate::overlay::Commits;
use crate::trees::Trees;

/// Bytes of loaded rows after which sled is made to write to disk, and the journal begins anew.
const JOURNAL_BYTES_MAX: u64 = if cfg!(test) { 200 } else { 64 << 20 };

/// Part of the reserve that stays free beside it.
const MARGIN: u64 = 8;

/// How sled is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of memory for sled's page cache.
    pub cache_bytes: u64,
    /// How often what was committed is written to disk, in milliseconds. A crash takes what came in so long, and while
    /// what came before was being written; it is folded again.
    pub flush_every_ms: u64,
    /// Bytes of its disk that stay free while views are made: for the log and everybody else.
    pub reserve_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: memory::usual_cache_bytes(),
            flush_every_ms: 500,
            reserve_bytes: 256 << 20,
        }
    }
}

/// The store cannot be opened as it is, and is not or cannot be set aside.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the views in {path} are in use by another process; stop it, or ask it with --url")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The system does not let it be read or written. It is not damaged for that, and stays where it is.
    #[error(
        "cannot read or write the views in {path}; they stay as they are: mend what is said here, then start again"
    )]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The directory cannot be moved or made.
    #[error("cannot set the views in {path} aside")]
    SetAside {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Even an empty store will not open.
    #[error("cannot open the views in {path}: {reason}")]
    Sled {
        /// The directory.
        path: PathBuf,
        /// What sled says.
        reason: String,
    },
}

/// Rows on sled.
#[derive(Debug, Clone)]
pub struct SledStore {
    core: Arc<Core>,
    drain: Arc<Drain>,
    path: PathBuf,
    reserve_bytes: u64,
}

impl SledStore {
    /// Alive until nothing of it is written any more.
    pub(crate) fn core(&self) -> Weak<Core> {
        Arc::downgrade(&self.core)
    }

    /// Opens the store in `path`, making it if there is none. A store that is damaged, or was found damaged before, is
    /// renamed to `<path>.aside` (an earlier one there is removed) and an empty one opened. A full disk, or too few open files, is no
    /// damage: nothing is moved then.
    ///
    /// # Errors
    /// `InUse`, `Io`, `SetAside`, `Sled`.
    pub fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let damage_mark = path.with_extension("damaged");
        let first = if damage_mark.exists() {
            Err(Failure::Broken("it was found damaged".to_owned()))
        } else {
            try_open(path, options)
        };
        let opened = match first {
            Err(Failure::Broken(reason)) => {
                let aside = path.with_extension("aside");
                warn!(path = %path.display(), aside = %aside.display(), reason, "the views cannot be used: set aside, to be folded again from the log");
                let set_aside = set_aside(path, &aside).and_then(|()| remove(&damage_mark));
                set_aside.map_err(|source| OpenError::SetAside {
                    path: path.to_owned(),
                    source,
                })?;
                try_open(path, options)
            }
            other => other,
        };
        let begun = opened.and_then(|(trees, journal)| {
            let core = Arc::new(Core::new(trees, journal, damage_mark, Disk::of(path)));
            let drain = Drain::begin(Arc::clone(&core), Duration::from_millis(options.flush_every_ms));
            Ok((core, Arc::new(drain.map_err(Failure::Io)?)))
        });
        match begun {
            Ok((core, drain)) => Ok(Self {
                core,
                drain,
                path: path.to_owned(),
                reserve_bytes: options.reserve_bytes,
            }),
            Err(Failure::InUse) => Err(OpenError::InUse { path: path.to_owned() }),
            Err(Failure::Io(source)) => Err(OpenError::Io {
                path: path.to_owned(),
                source,
            }),
            Err(Failure::Broken(reason)) => Err(OpenError::Sled {
                path: path.to_owned(),
                reason,
            }),
        }
    }

    fn scanned<'a>(&'a self, commits: &Commits, from: &[u8], to: &[u8], back: bool) -> Scan<'a> {
        if from >= to {
            return Box::new(std::iter::empty());
        }
        let trees = || self.core.trees.scan(from, to, back);
        let rows = commits.over(&Within::new(from, to, back), trees);
        Box::new(rows.map(|row| row.map_err(|error| self.core.failed(error))))
    }

    fn read(&self, commits: &Commits, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        match commits.get(key) {
            Some(committed) => Ok(committed),
            None => self.core.trees.get(key).map_err(|error| self.core.failed(error)),
        }
    }
}

/// Its disk is nearly full.
#[derive(Debug, thiserror::Error)]
#[error(
    "{free} bytes are free on the disk of the views, {bytes} are to be written, and {kept} stay free (disk.reserve and an eighth of it, \
     from which on the log takes appends again): free some space, or give more, then start again"
)]
struct Full {
    free: u64,
    bytes: u64,
    kept: u64,
}

/// Why packing ended.
enum Unpacked {
    Sled(sled::Error),
    Rows(RowsError),
}

impl From<sled::Error> for Unpacked {
    fn from(error: sled::Error) -> Self {
        Self::Sled(error)
    }
}

impl From<std::io::Error> for Unpacked {
    fn from(error: std::io::Error) -> Self {
        Self::Rows(unwritten(error))
    }
}

impl From<RowsError> for Unpacked {
    fn from(error: RowsError) -> Self {
        Self::Rows(error)
    }
}

enum Failure {
    InUse,
    Io(std::io::Error),
    Broken(String),
}

impl From<sled::Error> for Failure {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) if is_lock(&error) => Self::InUse,
            sled::Error::Io(error) if !is_damage(&error) => Self::Io(error),
            other => Self::Broken(other.to_string()),
        }
    }
}

/// What sled or the journal makes of bytes that are not as they should be, said as an error of the file. Whatever the system says
/// has a code, and a kind of its own also after sled has copied it without.
fn is_damage(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, Other, UnexpectedEof};
    error.raw_os_error().is_none() && matches!(error.kind(), InvalidData | Other | UnexpectedEof)
}

/// sled unwraps some of what the system says.
fn of_panic(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let said = text
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or_default();
    if said.contains("Os { code") {
        Failure::Io(std::io::Error::other(said.to_owned()))
    } else {
        Failure::Broken(format!("sled panicked while opening: {said}"))
    }
}

/// Opens sled, and writes once more what was loaded and may not have come to disk.
fn try_open(path: &Path, options: &Options) -> Result<(Trees, Journal), Failure> {
    let trees = Trees::open(try_open_sled(path, options)?)?;
    let mut batches = 0;
    let apply = |batch| {
        batches += 1;
        let Batch { replacing, rows } = batch;
        if replacing {
            trees.clear()?;
        }
        for (key, value) in rows {
            trees.write(&key, value.as_deref())?;
        }
        Ok(())
    };
    let journal = Journal::recover(&path.join("journal"), apply, || trees.db.flush().map(drop));
    let journal = journal.map_err(|error: sled::Error| Failure::from(error))?;
    if batches > 0 {
        info!(path = %path.display(), batches, "loaded rows were written once more: the load goes on where it was");
    }
    Ok((trees, journal))
}

fn try_open_sled(path: &Path, options: &Options) -> Result<sled::Db, Failure> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(Some(options.flush_every_ms))
        .mode(sled::Mode::HighThroughput);
    // sled 0.34 asserts on some kinds of damage instead of answering with an error.
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(opened) => Ok(opened?),
        Err(panic) => Err(of_panic(&*panic)),
    }
}

/// sled wraps a lock that is held by another process in an error of kind `Other` that says so.
fn is_lock(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock || error.to_string().contains("could not acquire lock")
}

pub(crate) fn set_aside(path: &Path, aside: &Path) -> std::io::Result<()> {
    remove(aside)?;
    if path.exists() {
        std::fs::rename(path, aside)?;
    }
    Ok(())
}

pub(crate) fn remove(path: &Path) -> std::io::Result<()> {
    match path {
        directory if directory.is_dir() => std::fs::remove_dir_all(directory),
        file if file.exists() => std::fs::remove_file(file),
        _ => Ok(()),
    }
}

impl Rows for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.read(&self.core.overlay.now(), key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.scanned(&self.core.overlay.now(), from, to, false)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.scanned(&self.core.overlay.now(), from, to, true)
    }

    fn snapshot(&self) -> Option<Box<dyn Rows + '_>> {
        let (commits, kept) = self.core.overlay.view();
        Some(Box::new(Snapshot {
            store: self,
            commits,
            _kept: kept,
        }))
    }
}

/// A store as one commit left it.
struct Snapshot<'a> {
    store: &'a SledStore,
    commits: Commits,
    /// Nothing of a later commit is written to the trees meanwhile.
    _kept: Arc<()>,
}

impl Rows for Snapshot<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.store.read(&self.commits, key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.store.scanned(&self.commits, from, to, false)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.store.scanned(&self.commits, from, to, true)
    }
}

impl Store for SledStore {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        self.drain.commit(changes)
    }

    /// Written on the spot, in key order, and in the journal before.
    fn load(&self, changes: &Changes) -> Result<(), RowsError> {
        let mut journal = self.drain.journal_soon();
        self.core.drain(&mut journal)?;
        self.core.check_for_journal(changes.rows())?;
        journal.append(changes.rows()).map_err(unwritten)?;
        self.core.write(changes.rows())?;
        if journal.bytes() >= JOURNAL_BYTES_MAX {
            self.core.settle(&mut journal)?;
        }
        Ok(())
    }

    /// Not by removals: a removed row would hide what is packed beneath it afterwards. In the journal it is one batch, which is there
    /// whole or not at all.
    fn replace(&self, rows: Changes) -> Result<(), RowsError> {
        let Core { trees, .. } = &*self.core;
        let mut journal = self.drain.journal_soon();
        self.core.drain(&mut journal)?;
        self.core.check_for_journal(rows.rows())?;
        journal.append_replacing(rows.rows()).map_err(unwritten)?;
        trees.clear().map_err(|error| self.core.failed(error))?;
        self.core.write(rows.rows())?;
        self.core.settle(&mut journal)
    }

    fn pack(&self, rows: &mut dyn Iterator<Item = Result<Row, RowsError>>) -> Result<(), RowsError> {
        const BLOCKS_BETWEEN_LOOKS: u32 = 1_000;
        /// What sled makes of a block at most.
        const BLOCK_BYTES_MAX: u64 = 8 << 10;
        let mut blocks = 0;
        let mut rows = rows.map(|row| row.map_err(Unpacked::from));
        let packed = self.core.trees.pack(&mut rows, || {
            if blocks % BLOCKS_BETWEEN_LOOKS == 0 {
                self.has_room(u64::from(BLOCKS_BETWEEN_LOOKS) * BLOCK_BYTES_MAX)?;
            }
            blocks += 1;
            Ok(())
        });
        packed.map_err(|stopped| match stopped {
            Unpacked::Sled(error) => self.core.failed(error),
            Unpacked::Rows(error) => error,
        })
    }

    fn scratch(&self) -> Option<PathBuf> {
        Some(self.path.join("scratch"))
    }

    fn has_room(&self, bytes: u64) -> Result<(), RowsError> {
        // A log that once refused appends takes them again beyond this margin only.
        let kept = self.reserve_bytes.saturating_add(self.reserve_bytes / MARGIN);
        match disk::free_bytes(&self.path) {
            Some(free) if free < kept.saturating_add(bytes) => {
                Err(RowsError::Store(Box::new(Full { free, bytes, kept })))
            }
            _ => Ok(()),
        }
    }

    fn flush(&self) -> Result<(), RowsError> {
        let mut journal = self.drain.journal_soon();
        self.core.drain(&mut journal)?;
        self.core.settle(&mut journal)
    }

    /// Without the journal, which is bounded.
    fn bytes_on_disk(&self) -> Option<u64> {
        self.core.trees.db.size_on_disk().ok()
    }
}

#[cfg(test)]
mod tests;
