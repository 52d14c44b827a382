//! Rows that conversations share, while records are resolved: found by key, and dense, because there are several for each conversation
//! and all of them are wanted until the end.
//!
//! ```text
//! chunk: | bytes of key u32 LE | 0: removed, else 1 + bytes of value, u32 LE | key | value | ...     in the order they were written
//! ```
//! A row that is written again with as many bytes takes its own place, else a new one.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use origem_views::rows::{Changes, Overlay, Rows, RowsError, Scan};

const HEAD_BYTES: usize = 8;
/// A larger row has a chunk of its own.
const CHUNK_BYTES: usize = if cfg!(test) { 256 } else { 1 << 20 };

/// Shared rows, over those that went to the store for lack of memory.
pub(super) struct Shared<'a> {
    store: &'a dyn Rows,
    /// Some are in the store.
    loaded: bool,
    chunks: Vec<Vec<u8>>,
    bytes: usize,
    places: HashTable<Place>,
    hashes: RandomState,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    chunk: u32,
    at: u32,
}

/// A row in its chunk.
struct Entry<'a> {
    key: &'a [u8],
    /// `None`: removed.
    value: Option<&'a [u8]>,
}

impl Place {
    fn entry(self, chunks: &[Vec<u8>]) -> Entry<'_> {
        let bytes = &chunks[self.chunk as usize][self.at as usize..];
        let (key, value) = (number(bytes, 0), number(bytes, 4));
        let bytes = &bytes[HEAD_BYTES..];
        Entry {
            key: &bytes[..key],
            value: value.checked_sub(1).map(|value| &bytes[key..key + value]),
        }
    }

    fn key(self, chunks: &[Vec<u8>]) -> &[u8] {
        self.entry(chunks).key
    }
}

fn number(bytes: &[u8], at: usize) -> usize {
    let number = bytes[at..].first_chunk().copied().map_or(0, u32::from_le_bytes);
    number as usize
}

impl<'a> Shared<'a> {
    /// None yet, and none in the store.
    pub(super) fn new(store: &'a dyn Rows) -> Self {
        Self {
            store,
            loaded: false,
            chunks: Vec::new(),
            bytes: 0,
            places: HashTable::new(),
            hashes: RandomState::new(),
        }
    }

    /// Whether some are in the store.
    pub(super) const fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// What they take in memory, about.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes + self.places.capacity() * (size_of::<Place>() + 1)
    }

    /// Takes changes, without their counters.
    ///
    /// # Errors
    /// `Store` for a row of four gigabytes or more.
    pub(super) fn add(&mut self, changes: Changes) -> Result<(), RowsError> {
        for (key, value) in changes.into_rows() {
            self.put(&key, value.as_deref())?;
        }
        Ok(())
    }

    fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), RowsError> {
        let hash = self.hashes.hash_one(key);
        let (chunks, hashes) = (&mut self.chunks, &self.hashes);
        let found = self.places.find_mut(hash, |place| place.key(chunks) == key);
        if let Some(place) = &found
            && let (Some(before), Some(value)) = (place.entry(chunks).value, value)
            && before.len() == value.len()
        {
            let at = place.at as usize + HEAD_BYTES + key.len();
            chunks[place.chunk as usize][at..at + value.len()].copy_from_slice(value);
            return Ok(());
        }
        let (place, bytes) = append(chunks, key, value)?;
        self.bytes += bytes;
        match found {
            Some(found) => *found = place,
            None => drop(
                self.places
                    .insert_unique(hash, place, |place| hashes.hash_one(place.key(chunks))),
            ),
        }
        Ok(())
    }

    /// All of them went to the store.
    pub(super) fn loaded(&mut self) {
        *self = Self {
            loaded: true,
            ..Self::new(self.store)
        };
    }

    /// Every row, in order of keys; `None` for those that are removed.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        // Keys stand all over the memory: most of them are told apart by what is copied here.
        let beginning = |key: &[u8]| {
            let mut beginning = [0; 16];
            let length = key.len().min(beginning.len());
            beginning[..length].copy_from_slice(&key[..length]);
            u128::from_be_bytes(beginning)
        };
        let with_beginning = |place: &Place| (beginning(place.key(&self.chunks)), *place);
        let mut places: Vec<(u128, Place)> = self.places.iter().map(with_beginning).collect();
        places.sort_unstable_by(|(one, place), (other, with)| {
            let keys = || place.key(&self.chunks).cmp(with.key(&self.chunks));
            one.cmp(other).then_with(keys)
        });
        places.into_iter().map(move |(_, place)| {
            let Entry { key, value } = place.entry(&self.chunks);
            (key, value)
        })
    }

    /// Those in a range over those of the store: slow, because there is no order; resolving asks for single rows.
    fn merged(&self, from: &[u8], to: &[u8], back: bool) -> Scan<'_> {
        let mut over = Overlay::new(self.store);
        for (key, value) in self.rows().filter(|(key, _)| (from..to).contains(key)) {
            match value {
                Some(value) => over.changes.put_bytes(key.to_vec(), value.to_vec()),
                None => over.changes.remove(key.to_vec()),
            }
        }
        let rows: Vec<_> = if back {
            over.scan_back(from, to).collect()
        } else {
            over.scan(from, to).collect()
        };
        Box::new(rows.into_iter())
    }
}

