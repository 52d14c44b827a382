//! Why bytes are not a record.

/// Why bytes could not be read as a record.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer Origem; nothing is wrong with the bytes.
    #[error("record has format version {version}, this build reads up to {known}", known = crate::VERSION)]
    Newer {
        /// The version of the record.
        version: u64,
    },
    /// The record is on a kind of channel this build does not know: written by a newer Origem, or damaged.
    #[error("channel kind {number} is not known to this build")]
    ChannelKind {
        /// The number of the kind.
        number: i32,
    },
    /// The frame of the record is broken: cut short, or no record at all.
    #[error("not a record: {what}")]
    Frame {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A part of the record is broken.
    #[error("cannot read the {part} part of the record")]
    Part {
        /// Which part: `structure` or `personal`.
        part: &'static str,
        /// Where it broke.
        source: prost::DecodeError,
    },
}
