//! The index of a JSON text: one pass over text that is known to be valid, with a stack of its own.

use super::{Kind, Slot};

/// The slots of `text` in reading order, and whether any key is written with escapes.
/// `text` is known to be valid JSON, so brackets and quotes can be trusted to match.
#[allow(clippy::cast_possible_truncation)] // `Doc::parse` refuses texts that do not fit
pub(super) fn index(text: &str) -> (Vec<Slot>, bool) {
    let bytes = text.as_bytes();
    let mut slots: Vec<Slot> = Vec::with_capacity(text.len() / 12 + 4);
    let mut open: Vec<u32> = Vec::with_capacity(16);
    let mut key = (0, 0);
    let mut escaped_keys = false;
    let mut keyless = true; // in an object, the next text is a key
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at as u32;
        at += 1;
        let kind = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b':' => continue,
            b',' => {
                keyless = true;
                continue;
            }
            b'}' | b']' => {
                let end = slots.len() as u32;
                if let Some(slot) = open.pop().and_then(|index| slots.get_mut(index as usize)) {
                    (slot.stop, slot.end) = (at as u32, end);
                }
                continue;
            }
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => {
                at = text_end(bytes, at);
                let inside = open.last().and_then(|index| slots.get(*index as usize));
                if keyless && inside.is_some_and(|slot| slot.kind == Kind::Object) {
                    key = (start + 1, at as u32 - 1);
                    escaped_keys |= bytes.get(start as usize..at).is_some_and(|name| name.contains(&b'\\'));
                    keyless = false;
                    continue;
                }
                Kind::Text
            }
            _ => {
                while bytes
                    .get(at)
                    .is_some_and(|b| !matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'))
                {
                    at += 1;
                }
                match byte {
                    b'n' => Kind::Null,
                    b't' | b'f' => Kind::Bool,
                    _ => Kind::Number,
                }
            }
        };
        let slot = slots.len() as u32;
        slots.push(Slot {
            kind,
            key,
            start,
            stop: at as u32,
            end: slot + 1,
        });
        key = (0, 0);
        if matches!(kind, Kind::Object | Kind::Array) {
            open.push(slot);
            keyless = true;
        }
    }
    (slots, escaped_keys)
}

/// The place after the closing quote of a text whose first character is at `at`.
fn text_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return at,
        }
    }
}
