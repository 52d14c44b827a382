//! Records as a reader gets them: one contiguous buffer and the places of the records in it, so that a scan allocates twice
//! per batch and never per record.
//!
//! ```text
//!   buffer  | hdr | record 7 | hdr | record 8 | hdr | record 9 |
//!   slots          ^start ^end      ^start ^end      ^start ^end
//! ```

use std::ops::Range;

use origem_domain::position::Offset;

/// How much one read may give. Whichever limit is met first ends the batch; the first record always fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimit {
    /// Bytes of records.
    pub bytes_max: usize,
    /// Number of records; 0 counts as 1.
    pub records_max: usize,
}

impl Default for ReadLimit {
    /// 1 MiB, any number of records: large enough for a scan to run at the speed of the page cache.
    fn default() -> Self {
        Self {
            bytes_max: 1 << 20,
            records_max: usize::MAX,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    offset: Offset,
    start: usize,
    end: usize,
}

/// Records in order of offset. The embedded logs are dense; a broker may skip offsets (transaction markers), so each record
/// carries its own and [`Batch::next`] says where to go on.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    buffer: Vec<u8>,
    slots: Vec<Slot>,
    next: Offset,
}

impl Batch {
    /// A batch without records, read at `next`, over `buffer`: the adapter then says where the records are with
    /// [`Batch::push`].
    #[must_use]
    pub const fn new(next: Offset, buffer: Vec<u8>) -> Self {
        Self {
            buffer,
            slots: Vec::new(),
            next,
        }
    }

    /// Adds the record `offset`, which lies at `place` in the buffer. Offsets must grow.
    pub fn push(&mut self, offset: Offset, place: Range<usize>) {
        debug_assert!(offset >= self.next && place.start <= place.end && place.end <= self.buffer.len());
        self.slots.push(Slot {
            offset,
            start: place.start,
            end: place.end,
        });
        self.next = offset.plus(1);
    }

    /// The buffer the records lie in, with what the adapter stores between them.
    #[must_use]
    pub fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Says that there is nothing more below `next`.
    pub fn skip_to(&mut self, next: Offset) {
        self.next = self.next.max(next);
    }

    /// Where the next read goes on. For a batch without records, where it was read or what it skipped to.
    #[must_use]
    pub const fn next(&self) -> Offset {
        self.next
    }

    /// Number of records.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no record.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The `index`-th record of the batch and its offset.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<(Offset, &[u8])> {
        self.slots.get(index).map(|slot| self.record(slot))
    }

    /// The records and their offsets, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Offset, &[u8])> + Clone {
        self.slots.iter().map(|slot| self.record(slot))
    }

    /// Bytes of all records together, without what lies between them.
    #[must_use]
    pub fn record_bytes(&self) -> usize {
        self.slots.iter().map(|slot| slot.end - slot.start).sum()
    }

    fn record(&self, slot: &Slot) -> (Offset, &[u8]) {
        (slot.offset, &self.buffer[slot.start..slot.end])
    }
}
