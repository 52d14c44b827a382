//! The port to a store of rows: ordered keys and values, both bytes. Implemented by a map here and by sled in `store-sled`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::encoding::Scratch;

/// A key and a value.
pub type Row = (Vec<u8>, Vec<u8>);
/// A key and the value that is written there; `None` removes the row.
pub type Change = (Vec<u8>, Option<Vec<u8>>);
/// An ordered stream of rows.
pub type Scan<'a> = Box<dyn Iterator<Item = Result<Row, RowsError>> + 'a>;

/// A store of rows could not answer.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The store failed.
    #[error("the row store failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row is not what its view wrote: the store is damaged, or of another version. Rebuild it from the log.
    #[error("a row of view {view} cannot be read; the views must be rebuilt from the log")]
    Damaged {
        /// The view.
        view: &'static str,
        /// What the row format says.
        source: postcard::Error,
    },
}

/// Reads of a store of rows. Whoever reads several of them while somebody commits takes a [`snapshot`](Rows::snapshot): only there all of
/// them are of whole commits.
pub trait Rows: Send + Sync {
    /// The value of `key`.
    ///
    /// # Errors
    /// `Store`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError>;

    /// Rows with `from <= key < to` in order of keys.
    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a>;

    /// The same rows, the last first.
    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a>;

    /// The rows as the last commit left them, whatever is committed meanwhile; `None` of rows that nobody writes to. For reads of
    /// milliseconds: what is committed meanwhile is kept in memory for as long as it lives, and whoever flushes waits.
    fn snapshot(&self) -> Option<Box<dyn Rows + '_>> {
        None
    }
}

impl<R: Rows + ?Sized> Rows for Arc<R> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        (**self).get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        (**self).scan(from, to)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        (**self).scan_back(from, to)
    }

    fn snapshot(&self) -> Option<Box<dyn Rows + '_>> {
        (**self).snapshot()
    }
}

/// A store that can be written to.
pub trait Store: Rows {
    /// Writes all changes, or none; readers see them all at once. Durable at the latest with [`Store::flush`]: what a crash
    /// takes away is folded again from the log.
    ///
    /// # Errors
    /// `Store`.
    fn commit(&self, changes: &Changes) -> Result<(), RowsError>;

    /// Writes all changes into a store that nobody reads yet: faster where a store can do better than [`Store::commit`]. After a
    /// crash the store holds what some number of loads wrote, whole and in order, and none that returned is missing. Not for
    /// two threads at the same time.
    ///
    /// # Errors
    /// `Store`.
    fn load(&self, changes: &Changes) -> Result<(), RowsError> {
        self.commit(changes)
    }

    /// Removes every row.
    ///
    /// # Errors
    /// `Store`.
    fn clear(&self) -> Result<(), RowsError> {
        self.replace(Changes::default())
    }

    /// Removes every row and writes these instead: all of it or nothing, durable on return.
    ///
    /// # Errors
    /// `Store`.
    fn replace(&self, mut rows: Changes) -> Result<(), RowsError> {
        for row in self.scan(&[], &[u8::MAX; 2]) {
            rows.rows.entry(row?.0).or_insert(None);
        }
        self.commit(&rows)?;
        self.flush()
    }

    /// Writes many rows at once beneath everything that is committed: into a store that nobody reads yet, ascending by key, and none
    /// of them between two rows of another call. Durable with [`Store::flush`]; a crash before that leaves any part of them.
    ///
    /// # Errors
    /// `Store`, and those of `rows`.
    fn pack(&self, rows: &mut dyn Iterator<Item = Result<Row, RowsError>>) -> Result<(), RowsError> {
        const ROWS_AT_ONCE: usize = 10_000;
        loop {
            let mut changes = Changes::default();
            for row in rows.take(ROWS_AT_ONCE) {
                let (key, value) = row?;
                changes.put_bytes(key, value);
            }
            if changes.is_empty() {
                return Ok(());
            }
            self.load(&changes)?;
        }
    }

    /// A directory for what whoever loads this store has to keep for a while, gone with the store; `None` where it is on no disk.
    fn scratch(&self) -> Option<PathBuf> {
        None
    }

