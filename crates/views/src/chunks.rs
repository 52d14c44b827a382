//! A sorted list of one conversation in chunks: what ledger and thread are kept in.
//!
//! ```text
//! row 07 conv 000..      row 07 conv start      row 07 conv start
//! | items < start |      | items        |       | items ... the latest |      a full chunk splits in the middle
//! ```
//! A short conversation is one row; a long one rewrites only the chunk it touches. Where chunks split depends on the order of
//! arrival only, never on how the stream was batched.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use origem_domain::fact::SortKey;
use origem_domain::key::ConversationId;

use crate::layout;
use crate::rows::{self, Changes, Rows, RowsError};

/// How many items a chunk holds at most.
pub const ITEMS_MAX: usize = if cfg!(any(test, feature = "test-support")) {
    4
} else {
    64
};

/// The first item key a chunk may hold.
pub type Start = [u8; 17];

/// Something with a place in the list.
pub trait Item: Serialize + DeserializeOwned {
    /// Its place.
    fn key(&self) -> SortKey;
}

/// One row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Chunk<H, I> {
    /// What is known before the first item.
    pub head: H,
    /// The items, sorted by key.
    pub items: Vec<I>,
}

/// The chunks of a conversation as they are stored, one read at a time: from the one on that `from` is in or would be; with `back`,
/// backwards, and without `from` from the end that is begun at. A chunk that is split meanwhile may give an item twice, never skip one.
pub fn walk<'a, H, I>(
    rows: &'a dyn Rows,
    view: u8,
    name: &'static str,
    conversation: ConversationId,
    from: Option<Start>,
    back: bool,
) -> impl Iterator<Item = Result<(Start, Chunk<H, I>), RowsError>> + 'a
where
    H: DeserializeOwned + 'a,
    I: DeserializeOwned + 'a,
{
    let prefix = layout::chunks(view, conversation);
    let end = rows::prefix_end(&prefix);
    // The last key at or before `from`: before `from` and a zero byte.
    let behind = from.map(|from| [prefix.as_slice(), &from, &[0]].concat());
    let found = if back {
        rows.scan_back(&prefix, &behind.unwrap_or(end))
    } else {
        let first = behind.and_then(|behind| rows.scan_back(&prefix, &behind).next());
        match first {
            Some(Ok((first, _))) => rows.scan(&first, &end),
            Some(Err(error)) => Box::new(std::iter::once(Err(error))),
            None => rows.scan(&prefix, &end),
        }
    };
    found.map(move |row| {
        let (key, bytes) = row?;
        let start = key[prefix.len()..].try_into().unwrap_or_default();
        Ok((start, rows::decode(name, &bytes)?))
    })
}

/// What is in order, in the order of a walk.
pub fn in_direction<T>(mut items: Vec<T>, back: bool) -> std::vec::IntoIter<T> {
    if back {
        items.reverse();
    }
    items.into_iter()
}

/// The chunks of one conversation, loaded as they are needed.
pub struct Chunks<H, I> {
    view: u8,
    name: &'static str,
    conversation: ConversationId,
    loaded: BTreeMap<Start, (Chunk<H, I>, bool)>,
    last: Option<Start>,
    complete: bool,
}

