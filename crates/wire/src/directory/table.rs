//! A file of entries as a table: CSV with a line of names and a line an entry. What the readers of links, campaigns and ads share.
//!
//! Columns may stand in any order and are named without regard to case, accents, spaces and signs; others are passed over. What
//! separates cells (`,`, `;` or a tab) is taken from the line of names, for spreadsheets write what their country writes.

use std::collections::BTreeSet;

use csv::{ReaderBuilder, StringRecord};
use origem_domain::directory::Faults;
use origem_domain::marks::fold_text;
use origem_domain::time::Timestamp;

use super::Named;

/// A table that was read.
pub(super) struct Table {
    names: Vec<String>,
    lines: Vec<(u64, StringRecord)>,
}

/// A line of a table.
pub(super) struct Line<'a> {
    /// Its number in the file.
    pub(super) number: u64,
    names: &'a [String],
    cells: &'a StringRecord,
}

/// A name of a column as it is compared.
fn folded(name: &str) -> String {
    fold_text(name).chars().filter(char::is_ascii_alphanumeric).collect()
}

impl Table {
    /// Reads a table that has one of the columns `needed`, by any of the names it goes by.
    ///
    /// # Errors
    /// What is no CSV, by line; that the column is missing.
    pub(super) fn read(body: &[u8], needed: &[&str]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let head = text
            .split(|byte| *byte == b'\n')
            .find(|line| !line.trim_ascii().is_empty());
        let count = |sign: u8| head.map_or(0, |head| head.iter().filter(|byte| **byte == sign).count());
        let delimiter = [b'\t', b';', b',']
            .into_iter()
            .max_by_key(|sign| count(*sign))
            .unwrap_or(b',');
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text);
        let mut numbers = LineNumbers::of(text);
        let mut table = Self {
            names: Vec::new(),
            lines: Vec::new(),
        };
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    faults.add(place(numbers.at(error.position())), "it is not CSV in UTF-8");
                    break;
                }
            };
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let line = numbers.at(record.position());
            if table.names.is_empty() {
                table.names = record.iter().map(folded).collect();
            } else {
                table.lines.push((line, record));
            }
        }
        if faults.0.is_empty() && table.column(needed).is_none() {
            let names = needed.join("`, `");
            faults.add("", format!("there is no line of names with the column `{names}`"));
        }
        faults.none()?;
        Ok(table)
    }

    fn column(&self, names: &[&str]) -> Option<usize> {
        column(&self.names, names)
    }

    /// The lines, in order.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|(number, cells)| Line {
            number: *number,
            names: &self.names,
            cells,
        })
    }
}

fn column(names: &[String], wanted: &[&str]) -> Option<usize> {
    wanted.iter().find_map(|wanted| {
        let wanted = folded(wanted);
        names.iter().position(|name| *name == wanted)
    })
}

impl Line<'_> {
    /// What stands in the first of these columns that there is, without the apostrophe that keeps it from being a formula; `None` where
    /// that is nothing.
    pub(super) fn cell(&self, names: &[&str]) -> Option<String> {
        let text = crate::cell::read(self.cells.get(column(self.names, names)?)?.trim()).trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// An instant: RFC 3339, or a day, which is its midnight in UTC.
    ///
    /// # Errors
    /// What stands there and is none.
    pub(super) fn instant(&self, names: &[&str]) -> Result<Option<Timestamp>, String> {
        let Some(text) = self.cell(names) else {
            return Ok(None);
        };
        let read = Timestamp::parse(&text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")));
        read.map(Some)
            .ok_or_else(|| format!("`{text}` is no instant like 2026-10-01T12:00:00Z and no date like 2026-10-01"))
    }
}

/// Entries of lines, checked: each id once. What is wrong is told by line.
#[derive(Default)]
pub(super) struct Entries {
    read: Vec<Named>,
    ids: BTreeSet<String>,
    pub(super) faults: Faults,
}

impl Entries {
    /// Takes the entry of a line, or what is wrong with the line.
    pub(super) fn take(&mut self, line: u64, entry: Result<Named, String>) {
        match entry {
            Err(reason) => self.faults.add(place(line), reason),
            Ok((id, item)) => {
                if !self.ids.insert(id.clone()) {
                    self.faults.add(place(line), format!("`{id}` is told twice"));
                } else if let Err(wrong) = item.check_as(&id) {
                    for fault in wrong.0 {
                        self.faults.add(place(line), fault.to_string());
                    }
                } else {
                    self.read.push((id, item));
                }
            }
        }
    }

    /// Everything that was read, if nothing was wrong.
    ///
    /// # Errors
    /// Everything that was; that there was nothing.
    pub(super) fn done(mut self) -> Result<Vec<Named>, Faults> {
        if self.read.is_empty() && self.faults.0.is_empty() {
            self.faults.add("", "there is no entry in it");
        }
        self.faults.none()?;
        Ok(self.read)
    }
}

/// The numbers of lines by bytes, which must ascend. The reader's own are those of the end of the record before: it has not seen the
/// second half of a `\r\n`, nor empty lines.
pub(super) struct LineNumbers<'a> {
    text: &'a [u8],
    byte: usize,
    line: u64,
}

impl<'a> LineNumbers<'a> {
    pub(super) const fn of(text: &'a [u8]) -> Self {
        Self { text, byte: 0, line: 1 }
    }

    /// The line of a record, or of what is wrong with one.
    pub(super) fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let ended = position.map_or(0, csv::Position::byte);
        let ended = usize::try_from(ended).unwrap_or(usize::MAX).min(self.text.len());
        let breaks = self.text[ended..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let begins = ended + breaks.count();
        let passed = self.text[self.byte.min(begins)..begins]
            .iter()
            .filter(|byte| **byte == b'\n');
        self.line += passed.count() as u64;
        self.byte = begins;
        self.line
    }
}

/// Where a line is, in faults.
pub(super) fn place(line: u64) -> String {
    format!("line {line}")
}

/// What was read, or what was wrong, in one text: for tables of cases.
#[cfg(test)]
pub(super) fn told(read: Result<Vec<Named>, Faults>) -> String {
    match read {
        Err(faults) => faults.to_string(),
        Ok(read) => {
            let line = |(id, item): &Named| format!("{id} {}", serde_json::to_string(item).unwrap_or_default());
            read.iter().map(line).collect::<Vec<_>>().join("; ")
        }
    }
}
