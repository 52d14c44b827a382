//! The two trees of a store as one: rows that stand by themselves over packed ones.

use std::cmp::Ordering as Order;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use origem_views::rows::Row;
use sled::{Db, IVec, Tree};

use crate::packed::{self, Block, Damaged, Filling};

/// Both trees.
#[derive(Debug, Clone)]
pub(crate) struct Trees {
    pub(crate) db: Db,
    packed: Tree,
    /// There may be packed rows: without, nothing is looked up twice.
    is_packed: Arc<AtomicBool>,
}

/// What sled says of a block whose bytes are no rows.
impl From<Damaged> for sled::Error {
    fn from(_: Damaged) -> Self {
        Self::ReportableBug("a block of packed rows is damaged".to_owned())
    }
}

impl Trees {
    pub(crate) fn open(db: Db) -> sled::Result<Self> {
        let packed = db.open_tree(packed::TREE)?;
        let is_packed = Arc::new(AtomicBool::new(!packed.is_empty()));
        Ok(Self { db, packed, is_packed })
    }

    fn has_packed(&self) -> bool {
        self.is_packed.load(Ordering::Acquire)
    }

    fn packed(&self, key: &[u8]) -> sled::Result<Option<Vec<u8>>> {
        if !self.has_packed() {
            return Ok(None);
        }
        // The last key at or before this one: before this one and a zero byte.
        let Some((_, block)) = self.packed.get_lt([key, &[0]].concat())? else {
            return Ok(None);
        };
        Ok(packed::get(&block, key)?)
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> sled::Result<Option<Vec<u8>>> {
        match self.db.get(key)? {
            Some(written) => Ok(packed::read(&written)),
            None => self.packed(key),
        }
    }

    /// What is to be written for a row, or its removal; `None`: the entry goes.
    fn entry(&self, key: &[u8], value: Option<&[u8]>) -> sled::Result<Option<IVec>> {
        match value {
            None if self.packed(key)?.is_none() => Ok(None),
            value => Ok(Some(packed::written(value))),
        }
    }

    /// Writes a row, or removes it.
    pub(crate) fn write(&self, key: &[u8], value: Option<&[u8]>) -> sled::Result<()> {
        match self.entry(key, value)? {
            Some(entry) => self.db.insert(key, entry).map(drop),
            None => self.db.remove(key).map(drop),
        }
    }

    /// Packs rows, which come in order.
    pub(crate) fn pack<E: From<sled::Error> + From<std::io::Error>>(
        &self,
        rows: &mut dyn Iterator<Item = Result<Row, E>>,
        mut before_block: impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        self.is_packed.store(true, Ordering::Release);
        let mut filling = Filling::default();
        for row in rows {
            if let Some((first, block)) = filling.add(row?)? {
                before_block()?;
                self.packed.insert(first, block)?;
            }
        }
        if let Some((first, block)) = filling.last() {
            before_block()?;
            self.packed.insert(first, block)?;
        }
        Ok(())
    }

    /// Removes every row.
    pub(crate) fn clear(&self) -> sled::Result<()> {
        self.db.clear()?;
        self.packed.clear()
    }

    /// The rows in `from..to`, which is no empty range; the last first if it goes `back`.
    pub(crate) fn scan(&self, from: &[u8], to: &[u8], back: bool) -> impl Iterator<Item = sled::Result<Row>> + use<> {
        Merged {
            single: self.db.range(from.to_vec()..to.to_vec()).turned(back).peekable(),
            packed: self.has_packed().then(|| self.scan_packed(from, to, back).peekable()),
            back,
        }
    }

    fn scan_packed(&self, from: &[u8], to: &[u8], back: bool) -> Packed {
        let (from, to) = (from.to_vec(), to.to_vec());
        // Back, it ends at the first row before `from`; forward, the block that holds `from` may begin before it.
        let (first, failed) = match (back, self.packed.get_lt([from.as_slice(), &[0]].concat())) {
            (true, _) => (Vec::new(), None),
            (false, Ok(found)) => (found.map_or_else(|| from.clone(), |(first, _)| first.to_vec()), None),
            (false, Err(error)) => (from.clone(), Some(error)),
        };
        Packed {
            blocks: self.packed.range(first..to.clone()).turned(back),
            open: None,
            failed,
            from,
            to,
            back,
        }
    }
}

/// An iteration of sled in either direction.
struct Turned {
    entries: sled::Iter,
    back: bool,
}

trait Turn {
    fn turned(self, back: bool) -> Turned;
}

impl Turn for sled::Iter {
    fn turned(self, back: bool) -> Turned {
        Turned { entries: self, back }
    }
}

impl Iterator for Turned {
    type Item = sled::Result<(IVec, IVec)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.back {
            self.entries.next_back()
        } else {
            self.entries.next()
        }
    }
}

/// Packed rows in a range of keys.
struct Packed {
    blocks: Turned,
    /// A block, and which of its rows are left.
    open: Option<(Block, Range<usize>)>,
    failed: Option<sled::Error>,
    from: Vec<u8>,
    to: Vec<u8>,
    back: bool,
}

impl Packed {
    fn open_next(&mut self) -> sled::Result<bool> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let Some((first, bytes)) = self.blocks.next().transpose()? else {
            return Ok(false);
        };
        let block = Block::read(bytes)?;
        let within = block.within(&self.from, &self.to);
        let is_before = self.back && first.as_ref() < self.from.as_slice();
        if is_before && within.is_empty() {
            return Ok(false);
        }
        self.open = Some((block, within));
        Ok(true)
    }
}

impl Iterator for Packed {
    type Item = sled::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((block, left)) = &mut self.open
                && let Some(index) = if self.back { left.next_back() } else { left.next() }
            {
                return Some(Ok(block.row(index)));
            }
            match self.open_next() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Rows that stand by themselves, and those of the packed ones that they do not hide.
struct Merged {
    single: Peekable<Turned>,
    packed: Option<Peekable<Packed>>,
    back: bool,
}

impl Merged {
    /// Which of the two comes first; `Equal`: the packed one is hidden by the other.
    fn order(&mut self) -> Option<Order> {
        let packed = self.packed.as_mut().and_then(Peekable::peek);
        match (self.single.peek(), packed) {
            (None, None) => None,
            // An error comes first.
            (Some(Err(_)) | Some(_), None) | (Some(Err(_)), _) => Some(Order::Less),
            (None, Some(_)) | (_, Some(Err(_))) => Some(Order::Greater),
            (Some(Ok((single, _))), Some(Ok((packed, _)))) => {
                let order = single.as_ref().cmp(packed.as_slice());
                Some(if self.back { order.reverse() } else { order })
            }
        }
    }
}

impl Iterator for Merged {
    type Item = sled::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let order = self.order()?;
            if order != Order::Less {
                let packed = self.packed.as_mut().and_then(Iterator::next);
                if order == Order::Greater {
                    return packed;
                }
            }
            match self.single.next()? {
                Err(error) => return Some(Err(error)),
                Ok((key, written)) => {
                    if let Some(value) = packed::read(&written) {
                        return Some(Ok((key.to_vec(), value)));
                    }
                }
            }
        }
    }
}