    /// Whether its disk has room for so many bytes more, beside what is reserved for others.
    ///
    /// # Errors
    /// `Store`, which tells how much is missing.
    fn has_room(&self, _bytes: u64) -> Result<(), RowsError> {
        Ok(())
    }

    /// Makes every commit durable.
    ///
    /// # Errors
    /// `Store`.
    fn flush(&self) -> Result<(), RowsError>;

    /// What it takes on disk, in bytes; `None` where that cannot be told, or it is on none.
    fn bytes_on_disk(&self) -> Option<u64> {
        None
    }
}

/// The first key behind all keys that start with `prefix`.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![u8::MAX; prefix.len() + 1]
}

/// Reads the row of a view.
///
/// # Errors
/// `Store`; `Damaged` if the row cannot be read as `T`.
pub fn read<T: DeserializeOwned>(rows: &dyn Rows, view: &'static str, key: &[u8]) -> Result<Option<T>, RowsError> {
    rows.get(key)?.map(|bytes| decode(view, &bytes)).transpose()
}

/// Reads the bytes of a row.
///
/// # Errors
/// `Damaged`.
pub fn decode<T: DeserializeOwned>(view: &'static str, bytes: &[u8]) -> Result<T, RowsError> {
    postcard::from_bytes(bytes).map_err(|source| RowsError::Damaged { view, source })
}

/// Writes of one unit of work, to be committed together. `None` removes the row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Counters to add to; see [`crate::counts`].
    pub(crate) counts: BTreeMap<Vec<u8>, i64>,
    #[serde(skip)]
    scratch: Scratch,
}

impl Changes {
    /// Writes a row.
    pub fn put<T: Serialize>(&mut self, key: Vec<u8>, value: &T) {
        let bytes = self.scratch.encode(value);
        self.rows.insert(key, Some(bytes));
    }

    /// Writes a row of bytes.
    pub fn put_bytes(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.rows.insert(key, Some(value));
    }

    /// Removes a row.
    pub fn remove(&mut self, key: Vec<u8>) {
        self.rows.insert(key, None);
    }

    /// Adds other changes; where both change a row, the other's stand.
    pub fn extend(&mut self, other: Changes) {
        append(&mut self.rows, other.rows);
        for (key, delta) in other.counts {
            *self.counts.entry(key).or_default() += delta;
        }
    }

    /// Adds rows in any order; of two of one key the later stands. Those that come sorted, or as a few sorted lists one behind the
    /// other, are added in about the time it takes to read them.
    pub fn extend_rows(&mut self, rows: Vec<Change>) {
        append(&mut self.rows, rows.into_iter().collect());
    }

    /// Takes the rows away, in order of keys, and leaves the counters.
    #[must_use]
    pub fn take_rows(&mut self) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        std::mem::take(&mut self.rows)
    }

    /// Takes the counters away, to be settled another time.
    #[must_use]
    pub fn take_counts(&mut self) -> Self {
        Self {
            counts: std::mem::take(&mut self.counts),
            ..Self::default()
        }
    }

    /// The rows, in order of keys; `None` for those that are removed.
    #[must_use]
    pub fn into_rows(self) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        self.rows
    }

    /// The rows, in order of keys.
    #[must_use]
    pub fn rows(&self) -> &BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        &self.rows
    }

    /// How many rows change.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.counts.is_empty()
    }
}

/// Puts other entries over those of a map. Merging whole maps is faster than inserting one by one, if there is much to insert.
fn append<V>(map: &mut BTreeMap<Vec<u8>, V>, mut other: BTreeMap<Vec<u8>, V>) {
    if other.len() > map.len() / 4 {
        map.append(&mut other);
    } else {
        map.extend(other);
    }
}

/// Rows of a store with changes on top: what a unit of work reads while it writes.
pub struct Overlay<'a> {
    base: &'a dyn Rows,
    /// The changes so far.
    pub changes: Changes,
}

impl<'a> Overlay<'a> {
    /// No changes yet.
    #[must_use]
    pub fn new(base: &'a dyn Rows) -> Self {
        Self {
            base,
            changes: Changes::default(),
        }
    }

