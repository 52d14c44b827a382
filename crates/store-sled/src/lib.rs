//! Rows of read models on sled 0.34: one tree, every commit one atomic batch.
//!
//! The store is disposable. One that will not open, or that was found damaged while it was read, is set aside and an empty one
//! takes its place; the projector then folds the log from the start.
//!
//! ```text
//! views/          the store            views.damaged   an empty file: the store was found damaged, set it aside
//! views.aside/    the last one that was set aside
//! ``` Source for the figures: docs/performance.md.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use origem_views::rows::{Changes, Row, Rows, RowsError, Scan, Store};
use tracing::{error, warn};

/// How sled is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of memory for sled's page cache.
    pub cache_bytes: u64,
    /// How often sled writes to disk by itself, in milliseconds. A crash takes at most that much, which is folded again.
    pub flush_every_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 256 << 20,
            flush_every_ms: 500,
        }
    }
}

/// The store cannot be opened, and cannot be set aside either.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the views in {path} are in use by another process; stop it, or ask it with --url")]
    InUse {
        /// The directory.
        path: PathBuf,
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
    db: sled::Db,
    damage_mark: PathBuf,
}

impl SledStore {
    /// Opens the store in `path`, making it if there is none. A store that will not open, or was found damaged before, is
    /// renamed to `<path>.aside` (an earlier one there is removed) and an empty one opened.
    ///
    /// # Errors
    /// `InUse`, `SetAside`, `Sled`.
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
        match opened {
            Ok(db) => Ok(Self { db, damage_mark }),
            Err(Failure::InUse) => Err(OpenError::InUse { path: path.to_owned() }),
            Err(Failure::Broken(reason)) => Err(OpenError::Sled {
                path: path.to_owned(),
                reason,
            }),
        }
    }

    /// An error of sled. Damage is remembered: the next opening sets the store aside.
    fn failed(&self, error: sled::Error) -> RowsError {
        if matches!(error, sled::Error::Corruption { .. } | sled::Error::ReportableBug(_)) {
            error!(%error, "the views are damaged: restart to have them folded again from the log");
            // If even that cannot be written, the damage is found again.
            drop(std::fs::write(&self.damage_mark, b""));
        }
        RowsError::Store(Box::new(error))
    }

    fn row(&self, found: sled::Result<(sled::IVec, sled::IVec)>) -> Result<Row, RowsError> {
        found
            .map(|(key, value)| (key.to_vec(), value.to_vec()))
            .map_err(|error| self.failed(error))
    }
}

enum Failure {
    InUse,
    Broken(String),
}

fn try_open(path: &Path, options: &Options) -> Result<sled::Db, Failure> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(Some(options.flush_every_ms))
        .mode(sled::Mode::HighThroughput);
    // sled 0.34 asserts on some kinds of damage instead of answering with an error.
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(sled::Error::Io(error))) if is_lock(&error) => Err(Failure::InUse),
        Ok(Err(error)) => Err(Failure::Broken(error.to_string())),
        Err(_) => Err(Failure::Broken("sled panicked while opening".to_owned())),
    }
}

/// sled wraps a lock that is held by another process in an error of kind `Other` that says so.
fn is_lock(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock || error.to_string().contains("could not acquire lock")
}

fn set_aside(path: &Path, aside: &Path) -> std::io::Result<()> {
    remove(aside)?;
    if path.exists() {
        std::fs::rename(path, aside)?;
    }
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    match path {
        directory if directory.is_dir() => std::fs::remove_dir_all(directory),
        file if file.exists() => std::fs::remove_file(file),
        _ => Ok(()),
    }
}

impl Rows for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        Ok(self
            .db
            .get(key)
            .map_err(|error| self.failed(error))?
            .map(|value| value.to_vec()))
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        if from >= to {
            return Box::new(std::iter::empty());
        }
        Box::new(self.db.range(from.to_vec()..to.to_vec()).map(|found| self.row(found)))
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        if from >= to {
            return Box::new(std::iter::empty());
        }
        Box::new(
            self.db
                .range(from.to_vec()..to.to_vec())
                .rev()
                .map(|found| self.row(found)),
        )
    }
}

impl Store for SledStore {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        let mut batch = sled::Batch::default();
        for (key, value) in changes.rows() {
            match value {
                Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                None => batch.remove(key.as_slice()),
            }
        }
        self.db.apply_batch(batch).map_err(|error| self.failed(error))
    }

    /// Single inserts in key order: sled takes them a third faster than a batch.
    fn load(&self, changes: &Changes) -> Result<(), RowsError> {
        for (key, value) in changes.rows() {
            match value {
                Some(value) => drop(
                    self.db
                        .insert(key, value.as_slice())
                        .map_err(|error| self.failed(error))?,
                ),
                None => drop(self.db.remove(key).map_err(|error| self.failed(error))?),
            }
        }
        Ok(())
    }

    fn clear(&self) -> Result<(), RowsError> {
        self.db.clear().map_err(|error| self.failed(error))
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.db.flush().map(drop).map_err(|error| self.failed(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: &[(&str, &str)]) -> Changes {
        let mut changes = Changes::default();
        for (key, value) in rows {
            changes.put_bytes(key.as_bytes().to_vec(), value.as_bytes().to_vec());
        }
        changes
    }

    #[test]
    fn rows_are_scanned_in_order_both_ways() {
        let dir = tempfile::tempdir().unwrap();
        let store = SledStore::open(&dir.path().join("views"), &Options::default()).unwrap();
        store.commit(&written(&[("b", "2"), ("a", "1"), ("c", "3")])).unwrap();
        let keys = |scan: Scan<'_>| {
            scan.map(|row| String::from_utf8(row.unwrap().0).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(store.scan(b"a", b"c")), ["a", "b"]);
        assert_eq!(keys(store.scan_back(b"a", b"d")), ["c", "b", "a"]);
        assert_eq!(keys(store.scan(b"b", b"a")), Vec::<String>::new());
    }

    #[test]
    fn a_second_process_is_told_that_the_store_is_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("views");
        let _first = SledStore::open(&path, &Options::default()).unwrap();
        assert!(matches!(
            SledStore::open(&path, &Options::default()),
            Err(OpenError::InUse { .. })
        ));
    }

    #[test]
    fn a_store_that_will_not_open_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("views");
        let store = SledStore::open(&path, &Options::default()).unwrap();
        store.commit(&written(&[("a", "1")])).unwrap();
        store.flush().unwrap();
        drop(store);
        std::fs::write(path.join("conf"), b"not a configuration of sled").unwrap();
        let store = SledStore::open(&path, &Options::default()).unwrap();
        assert_eq!(store.get(b"a").unwrap(), None);
        assert!(dir.path().join("views.aside").exists());
    }
}
