//! The first 32 bytes of a segment, and its name.
//!
//! ```text
//!   0            8           12         16            24         28      32
//!   | "ORIGMLOG" | version 1 | zero     | base offset | zero     | crc   |
//!     magic        u32 LE      u32        u64 LE        u32        u32 LE, CRC32C of bytes 0..28
//! ```
//!
//! No time is stored: the log reads no clock.

use origem_domain::position::Offset;

/// Bytes of the header; the first frame starts here.
pub(crate) const HEADER_BYTES: u64 = 32;

const MAGIC: [u8; 8] = *b"ORIGMLOG";
const VERSION: u32 = 1;
const SUFFIX: &str = ".log";

/// The header of the segment whose first record is `base`.
pub(crate) fn encode(base: Offset) -> [u8; HEADER_BYTES as usize] {
    let mut bytes = [0; HEADER_BYTES as usize];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[16..24].copy_from_slice(&base.0.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..28]);
    bytes[28..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Why the first bytes of a file are not the header that its name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderFault {
    #[error("the header is incomplete or damaged")]
    Damaged,
    #[error("the header says version {0}, this program reads version {VERSION}")]
    Version(u32),
    #[error("the header says that the segment starts at offset {0}")]
    Base(u64),
}

/// Checks that `bytes` are the header of the segment that starts at `base`.
pub(crate) fn check(bytes: &[u8], base: Offset) -> Result<(), HeaderFault> {
    let bytes: &[u8; HEADER_BYTES as usize] = bytes.first_chunk().ok_or(HeaderFault::Damaged)?;
    let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if bytes[..8] != MAGIC || crc32c::crc32c(&bytes[..28]) != u32_at(28) {
        return Err(HeaderFault::Damaged);
    }
    if u32_at(8) != VERSION {
        return Err(HeaderFault::Version(u32_at(8)));
    }
    let said = u64::from(u32_at(16)) | u64::from(u32_at(20)) << 32;
    if said == base.0 {
        Ok(())
    } else {
        Err(HeaderFault::Base(said))
    }
}

/// The file name of the segment that starts at `base`: 20 digits, so that names sort as offsets do.
pub(crate) fn segment_name(base: Offset) -> String {
    format!("{:020}{SUFFIX}", base.0)
}

/// The name of the segment's index.
pub(crate) fn index_name(base: Offset) -> String {
    format!("{:020}.index", base.0)
}

/// The first offsets of the segments among `names`, in order. Other files are left alone.
pub(crate) fn bases(names: &[String]) -> Vec<Offset> {
    let digits = |name: &str| {
        name.strip_suffix(SUFFIX)
            .filter(|d| d.len() == 20 && d.bytes().all(|b| b.is_ascii_digit()))?
            .parse()
            .ok()
    };
    let mut bases: Vec<Offset> = names.iter().filter_map(|name| digits(name)).map(Offset).collect();
    bases.sort_unstable();
    bases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_checked_against_its_name() {
        let header = encode(Offset(7));
        assert_eq!(check(&header, Offset(7)), Ok(()));
        assert_eq!(check(&header, Offset(8)), Err(HeaderFault::Base(7)));
        assert_eq!(check(&header[..31], Offset(7)), Err(HeaderFault::Damaged));
        for bit in 0..header.len() * 8 {
            let mut flipped = header;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&flipped, Offset(7)).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn only_segments_count_and_they_sort_by_offset() {
        let names = [
            "00000000000000000100.log",
            "lock",
            "00000000000000000007.log",
            "7.log",
            "0000000000000000000x.log",
        ];
        assert_eq!(bases(&names.map(str::to_owned)), [Offset(7), Offset(100)]);
        assert_eq!(segment_name(Offset(7)), names[2]);
    }
}
