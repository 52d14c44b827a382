//! What a value is compared by.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Half of the SHA-256 of a value as it would be without its version: equal digests mean that only the version differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest(u128);

impl Digest {
    /// Of a value that nobody says the digest of; equals that of no other.
    pub(crate) const FOREIGN: Self = Self(0);

    /// The digest of `value`, which must have been written without a version.
    pub(crate) fn of(content_type: &str, value: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(content_type.as_bytes());
        hasher.update([0]);
        hasher.update(value);
        let bytes = hasher.finalize();
        Self(bytes.iter().take(16).fold(0, |all, byte| all << 8 | u128::from(*byte)))
    }

    /// From its text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let parsed = digits.then(|| u128::from_str_radix(text, 16).ok());
        parsed.flatten().map(Self)
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_values_and_their_types_apart_and_is_read_back() {
        let digest = Digest::of("application/json", b"{}");
        for (content_type, value, equal) in [
            ("application/json", "{}", true),
            ("application/json", "{} ", false),
            ("application/protobuf", "{}", false),
        ] {
            let other = Digest::of(content_type, value.as_bytes());
            assert_eq!(digest == other, equal, "{content_type} {value}");
        }
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        for text in [
            "",
            "12",
            "+0000000000000000000000000000012",
            "zz000000000000000000000000000000",
        ] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
    }
}
