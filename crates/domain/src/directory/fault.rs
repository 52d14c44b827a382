//! What is wrong with an entry: all of it at once, each thing with its place.

use std::error::Error;
use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where: a field (`rates.3.market`) or a line of a file (`line 12`).
    pub place: String,
    /// What is wrong with it, and what it should be.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.reason),
            place => write!(f, "{place}: {}", self.reason),
        }
    }
}

/// Everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// One thing more.
    pub fn add(&mut self, place: impl Into<String>, reason: impl Into<String>) {
        self.0.push(Fault {
            place: place.into(),
            reason: reason.into(),
        });
    }

    /// The same a level further in: places get `outer` before them.
    #[must_use]
    pub fn inside(self, outer: &str) -> Self {
        let faults = self.0.into_iter().map(|fault| Fault {
            place: [outer, &fault.place]
                .iter()
                .filter(|part| !part.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join("."),
            ..fault
        });
        Self(faults.collect())
    }

    /// An error if there is anything.
    ///
    /// # Errors
    /// All of them.
    pub fn none(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More than anybody corrects at once.
        const TOLD: usize = 50;
        for (index, fault) in self.0.iter().take(TOLD).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        match self.0.len().checked_sub(TOLD) {
            Some(more @ 1..) => write!(f, "; and {more} more"),
            _ => Ok(()),
        }
    }
}

impl Error for Faults {}