    fn merged<'s>(&'s self, from: &[u8], to: &[u8], back: bool) -> Scan<'s> {
        if from >= to {
            return Box::new(std::iter::empty());
        }
        let bounds = (Bound::Included(from.to_vec()), Bound::Excluded(to.to_vec()));
        let changed = self.changes.rows.range::<Vec<u8>, _>(bounds);
        let changed: Box<dyn Iterator<Item = _>> = if back {
            Box::new(changed.rev())
        } else {
            Box::new(changed)
        };
        let base = if back {
            self.base.scan_back(from, to)
        } else {
            self.base.scan(from, to)
        };
        Box::new(Merged {
            base: base.peekable(),
            changed: changed.peekable(),
            back,
        })
    }
}

impl Rows for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        match self.changes.rows.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(key),
        }
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.merged(from, to, false)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.merged(from, to, true)
    }
}

type Changed<'a> = Box<dyn Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)> + 'a>;

struct Merged<'a> {
    base: std::iter::Peekable<Scan<'a>>,
    changed: std::iter::Peekable<Changed<'a>>,
    back: bool,
}

impl Iterator for Merged<'_> {
    type Item = Result<Row, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let base = match self.base.peek() {
                Some(Ok((key, _))) => Some(key),
                Some(Err(_)) => return self.base.next(),
                None => None,
            };
            let Some((changed, _)) = self.changed.peek() else {
                return self.base.next();
            };
            let order = base.map(|base| {
                if self.back {
                    changed.cmp(&base)
                } else {
                    base.cmp(changed)
                }
            });
            match order {
                Some(std::cmp::Ordering::Less) => return self.base.next(),
                Some(std::cmp::Ordering::Equal) => drop(self.base.next()),
                Some(std::cmp::Ordering::Greater) | None => {}
            }
            if let Some((key, Some(value))) = self.changed.next() {
                return Some(Ok((key.clone(), value.clone())));
            }
        }
    }
}

/// Rows in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MapRows(BTreeMap<Vec<u8>, Vec<u8>>);

impl MapRows {
    /// Applies changes whose counters are settled.
    pub fn commit(&mut self, changes: &Changes) {
        let removed = changes.rows().iter().filter(|(_, value)| value.is_none());
        for (key, _) in removed {
            self.0.remove(key);
        }
        let written = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| Some((key.clone(), value.clone()?));
        append(&mut self.0, changes.rows().iter().filter_map(written).collect());
    }
}

impl Rows for MapRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let bounds = (Bound::Included(from.to_vec()), Bound::Excluded(to.to_vec()));
        if from >= to {
            return Box::new(std::iter::empty());
        }
        Box::new(
            self.0
                .range::<Vec<u8>, _>(bounds)
                .map(|(key, value)| Ok((key.clone(), value.clone()))),
        )
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let bounds = (Bound::Included(from.to_vec()), Bound::Excluded(to.to_vec()));
        if from >= to {
            return Box::new(std::iter::empty());
        }
        Box::new(
            self.0
                .range::<Vec<u8>, _>(bounds)
                .rev()
                .map(|(key, value)| Ok((key.clone(), value.clone()))),
        )
    }
}

/// A store in memory: [`MapRows`] behind a lock, copied by a commit for as long as somebody looks at them.
#[derive(Debug, Default)]
pub struct MemoryStore(RwLock<Arc<MapRows>>);

impl MemoryStore {
    fn rows(&self) -> Arc<MapRows> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A copy of all rows.
    #[must_use]
    pub fn copy(&self) -> MapRows {
        (*self.rows()).clone()
    }
}

impl Rows for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.rows().get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let found: Vec<_> = self.rows().scan(from, to).collect();
        Box::new(found.into_iter())
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let found: Vec<_> = self.rows().scan_back(from, to).collect();
        Box::new(found.into_iter())
    }

    fn snapshot(&self) -> Option<Box<dyn Rows + '_>> {
        Some(Box::new(self.rows()))
    }
}

impl Store for MemoryStore {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut rows).commit(changes);
        Ok(())
    }

    fn flush(&self) -> Result<(), RowsError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
