//! What messages may say wrong, and reading words and times of them. Words are read as JSON reads them, so that both know the
//! same ones.

use origem_domain::time::Timestamp;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};

use crate::proto::time::{self, NotATime};

/// What makes no sense in a message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotUnderstood {
    /// The bytes are not the message.
    #[error("the bytes are not the encoded message")]
    Undecodable(#[from] prost::DecodeError),
    /// A field that must be set is not.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A word nobody knows.
    #[error("`{field}`: {source}")]
    Word {
        /// Which field.
        field: &'static str,
        /// Which words there are.
        source: ValueError,
    },
    /// A time that is none.
    #[error("`{field}`: {source}")]
    Time {
        /// Which field.
        field: &'static str,
        /// Why.
        source: NotATime,
    },
}

/// A word of `field`; an empty one is missing.
pub(super) fn word<T: DeserializeOwned>(field: &'static str, word: &str) -> Result<T, NotUnderstood> {
    if word.is_empty() {
        return Err(NotUnderstood::Missing(field));
    }
    let word: StrDeserializer<'_, ValueError> = word.into_deserializer();
    T::deserialize(word).map_err(|source| NotUnderstood::Word { field, source })
}

/// A time of `field`.
pub(super) fn time(field: &'static str, at: &prost_types::Timestamp) -> Result<Timestamp, NotUnderstood> {
    time::to_domain(at).map_err(|source| NotUnderstood::Time { field, source })
}
