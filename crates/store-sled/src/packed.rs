//! Packed rows: what a rebuild writes, many rows to one entry of sled, beneath the rows that are committed one by one.
//!
//! sled takes a little over a hundred thousand entries a second, whatever they hold up to a few kilobytes. So rows that are written
//! once, in order, are packed into blocks; a row that changes afterwards stands by itself and hides the one in its block.
//!
//! ```text
//! default tree   key -> value, or the mark of a removed row          what was committed
//! tree "packed"  first key -> block                                  what was packed, never changed
//! block          rows in order: | bytes of key u32 LE | bytes of value u32 LE | key | value |
//! ```
//! Blocks do not overlap: the one that may hold a key is the last that begins at or before it.

use std::cmp::Ordering;
use std::ops::Range;

use origem_views::rows::Row;
use sled::IVec;

/// The name of the tree.
pub(crate) const TREE: &str = "packed";

/// A block is closed once it has so many bytes. Twice as much is hardly faster to write, and slower to look one row up in.
const BLOCK_BYTES: usize = if cfg!(test) { 64 } else { 3 << 10 };
const HEAD_BYTES: usize = 8;

/// What stands in the default tree for a packed row that was removed. A value that begins like it gets a byte more.
const REMOVED: &[u8] = b"\xf7origem:removed\x1a";

/// How a value is written in the default tree; `None`: a packed row of that key is removed.
pub(crate) fn written(value: Option<&[u8]>) -> IVec {
    match value {
        None => REMOVED.into(),
        Some(value) if value.starts_with(REMOVED) => [value, &[0]].concat().into(),
        Some(value) => value.into(),
    }
}

/// What was written in the default tree; `None`: the row is removed.
pub(crate) fn read(written: &IVec) -> Option<Vec<u8>> {
    match written.strip_prefix(REMOVED) {
        Some([]) => None,
        Some(_) => Some(written[..written.len() - 1].to_vec()),
        None => Some(written.to_vec()),
    }
}

/// A block being filled.
#[derive(Default)]
pub(crate) struct Filling {
    first: Vec<u8>,
    bytes: Vec<u8>,
}

impl Filling {
    /// Adds a row behind all before; gives the block that is full by that, with its key.
    pub(crate) fn add(&mut self, (key, value): Row) -> Result<Option<Row>, std::io::Error> {
        if self.bytes.is_empty() {
            self.first.clone_from(&key);
        }
        for part in [&key, &value] {
            let length = u32::try_from(part.len()).map_err(std::io::Error::other)?;
            self.bytes.extend_from_slice(&length.to_le_bytes());
        }
        self.bytes.extend_from_slice(&key);
        self.bytes.extend_from_slice(&value);
        Ok((self.bytes.len() >= BLOCK_BYTES).then(|| self.take()))
    }

    /// What is left at the end.
    pub(crate) fn last(mut self) -> Option<Row> {
        (!self.bytes.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> Row {
        (std::mem::take(&mut self.first), std::mem::take(&mut self.bytes))
    }
}

/// The rows of a block as they stand in it; the last one is `None` if the block is damaged there.
fn rows(bytes: &[u8]) -> impl Iterator<Item = Option<(usize, &[u8], &[u8])>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        (at < bytes.len()).then(|| {
            let (begins, read) = (at, row(bytes, at));
            at = read.map_or(bytes.len(), |(_, _, ends)| ends);
            read.map(|(key, value, _)| (begins, key, value))
        })
    })
}

/// The row that begins at a place, and where it ends; `None`: it does not end in the block.
fn row(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8], usize)> {
    let key = at + HEAD_BYTES..(at + HEAD_BYTES).checked_add(number(bytes, at)?)?;
    let value = key.end..key.end.checked_add(number(bytes, at + 4)?)?;
    Some((bytes.get(key)?, bytes.get(value.clone())?, value.end))
}

/// A block of which nobody can say what it holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

/// The value of a key in a block, looked for row by row: to list them all first takes longer.
pub(crate) fn get(block: &[u8], key: &[u8]) -> Result<Option<Vec<u8>>, Damaged> {
    for row in rows(block) {
        let (_, this, value) = row.ok_or(Damaged)?;
        match this.cmp(key) {
            Ordering::Less => {}
            Ordering::Equal => return Ok(Some(value.to_vec())),
            Ordering::Greater => break,
        }
    }
    Ok(None)
}

/// A block that was read.
pub(crate) struct Block {
    bytes: IVec,
    /// Where its rows begin.
    begins: Vec<usize>,
}

impl Block {
    /// Finds the rows of a block.
    pub(crate) fn read(bytes: IVec) -> Result<Self, Damaged> {
        let mut begins = Vec::with_capacity(bytes.len() / 64 + 1);
        for row in rows(&bytes) {
            begins.push(row.ok_or(Damaged)?.0);
        }
        Ok(Self { bytes, begins })
    }

    /// Key and value of the row that begins there.
    fn at(&self, begins: usize) -> (&[u8], &[u8]) {
        row(&self.bytes, begins)
            .map(|(key, value, _)| (key, value))
            .unwrap_or_default()
    }

    /// Which of its rows are in `from..to`.
    pub(crate) fn within(&self, from: &[u8], to: &[u8]) -> Range<usize> {
        let below = |key: &[u8]| self.begins.partition_point(|begins| self.at(*begins).0 < key);
        below(from)..below(to)
    }

    /// One row.
    pub(crate) fn row(&self, index: usize) -> Row {
        let (key, value) = self.at(self.begins[index]);
        (key.to_vec(), value.to_vec())
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let number = u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_in_their_blocks_and_damage_is_noticed() {
        let (mut filling, mut blocks) = (Filling::default(), Vec::new());
        for number in 0..40_u8 {
            let row = (vec![1, number * 2], vec![number; usize::from(number % 5)]);
            blocks.extend(filling.add(row).unwrap());
        }
        blocks.extend(filling.last());
        assert!(blocks.len() > 3);
        for (first, bytes) in blocks {
            let block = Block::read(bytes.as_slice().into()).ok().unwrap();
            assert_eq!(block.row(0).0, first);
            let number = first[1] / 2;
            assert_eq!(get(&bytes, &first), Ok(Some(vec![number; usize::from(number % 5)])));
            for missing in [[0, 0], [1, first[1] + 1], [2, 0]] {
                assert_eq!(get(&bytes, &missing), Ok(None));
            }
            assert_eq!(block.within(&first, &[1, first[1] + 2]), 0..1);
            for cut in 1..bytes.len() {
                let left = Block::read(bytes[..cut].into()).map(|block| block.begins.len());
                assert!(left.is_ok_and(|left| left < block.begins.len()) || get(&bytes[..cut], &[2]) == Err(Damaged));
            }
        }
    }

    #[test]
    fn any_value_is_read_as_it_was_written() {
        let longer = [REMOVED, b"x"].concat();
        for value in [&b""[..], b"x", REMOVED, &longer, &REMOVED[1..]] {
            assert_eq!(read(&written(Some(value))).as_deref(), Some(value), "{value:?}");
        }
        assert_eq!(read(&written(None)), None);
    }
}
