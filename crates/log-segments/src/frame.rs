//! A record as it lies in a segment.
//!
//! ```text
//!   0        4        8                8 + length
//!   | length | crc    | record ...     |
//!     u32 LE   u32 LE   bytes
//! ```
//!
//! `crc` is the CRC32C of the length's four bytes and the record, so that a flipped length cannot pass. A zero-filled region
//! is no frame, because the CRC32C of a zero length is not zero.

use std::fmt;
use std::ops::Range;

/// Bytes before the record.
pub(crate) const OVERHEAD: usize = 8;

/// Largest record the format allows, in bytes. A length above it is damage, however a log is configured.
pub const RECORD_BYTES_LIMIT: u64 = 64 << 20;

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// They end before the frame does.
    Incomplete,
    /// The length is above [`RECORD_BYTES_LIMIT`].
    Length(u32),
    /// The checksum is another.
    Checksum,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete => f.write_str("the segment ends inside a record"),
            Self::Length(length) => write!(f, "a record length of {length} bytes is impossible"),
            Self::Checksum => f.write_str("the checksum of a record does not match"),
        }
    }
}

/// Stored bytes of `records`, frames included.
pub(crate) fn stored_bytes(records: &[&[u8]]) -> u64 {
    records.iter().map(|record| (OVERHEAD + record.len()) as u64).sum()
}

/// Appends the frame of `record`, which is at most [`RECORD_BYTES_LIMIT`] bytes.
pub(crate) fn encode(record: &[u8], out: &mut Vec<u8>) {
    debug_assert!(record.len() as u64 <= RECORD_BYTES_LIMIT);
    let length = (record.len() as u32).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(length, record).to_le_bytes());
    out.extend_from_slice(record);
}

/// The place of the record in the frame that starts at `at`; the next frame starts where it ends.
pub(crate) fn decode(bytes: &[u8], at: usize) -> Result<Range<usize>, Fault> {
    let Some(&[l0, l1, l2, l3, c0, c1, c2, c3]) = bytes.get(at..at + OVERHEAD) else {
        return Err(Fault::Incomplete);
    };
    let length = u32::from_le_bytes([l0, l1, l2, l3]);
    if u64::from(length) > RECORD_BYTES_LIMIT {
        return Err(Fault::Length(length));
    }
    let place = at + OVERHEAD..at + OVERHEAD + length as usize;
    let record = bytes.get(place.clone()).ok_or(Fault::Incomplete)?;
    if checksum([l0, l1, l2, l3], record) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(Fault::Checksum);
    }
    Ok(place)
}

/// Bytes of the whole frame at `at`, if its length can be read and is possible.
pub(crate) fn claimed_bytes(bytes: &[u8], at: usize) -> Option<usize> {
    let length = u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    (u64::from(length) <= RECORD_BYTES_LIMIT).then_some(OVERHEAD + length as usize)
}

fn checksum(length: [u8; 4], record: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length), record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(record: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(record, &mut bytes);
        bytes
    }

    #[test]
    fn a_frame_has_the_documented_bytes() {
        // CRC32C of 05 00 00 00 "hello", computed with an independent bitwise implementation in the next test.
        let bytes = framed(b"hello");
        assert_eq!(bytes[..4], [5, 0, 0, 0]);
        assert_eq!(bytes[4..8], bitwise_crc32c(b"\x05\0\0\0hello").to_le_bytes());
        assert_eq!(&bytes[8..], b"hello");
    }

    #[test]
    fn the_checksum_is_crc32c() {
        assert_eq!(bitwise_crc32c(b"123456789"), 0xE306_9283); // the check value of the CRC catalogue
        assert_eq!(checksum(*b"1234", b"56789"), 0xE306_9283);
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        for record in [&b""[..], b"a", b"some more bytes of a record"] {
            let whole = framed(record);
            assert_eq!(decode(&whole, 0), Ok(8..whole.len()));
            for cut in 0..whole.len() {
                assert_eq!(decode(&whole[..cut], 0), Err(Fault::Incomplete), "cut at {cut}");
            }
            for bit in 0..whole.len() * 8 {
                let mut flipped = whole.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(decode(&flipped, 0).is_err(), "bit {bit}");
            }
        }
    }

    #[test]
    fn zeros_are_no_frame() {
        assert_eq!(decode(&[0; 64], 0), Err(Fault::Checksum));
    }

    fn bitwise_crc32c(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 }
            })
        })
    }
}