impl<H, I> Chunks<H, I>
where
    H: Serialize + DeserializeOwned + Default,
    I: Item,
{
    /// Nothing loaded yet.
    pub fn new(view: u8, name: &'static str, conversation: ConversationId) -> Self {
        Self {
            view,
            name,
            conversation,
            loaded: BTreeMap::new(),
            last: None,
            complete: false,
        }
    }

    /// Chunks of a conversation that is known to have none.
    pub fn empty(view: u8, name: &'static str, conversation: ConversationId) -> Self {
        let mut chunks = Self::new(view, name, conversation);
        chunks.begin();
        chunks.complete = true;
        chunks
    }

    fn row_key(&self, start: &Start) -> Vec<u8> {
        let mut key = layout::chunks(self.view, self.conversation);
        key.extend_from_slice(start);
        key
    }

    /// The start of the chunk that holds, or would hold, an item of that key.
    pub fn locate(&mut self, rows: &dyn Rows, key: &SortKey) -> Result<Start, RowsError> {
        let wanted = layout::start(key);
        let last = self.last(rows)?;
        if wanted >= last {
            return Ok(last);
        }
        if self.complete {
            let found = self.loaded.range(..=wanted).next_back().map(|(start, _)| *start);
            return Ok(found.unwrap_or_default());
        }
        self.load_back(rows, Some(&wanted))
    }

    /// The start of the last chunk.
    pub fn last(&mut self, rows: &dyn Rows) -> Result<Start, RowsError> {
        if let Some(last) = self.last {
            return Ok(last);
        }
        let last = self.load_back(rows, None)?;
        self.last = Some(last);
        Ok(last)
    }

    /// Loads the last chunk that starts at or before `wanted`; makes the first if there is none.
    fn load_back(&mut self, rows: &dyn Rows, wanted: Option<&Start>) -> Result<Start, RowsError> {
        let prefix = layout::chunks(self.view, self.conversation);
        let to = match wanted {
            Some(wanted) => [self.row_key(wanted), vec![0]].concat(),
            None => rows::prefix_end(&prefix),
        };
        let stored = rows.scan_back(&prefix, &to).next().transpose()?;
        let stored = match stored {
            Some((key, bytes)) => {
                let start: Start = key[prefix.len()..].try_into().unwrap_or_default();
                Some((start, bytes))
            }
            None => None,
        };
        // A chunk that this unit of work split off is not in the store yet.
        let pending = match wanted {
            Some(wanted) => self.loaded.range(..=*wanted).next_back().map(|(start, _)| *start),
            None => self.loaded.keys().next_back().copied(),
        };
        match (stored, pending) {
            (Some((start, _)), Some(pending)) if pending >= start => Ok(pending),
            (None, Some(pending)) => Ok(pending),
            (Some((start, bytes)), _) => {
                let chunk = rows::decode(self.name, &bytes)?;
                self.loaded.entry(start).or_insert((chunk, false));
                Ok(start)
            }
            (None, None) => {
                self.begin();
                Ok([0; 17])
            }
        }
    }

    /// Loads everything there is.
    pub fn load_all(&mut self, rows: &dyn Rows) -> Result<(), RowsError> {
        if self.complete {
            return Ok(());
        }
        let prefix = layout::chunks(self.view, self.conversation);
        for row in rows.scan(&prefix, &rows::prefix_end(&prefix)) {
            let (key, bytes) = row?;
            let start: Start = key[prefix.len()..].try_into().unwrap_or_default();
            if let std::collections::btree_map::Entry::Vacant(entry) = self.loaded.entry(start) {
                entry.insert((rows::decode(self.name, &bytes)?, false));
            }
        }
        if self.loaded.is_empty() {
            self.begin();
        }
        self.last = self.loaded.keys().next_back().copied();
        self.complete = true;
        Ok(())
    }

    /// A loaded chunk.
    pub fn get(&self, start: &Start) -> Option<&Chunk<H, I>> {
        self.loaded.get(start).map(|(chunk, _)| chunk)
    }

    /// A loaded chunk, to be changed.
    pub fn get_mut(&mut self, start: &Start) -> Option<&mut Chunk<H, I>> {
        self.loaded.get_mut(start).map(|(chunk, dirty)| {
            *dirty = true;
            chunk
        })
    }

    /// The first chunk, empty: a row only once something is in it.
    fn begin(&mut self) {
        let chunk = Chunk {
            head: H::default(),
            items: Vec::new(),
        };
        self.loaded.insert([0; 17], (chunk, false));
        self.last = self.last.max(Some([0; 17]));
    }

    /// Adds a chunk.
    fn insert_chunk(&mut self, start: Start, chunk: Chunk<H, I>) {
        self.loaded.insert(start, (chunk, true));
        self.last = self.last.max(Some(start));
    }

    /// The loaded chunks from `start` on, in order. After [`Chunks::load_all`]: all of them.
    pub fn iter_from(&self, start: Start) -> impl DoubleEndedIterator<Item = (&Start, &Chunk<H, I>)> {
        self.loaded.range(start..).map(|(start, (chunk, _))| (start, chunk))
    }

    /// The loaded chunks that start within `starts`, in order.
    pub fn iter_in(&self, starts: RangeInclusive<Start>) -> impl Iterator<Item = (&Start, &Chunk<H, I>)> {
        self.loaded.range(starts).map(|(start, (chunk, _))| (start, chunk))
    }

    /// Whether a chunk from `start` on was changed in this unit of work.
    pub fn is_dirty_from(&self, start: &Start) -> bool {
        self.loaded.range(*start..).any(|(_, (_, dirty))| *dirty)
    }

    /// The start of the first chunk that was changed in this unit of work.
    pub fn first_dirty(&self) -> Option<Start> {
        let mut dirty = self.loaded.iter().filter(|(_, (_, dirty))| *dirty);
        dirty.next().map(|(start, _)| *start)
    }

    /// Splits the chunk in the middle if it is too full; gives the start of the new one.
    pub fn split(&mut self, start: &Start) -> Option<Start> {
        let (chunk, _) = self.loaded.get_mut(start)?;
        if chunk.items.len() <= ITEMS_MAX {
            return None;
        }
        let upper = chunk.items.split_off(ITEMS_MAX / 2);
        let new = layout::start(&upper.first()?.key());
        self.insert_chunk(
            new,
            Chunk {
                head: H::default(),
                items: upper,
            },
        );
        Some(new)
    }

    /// Takes all items out, removing every row: for a merge.
    pub fn drain(&mut self, rows: &dyn Rows, changes: &mut Changes) -> Result<Vec<I>, RowsError> {
        self.load_all(rows)?;
        for start in self.loaded.keys() {
            changes.remove(self.row_key(start));
        }
        let loaded = std::mem::take(&mut self.loaded);
        self.last = None;
        self.begin();
        Ok(loaded.into_values().flat_map(|(chunk, _)| chunk.items).collect())
    }

    /// Writes what changed.
    pub fn save(&mut self, changes: &mut Changes) {
        let prefix = layout::chunks(self.view, self.conversation);
        for (start, (chunk, dirty)) in &mut self.loaded {
            if std::mem::take(dirty) {
                changes.put([prefix.as_slice(), start].concat(), chunk);
            }
        }
    }
}
