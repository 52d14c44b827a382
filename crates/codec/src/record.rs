//! The frame of a record: version, sealing and the two parts, read without copying.
//!
//! The frame is protobuf (`Record`, `Personal` and `Fragment` of record.proto), read by hand, because the generated reader
//! would copy the raw bytes of every event that is only folded. Fields nobody knows are skipped, as protobuf does.

use std::borrow::Cow;

use crate::error::DecodeError;

/// The version of the format this build writes, and the newest it reads.
pub const VERSION: u32 = 1;

/// The exact bytes an event was read from, and the envelope that makes them a delivery again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RawParts<'a> {
    /// The envelope up to the fragment; empty where `raw` is the whole delivery.
    pub before: &'a [u8],
    /// The exact slice of what was received.
    pub raw: &'a [u8],
    /// The envelope after the fragment.
    pub after: &'a [u8],
}

impl<'a> RawParts<'a> {
    /// `before`, `raw` and `after` in one piece: a delivery of the same source that reads as the event again. Most fragments are whole
    /// deliveries, which are not copied.
    #[must_use]
    pub fn delivery(&self) -> Cow<'a, [u8]> {
        if self.before.is_empty() && self.after.is_empty() {
            return Cow::Borrowed(self.raw);
        }
        Cow::Owned([self.before, self.raw, self.after].concat())
    }
}

/// The parts of a record, as slices of its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frame<'a> {
    /// An encoded `Structure`.
    pub structure: &'a [u8],
    /// An encoded `Personal`; `None` if it was erased or is sealed in a way this build cannot open.
    pub personal: Option<&'a [u8]>,
}

/// The parts of a personal part, as slices of its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PersonalFrame<'a> {
    /// An encoded `Texts`.
    pub texts: &'a [u8],
    /// The fragment.
    pub fragment: Option<RawParts<'a>>,
}

impl<'a> Frame<'a> {
    /// Reads the frame of a record.
    pub fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (mut version, mut sealing) = (0, 0);
        let (mut structure, mut personal) = (None, None);
        let mut fields = Fields(bytes);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Value::Number(number)) => version = number,
                (2, Value::Number(number)) => sealing = number,
                (3, Value::Bytes(part)) => structure = Some(part),
                (4, Value::Bytes(part)) if !part.is_empty() => personal = Some(part),
                _ => {}
            }
            // The version stands first. What a newer format put behind it is not ours to call damaged.
            if version > u64::from(VERSION) {
                return Err(DecodeError::Newer { version });
            }
        }
        if version == 0 {
            return Err(DecodeError::Frame {
                what: "it has no version",
            });
        }
        let structure = structure.ok_or(DecodeError::Frame {
            what: "it has no structure",
        })?;
        Ok(Self {
            structure,
            personal: personal.filter(|_| sealing == 0),
        })
    }
}

impl<'a> PersonalFrame<'a> {
    /// Reads the frame of a personal part.
    pub fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut frame = Self::default();
        let mut fields = Fields(bytes);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Value::Bytes(texts)) => frame.texts = texts,
                (2, Value::Bytes(fragment)) => frame.fragment = Some(read_fragment(fragment)?),
                _ => {}
            }
        }
        Ok(frame)
    }
}

fn read_fragment(bytes: &[u8]) -> Result<RawParts<'_>, DecodeError> {
    let mut parts = RawParts::default();
    let mut fields = Fields(bytes);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(before)) => parts.before = before,
            (2, Value::Bytes(raw)) => parts.raw = raw,
            (3, Value::Bytes(after)) => parts.after = after,
            _ => {}
        }
    }
    Ok(parts)
}

