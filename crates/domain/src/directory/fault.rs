//! What is wrong with an entry: all of it at once, each thing with its place.

use std::cmp::Ordering;
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

/// More than anybody corrects at once; a body of some megabytes could otherwise be answered with gigabytes.
const FAULTS_MAX: usize = 1_000;

/// Characters kept of a place or reason: both may quote what was written, which may be as long as the body.
const CHARS_MAX: usize = 500;

/// Everything that is wrong, as far as that can be told: after a thousand faults the last one says that there are more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// One thing more, as long as there is room for it.
    pub fn add(&mut self, place: impl Into<String>, reason: impl Into<String>) {
        let (place, reason) = match self.0.len().cmp(&FAULTS_MAX) {
            Ordering::Less => (short(place.into()), short(reason.into())),
            Ordering::Equal => (
                String::new(),
                format!("there is more than these {FAULTS_MAX} things wrong"),
            ),
            Ordering::Greater => return,
        };
        self.0.push(Fault { place, reason });
    }

    /// All of another, as long as there is room for it.
    pub fn add_all(&mut self, other: Self) {
        for fault in other.0 {
            self.add(fault.place, fault.reason);
        }
    }

    /// Whether nothing more is taken: whoever looks for faults can stop.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() > FAULTS_MAX
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

/// The beginning of what is too long.
fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
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
            Some(_) if self.is_full() => f.write_str("; and many more"),
            Some(more @ 1..) => write!(f, "; and {more} more"),
            _ => Ok(()),
        }
    }
}

impl Error for Faults {}
