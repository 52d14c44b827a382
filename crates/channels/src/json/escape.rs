//! Escapes of JSON texts.

use std::borrow::Cow;

/// The characters of the inside of a JSON text. A lone surrogate escape, which is no character, becomes U+FFFD.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('\\') else {
        return Cow::Borrowed(text);
    };
    let (plain, mut rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(plain);
    while let Some(after) = rest.strip_prefix('\\') {
        let mut chars = after.chars();
        let mut tail = "";
        match chars.next() {
            Some('u') => {
                let (c, left) = unicode_escape(chars.as_str());
                out.push(c);
                tail = left;
            }
            Some(c) => {
                out.push(match c {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    same => same,
                });
                tail = chars.as_str();
            }
            None => {}
        }
        let next = tail.find('\\').unwrap_or(tail.len());
        let (plain, left) = tail.split_at(next);
        out.push_str(plain);
        rest = left;
    }
    Cow::Owned(out)
}

/// The character of a `\u` escape whose digits `text` starts with, taking in the second half of a pair, and what follows.
fn unicode_escape(text: &str) -> (char, &str) {
    let hex = |text: &str| text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(first) = hex(text) else {
        return (char::REPLACEMENT_CHARACTER, text);
    };
    let rest = text.get(4..).unwrap_or_default();
    if (0xD800..0xDC00).contains(&first)
        && let Some(after) = rest.strip_prefix("\\u")
        && let Some(second @ 0xDC00..0xE000) = hex(after)
    {
        let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        return (c, after.get(4..).unwrap_or_default());
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}
