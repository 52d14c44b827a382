//! A figure, and the file of figures: one JSON object a line, appended, so that several programs can write one after the other. A line
//! before them may tell of the machine that they were measured on.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// What the line that tells of the machine has, and no figure.
const MACHINE: &str = "machine";

/// What was measured, over some repetitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What: `bench/what`, such as `rebuild/bulk`.
    pub name: String,
    /// Under which conditions: sizes, lanes, durability. Numbers are read as their texts.
    #[serde(default, deserialize_with = "texts")]
    pub parameters: BTreeMap<String, String>,
    /// Of the values: `events/s`, `ms`, `µs`, `MiB`. More is better if it ends with `/s`.
    pub unit: String,
    /// The middle one of the values.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// How many values there were.
    pub repetitions: usize,
    /// The limit or the peer, of the same run and unit, that it is to be read beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
}

/// What a figure is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// What it is.
    pub name: String,
    /// Its median, in the unit of the figure.
    pub median: f64,
}

/// A file of figures cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not there or not readable.
    #[error("cannot read {path}; the command that measures writes it")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A line of it is no figure.
    #[error("line {line} of {path} is no figure; remove the file and measure again")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl Figure {
    /// The figure of `values`; no values give a figure of zeros with no repetitions.
    #[must_use]
    pub fn of(name: &str, parameters: &[(&str, &str)], unit: &str, values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 if middle > 0 => f64::midpoint(at(middle - 1), at(middle)),
            _ => at(middle),
        };
        let told = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Self {
            name: name.to_owned(),
            parameters: parameters.iter().map(told).collect(),
            unit: unit.to_owned(),
            median,
            min: at(0),
            max: at(sorted.len().saturating_sub(1)),
            repetitions: sorted.len(),
            beside: None,
        }
    }

    /// The figure beside `other`.
    #[must_use]
    pub fn beside(self, other: &Figure) -> Self {
        let beside = Beside {
            name: other.name.clone(),
            median: other.median,
        };
        Self {
            beside: Some(beside),
            ..self
        }
    }

    /// How many times what it stands beside it is.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let beside = self.beside.as_ref().filter(|beside| beside.median > 0.0)?;
        Some(self.median / beside.median)
    }

    /// Whether more is better.
    #[must_use]
    pub fn is_rate(&self) -> bool {
        self.unit.ends_with("/s")
    }

    /// Appends it to a file of figures, as one line.
    ///
    /// # Errors
    /// What the system says of the file.
    pub fn append(&self, path: &Path) -> io::Result<()> {
        append(path, serde_json::to_vec(self)?)
    }
}

/// Appends what there is to know of the machine to a file of figures, as one line.
///
/// # Errors
/// What the system says of the file.
pub fn append_machine(machine: &Value, path: &Path) -> io::Result<()> {
    append(path, serde_json::to_vec(&json!({ MACHINE: machine }))?)
}

fn append(path: &Path, mut line: Vec<u8>) -> io::Result<()> {
    line.push(b'\n');
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(&line)
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let told = BTreeMap::<String, Value>::deserialize(deserializer)?;
    let text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(told.into_iter().map(|(key, value)| (key, text(value))).collect())
}

/// The figures of a file, in its order.
///
/// # Errors
/// The file cannot be read, or a line of it is no figure.
pub fn read(path: &Path) -> Result<Vec<Figure>, ReadError> {
    let figures = lines(path)?.into_iter().filter(|(_, line)| line.get(MACHINE).is_none());
    figures
        .map(|(line, value)| serde_json::from_value(value).map_err(|source| no_figure(path, line, source)))
        .collect()
}

/// What a file of figures tells of the machine, if it does.
///
/// # Errors
/// As [`read`] has them.
pub fn read_machine(path: &Path) -> Result<Option<Value>, ReadError> {
    let mut told = lines(path)?
        .into_iter()
        .filter_map(|(_, line)| line.get(MACHINE).cloned());
    Ok(told.next())
}

/// The lines of a file that are not empty, with their numbers.
fn lines(path: &Path) -> Result<Vec<(usize, Value)>, ReadError> {
    let text = fs::read_to_string(path).map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(line, text)| {
            let value = serde_json::from_str(text).map_err(|source| no_figure(path, line, source))?;
            Ok((line, value))
        })
        .collect()
}

fn no_figure(path: &Path, line: usize, source: serde_json::Error) -> ReadError {
    ReadError::Line {
        path: path.to_owned(),
        line,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        for (values, median, min, max) in [
            (&[][..], 0.0, 0.0, 0.0),
            (&[3.0][..], 3.0, 3.0, 3.0),
            (&[4.0, 1.0][..], 2.5, 1.0, 4.0),
            (&[9.0, 1.0, 5.0][..], 5.0, 1.0, 9.0),
        ] {
            let figure = Figure::of("a/b", &[], "ms", values);
            assert_eq!(
                (figure.median, figure.min, figure.max),
                (median, min, max),
                "{values:?}"
            );
            assert_eq!(figure.repetitions, values.len());
        }
    }

    #[test]
    fn what_is_appended_is_read_back() {
        let path = std::env::temp_dir().join(format!("origem-figures-{}", std::process::id()));
        let floor = Figure::of("append/floor", &[("bytes", "308")], "µs", &[100.0]);
        let one = Figure::of(
            "append/one",
            &[("bytes", "300"), ("durability", "fsync")],
            "µs",
            &[150.0],
        )
        .beside(&floor);
        assert_eq!(one.ratio(), Some(1.5));
        let machine = json!({"day": "2026-11-22", "load": 0.5});
        append_machine(&machine, &path).unwrap();
        floor.append(&path).unwrap();
        one.append(&path).unwrap();
        let (figures, of) = (read(&path), read_machine(&path));
        fs::write(&path, "{}\n").unwrap();
        let (wrong, of_none) = (read(&path).unwrap_err().to_string(), read_machine(&path));
        fs::remove_file(&path).unwrap();
        assert_eq!(figures.unwrap(), [floor, one]);
        assert_eq!((of.unwrap(), of_none.unwrap()), (Some(machine), None));
        assert!(wrong.starts_with("line 1 of "), "{wrong}");
        assert!(matches!(read(&path), Err(ReadError::Io { .. })));
    }

    #[test]
    fn whoever_writes_by_hand_may_leave_out_what_is_empty() {
        for (parameters, known) in [
            ("", &[][..]),
            (r#""parameters":{"events":20},"#, &[("events", "20")][..]),
        ] {
            let line =
                format!(r#"{{"name":"x",{parameters}"unit":"events/s","median":1,"min":1,"max":1,"repetitions":1}}"#);
            let figure: Figure = serde_json::from_str(&line).unwrap();
            assert_eq!(figure, Figure::of("x", known, "events/s", &[1.0]));
        }
        let figure = Figure::of("x", &[], "events/s", &[1.0]);
        assert!(figure.is_rate());
    }
}
