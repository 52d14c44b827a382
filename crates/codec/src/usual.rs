//! Fields of messages as this build writes them, for the readers by hand of [`structure`](crate::structure) and
//! [`texts`](crate::texts). `None` is no error: whatever is not usual is left to the generated reader, which decides.

/// The last bit of a byte of a number: another follows.
const MORE: u8 = 0x80;
/// Bytes of a number that is usual; a negative one has ten.
const NUMBER_BYTES_MAX: usize = 9;

/// The value of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Number(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(crate) fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn fixed64(self) -> Option<u64> {
        match self {
            Self::Fixed64(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Of an enumeration, known or not.
    pub(crate) fn enumeration(self) -> Option<i32> {
        i32::try_from(self.number()?).ok()
    }

    pub(crate) fn text(self) -> Option<String> {
        Some(std::str::from_utf8(self.bytes()?).ok()?.to_owned())
    }
}

/// The number and value of the first field of `bytes`, which are not empty; takes them off.
pub(crate) fn next<'a>(bytes: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let tag = number(bytes)?;
    let value = match tag & 7 {
        0 => Value::Number(number(bytes)?),
        1 => {
            let (fixed, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            Value::Fixed64(u64::from_le_bytes(*fixed))
        }
        2 => {
            let length = usize::try_from(number(bytes)?).ok()?;
            let (part, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Value::Bytes(part)
        }
        _ => return None,
    };
    Some((tag >> 3, value))
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate().take(NUMBER_BYTES_MAX) {
        number |= u64::from(byte & !MORE) << (7 * index);
        if byte & MORE == 0 {
            *bytes = &bytes[index + 1..];
            return Some(number);
        }
    }
    None
}