/// Appends a row; gives where, and by how much the memory grew.
fn append(chunks: &mut Vec<Vec<u8>>, key: &[u8], value: Option<&[u8]>) -> Result<(Place, usize), RowsError> {
    let too_large = |error| RowsError::Store(Box::new(error));
    let lengths = [key.len(), value.map_or(0, |value| value.len() + 1)];
    let length = HEAD_BYTES + key.len() + value.map_or(0, <[u8]>::len);
    let mut grown = 0;
    if chunks.last().is_none_or(|last| last.capacity() - last.len() < length) {
        grown = length.max(CHUNK_BYTES);
        chunks.push(Vec::with_capacity(grown));
    }
    let index = chunks.len() - 1;
    let chunk = &mut chunks[index];
    let at = chunk.len();
    for length in lengths {
        chunk.extend_from_slice(&u32::try_from(length).map_err(too_large)?.to_le_bytes());
    }
    chunk.extend_from_slice(key);
    chunk.extend(value.into_iter().flatten());
    let place = Place {
        chunk: u32::try_from(index).map_err(too_large)?,
        at: u32::try_from(at).map_err(too_large)?,
    };
    Ok((place, grown))
}

impl Rows for Shared<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        let hash = self.hashes.hash_one(key);
        match self.places.find(hash, |place| place.key(&self.chunks) == key) {
            Some(place) => Ok(place.entry(&self.chunks).value.map(<[u8]>::to_vec)),
            // The store may know older ones.
            None if self.loaded => self.store.get(key),
            None => Ok(None),
        }
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.merged(from, to, false)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.merged(from, to, true)
    }
}

#[cfg(test)]
mod tests {
    use origem_views::rows::MapRows;
    use proptest::prelude::*;

    use super::*;

    type Written = Vec<(u8, Option<Vec<u8>>)>;

    fn changes(rows: &Written) -> Changes {
        let mut changes = Changes::default();
        for (key, value) in rows {
            // Keys that share their beginning, and some that do not.
            let key = [vec![7; usize::from(key % 20)], vec![*key]].concat();
            match value {
                Some(value) => changes.put_bytes(key, value.clone()),
                None => changes.remove(key),
            }
        }
        changes
    }

    proptest! {
        #[test]
        fn they_are_what_was_written_last(
            batches in prop::collection::vec(
                prop::collection::vec((0..60_u8, prop::option::of(prop::collection::vec(any::<u8>(), 0..400))), 0..20), 0..12),
            loaded in 0..12_usize,
        ) {
            let (mut store, mut expected) = (MapRows::default(), MapRows::default());
            let (before, after) = batches.split_at(loaded.min(batches.len()));
            for batch in before {
                store.commit(&changes(batch));
                expected.commit(&changes(batch));
            }
            let mut shared = Shared::new(&store);
            if !before.is_empty() {
                shared.loaded();
            }
            let mut written = Changes::default();
            for batch in after {
                shared.add(changes(batch)).unwrap();
                expected.commit(&changes(batch));
                written.extend(changes(batch));
            }
            let all = |rows: &dyn Rows| rows.scan(&[], &[u8::MAX]).map(Result::unwrap).collect::<Vec<_>>();
            let rows = all(&expected);
            for (key, _) in batches.iter().flat_map(|batch| changes(batch).into_rows()) {
                prop_assert_eq!(shared.get(&key).unwrap(), expected.get(&key).unwrap());
            }
            prop_assert_eq!(&all(&shared), &rows);
            let mut back: Vec<_> = shared.scan_back(&[], &[u8::MAX]).map(Result::unwrap).collect();
            back.reverse();
            prop_assert_eq!(back, rows);
            let own = shared.rows().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)));
            prop_assert_eq!(own.collect::<Vec<_>>(), written.into_rows().into_iter().collect::<Vec<_>>());
            prop_assert_eq!(shared.memory_bytes() == 0, shared.places.is_empty());
        }
    }
}
