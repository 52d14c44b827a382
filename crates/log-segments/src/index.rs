//! The sparse index of a segment: where about every 64 KiB a frame starts. A cache; the frames are the truth.
//!
//! In memory for every segment. On disk for sealed ones, so that opening a log reads only its last segment:
//!
//! ```text
//!   0            8           12        16            24        32              40
//!   | "ORIGMIDX" | version 1 | entries | base offset | records | segment bytes | (offset, position) x entries | crc    |
//!     magic        u32 LE      u32 LE    u64 LE        u64 LE    u64 LE          u64 LE, u64 LE each            u32 LE
//! ```
//!
//! `crc` is the CRC32C of everything before it. `segment bytes` is the length of the sealed file, so a file that was cut
//! after sealing is noticed on opening.

use origem_domain::position::Offset;

const MAGIC: [u8; 8] = *b"ORIGMIDX";
const VERSION: u32 = 1;
const FIXED_BYTES: usize = 40;
const INTERVAL_BYTES: u64 = if cfg!(test) { 128 } else { 64 << 10 };

/// Where some frames start, in order of offset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Index {
    entries: Vec<(Offset, u64)>,
}

/// What the index file says about a sealed segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) index: Index,
    pub(crate) next: Offset,
    pub(crate) bytes: u64,
}

impl Index {
    /// Notes that the frame of `offset` starts at byte `position`; called for every frame, keeps about one in 64 KiB.
    pub(crate) fn note(&mut self, offset: Offset, position: u64) {
        if self
            .entries
            .last()
            .is_none_or(|(_, last)| position - last >= INTERVAL_BYTES)
        {
            self.entries.push((offset, position));
        }
    }

    /// The closest known frame at or before `offset`.
    pub(crate) fn at_or_before(&self, offset: Offset) -> Option<(Offset, u64)> {
        let after = self.entries.partition_point(|(known, _)| *known <= offset);
        after.checked_sub(1).map(|at| self.entries[at])
    }

    /// The first known frame beyond byte `position`.
    pub(crate) fn beyond(&self, position: u64) -> Option<(Offset, u64)> {
        let at = self.entries.partition_point(|(_, known)| *known <= position);
        self.entries.get(at).copied()
    }
}

/// The index file of the segment `base`, which ends before `sealed.next`.
pub(crate) fn encode(base: Offset, sealed: &Sealed) -> Vec<u8> {
    let entries = &sealed.index.entries;
    let mut bytes = Vec::with_capacity(FIXED_BYTES + entries.len() * 16 + 4);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    for number in [base.0, sealed.next.0 - base.0, sealed.bytes] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    for (offset, position) in entries {
        bytes.extend_from_slice(&offset.0.to_le_bytes());
        bytes.extend_from_slice(&position.to_le_bytes());
    }
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    bytes
}

/// The index in `bytes`, or nothing if it is not a whole index of the segment `base`: then it is rebuilt.
pub(crate) fn decode(bytes: &[u8], base: Offset) -> Option<Sealed> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    if body.len() < FIXED_BYTES || body[..8] != MAGIC || crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    if body[8..12] != VERSION.to_le_bytes() {
        return None;
    }
    let numbers: Vec<u64> = body[16..]
        .chunks_exact(8)
        .filter_map(|n| Some(u64::from_le_bytes(n.try_into().ok()?)))
        .collect();
    let &[said_base, records, bytes, ref entries @ ..] = numbers.as_slice() else {
        return None;
    };
    if said_base != base.0 {
        return None;
    }
    let entries = entries
        .chunks_exact(2)
        .map(|entry| (Offset(entry[0]), entry[1]))
        .collect();
    Some(Sealed {
        index: Index { entries },
        next: base.plus(records),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sealed {
        let mut index = Index::default();
        for i in 0..50 {
            index.note(Offset(100 + i), 32 + i * 40);
        }
        Sealed {
            index,
            next: Offset(150),
            bytes: 2032,
        }
    }

    #[test]
    fn a_lookup_gives_the_closest_frame_before() {
        let index = sample().index;
        assert_eq!(index.at_or_before(Offset(99)), None);
        for offset in 100..150 {
            let (found, position) = index.at_or_before(Offset(offset)).unwrap();
            assert!(found.0 <= offset && offset - found.0 < 4, "{offset} {found}");
            assert_eq!(position, 32 + (found.0 - 100) * 40);
        }
    }

    #[test]
    fn a_damaged_or_foreign_index_is_none() {
        let sealed = sample();
        let bytes = encode(Offset(100), &sealed);
        assert_eq!(decode(&bytes, Offset(100)), Some(sealed));
        assert_eq!(decode(&bytes, Offset(101)), None);
        for cut in 0..bytes.len() {
            assert_eq!(decode(&bytes[..cut], Offset(100)), None);
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped, Offset(100)), None, "bit {bit}");
        }
    }
}