/// The record of `structure`, `texts` (both encoded messages) and `fragment`.
pub(crate) fn write(structure: &impl prost::Message, texts: &impl prost::Message, fragment: RawParts<'_>) -> Vec<u8> {
    let structure_len = structure.encoded_len();
    let texts_len = texts.encoded_len();
    let fragment_len: usize = [fragment.before, fragment.raw, fragment.after]
        .iter()
        .map(|part| field_len(part.len()))
        .sum();
    let personal_len = field_len(texts_len) + forced_len(fragment_len);
    let mut out = Vec::with_capacity(2 + forced_len(structure_len) + forced_len(personal_len));
    tag(1, NUMBER, &mut out);
    varint(u64::from(VERSION), &mut out);
    header(3, structure_len, &mut out);
    structure.encode_raw(&mut out);
    header(4, personal_len, &mut out);
    if texts_len > 0 {
        header(1, texts_len, &mut out);
        texts.encode_raw(&mut out);
    }
    // Written even when empty: an empty delivery is not an erased one.
    header(2, fragment_len, &mut out);
    for (number, part) in [(1, fragment.before), (2, fragment.raw), (3, fragment.after)] {
        if !part.is_empty() {
            header(number, part.len(), &mut out);
            out.extend_from_slice(part);
        }
    }
    out
}

/// The same record as it is after the erasure of the person: without its personal part.
///
/// # Errors
/// `Newer` or `Frame` if `bytes` is no record of a known version.
pub fn without_personal(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let frame = Frame::read(bytes)?;
    let mut out = Vec::with_capacity(2 + forced_len(frame.structure.len()));
    tag(1, NUMBER, &mut out);
    varint(u64::from(VERSION), &mut out);
    header(3, frame.structure.len(), &mut out);
    out.extend_from_slice(frame.structure);
    Ok(out)
}

/// The same record without the bytes it was read from: it decodes to the same event, and takes a fraction of the room. For keeping
/// it a while beside the log, never in it.
///
/// # Errors
/// `Newer` or `Frame` if `bytes` is no record of a known version.
pub fn without_raw(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let frame = Frame::read(bytes)?;
    let texts = frame.personal.map(PersonalFrame::read).transpose()?;
    let texts_len = texts.map(|personal| field_len(personal.texts.len()));
    let mut out = Vec::with_capacity(2 + forced_len(frame.structure.len()) + texts_len.map_or(0, forced_len));
    tag(1, NUMBER, &mut out);
    varint(u64::from(VERSION), &mut out);
    header(3, frame.structure.len(), &mut out);
    out.extend_from_slice(frame.structure);
    if let (Some(personal), Some(texts_len)) = (texts, texts_len)
        && texts_len > 0
    {
        header(4, texts_len, &mut out);
        header(1, personal.texts.len(), &mut out);
        out.extend_from_slice(personal.texts);
    }
    Ok(out)
}

/// Wire types of protobuf.
const NUMBER: u64 = 0;
const FIXED_64: u64 = 1;
const BYTES: u64 = 2;
const FIXED_32: u64 = 5;

fn tag(number: u64, wire_type: u64, out: &mut Vec<u8>) {
    varint(number << 3 | wire_type, out);
}

/// Tag and length of a field of bytes.
fn header(number: u64, len: usize, out: &mut Vec<u8>) {
    tag(number, BYTES, out);
    varint(len as u64, out);
}

/// Bytes a field of `len` bytes takes, for field numbers up to 15; none if it is empty and left out.
fn field_len(len: usize) -> usize {
    if len == 0 { 0 } else { forced_len(len) }
}

/// The same for a field that is written even when empty.
fn forced_len(len: usize) -> usize {
    1 + prost::length_delimiter_len(len) + len
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The fields of an encoded message, in order.
struct Fields<'a>(&'a [u8]);

/// The value of a field, as far as frames need it.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, DecodeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            NUMBER => Value::Number(self.varint()?),
            BYTES => {
                let len = self.varint()?;
                Value::Bytes(self.take(len)?)
            }
            FIXED_64 => self.take(8).map(|_| Value::Other)?,
            FIXED_32 => self.take(4).map(|_| Value::Other)?,
            _ => {
                return Err(DecodeError::Frame {
                    what: "a field is of no known type",
                });
            }
        };
        Ok(Some((key >> 3, value)))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        let cut = DecodeError::Frame {
            what: "it is cut short",
        };
        let Some((taken, rest)) = usize::try_from(len).ok().and_then(|len| self.0.split_at_checked(len)) else {
            return Err(cut);
        };
        self.0 = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0;
        for (index, byte) in self.0.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.0 = &self.0[index + 1..];
                return Ok(number);
            }
        }
        Err(DecodeError::Frame {
            what: "a number does not end",
        })
    }
}

#[cfg(test)]
mod tests;
