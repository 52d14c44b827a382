//! The words of the command line.

use std::path::PathBuf;

/// A command and its options, each with a value.
pub struct Arguments(Vec<String>);

impl Arguments {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// What is to be done. cargo adds options of its own.
    pub fn command(&self) -> Option<&str> {
        let first = self.0.first().map(String::as_str);
        first.filter(|word| !word.starts_with('-'))
    }

    /// The value of an option that names a directory.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// The value of an option that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }

    fn value(&self, name: &str) -> Option<&str> {
        let option = format!("--{name}");
        let mut words = self.0.iter().skip_while(|word| **word != option).skip(1);
        words.next().map(String::as_str)
    }
}
