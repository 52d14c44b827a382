//! Places in the log. Ranges are half-open: a tail and a checkpoint both name the next offset.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A partition of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Partition(pub u32);

/// A place in one partition, dense from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Offset(pub u64);

impl Offset {
    /// The offset `count` records further.
    #[must_use]
    pub const fn plus(self, count: u64) -> Self {
        Self(self.0 + count)
    }
}

/// A place in the log: `"<partition>:<offset>"` in text and JSON. Comparable within a partition only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The partition.
    pub partition: Partition,
    /// The place in it.
    pub offset: Offset,
}

impl Position {
    /// The position of `offset` in `partition`.
    #[must_use]
    pub const fn new(partition: u32, offset: u64) -> Self {
        Self {
            partition: Partition(partition),
            offset: Offset(offset),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.offset)
    }
}

/// The text is not `"<partition>:<offset>"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAPosition(String);

impl fmt::Display for NotAPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a position such as 0:42", self.0)
    }
}

impl std::error::Error for NotAPosition {}

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        text.split_once(':')
            .and_then(|(partition, offset)| Some(Self::new(partition.parse().ok()?, offset.parse().ok()?)))
            .ok_or_else(|| NotAPosition(text.to_owned()))
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            (self.partition, self.offset).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            let (partition, offset) = Deserialize::deserialize(deserializer)?;
            Ok(Self { partition, offset })
        }
    }
}
