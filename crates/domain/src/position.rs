//! Places in the log. Ranges are half-open: a tail and a checkpoint both name the next offset.

use std::collections::BTreeMap;
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

/// A place in each of several partitions: `"0:42,3:7"` in text and JSON. What it does not name has no place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Positions(BTreeMap<Partition, Offset>);

impl Positions {
    /// The offset in a partition.
    #[must_use]
    pub fn get(&self, partition: Partition) -> Option<Offset> {
        self.0.get(&partition).copied()
    }

    /// Goes on to a position; never back.
    pub fn advance(&mut self, position: Position) {
        let offset = self.0.entry(position.partition).or_default();
        *offset = position.offset.max(*offset);
    }

    /// The positions, in order of partitions.
    pub fn iter(&self) -> impl Iterator<Item = Position> + '_ {
        self.0
            .iter()
            .map(|(&partition, &offset)| Position { partition, offset })
    }

    /// Whether no partition has a place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Position> for Positions {
    fn from_iter<T: IntoIterator<Item = Position>>(positions: T) -> Self {
        let mut all = Self::default();
        for position in positions {
            all.advance(position);
        }
        all
    }
}

impl fmt::Display for Positions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, position) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{position}")?;
        }
        Ok(())
    }
}

impl FromStr for Positions {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        text.split(',').map(|part| part.trim().parse::<Position>()).collect()
    }
}

impl Serialize for Positions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Positions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_written() {
        for text in ["0:42", "0:42,3:7", "11:0,2:9"] {
            let positions: Positions = text.parse().unwrap();
            assert_eq!(positions.to_string().parse::<Positions>(), Ok(positions));
        }
        assert_eq!(
            "0:3, 0:9,0:5".parse::<Positions>().map(|p| p.to_string()),
            Ok("0:9".to_owned())
        );
        for text in ["", "0", "0:1,", "a:b", "0:-1"] {
            assert!(text.parse::<Positions>().is_err(), "{text}");
        }
    }
}
