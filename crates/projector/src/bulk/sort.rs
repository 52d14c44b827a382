//! Rows in any order to rows in order of keys: in memory as long as they fit, then in sorted files that are merged at the end.
//!
//! ```text
//! run: | bytes of key u32 LE | bytes of value u32 LE | key | value | ...     ascending by key
//! ```

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use origem_views::rows::{Row, RowsError};

use super::spill::damaged;

/// What a row takes in memory beside its bytes, about.
const ROW_BYTES: usize = 96;

/// Rows to be sorted. A key that comes twice has the same value.
pub(super) struct Sorter {
    directory: Option<PathBuf>,
    held: Vec<Row>,
    held_bytes: usize,
    held_max: usize,
    runs: u32,
    rows: u64,
}

impl Sorter {
    /// No rows yet, behind the `runs` that were written to `directory` before, of so many rows.
    pub(super) fn new(directory: Option<&Path>, runs: u32, rows: u64, held_max: usize) -> Self {
        Self {
            directory: directory.map(Path::to_owned),
            held: Vec::new(),
            held_bytes: 0,
            held_max,
            runs,
            rows,
        }
    }

    /// How many rows there are.
    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// How many runs are written.
    pub(super) const fn runs(&self) -> u32 {
        self.runs
    }

    /// Adds rows.
    pub(super) fn add(&mut self, rows: Vec<Row>) {
        let bytes: usize = rows
            .iter()
            .map(|(key, value)| key.len() + value.len() + ROW_BYTES)
            .sum();
        self.held_bytes += bytes;
        self.rows += rows.len() as u64;
        self.held.extend(rows);
    }

    /// Whether it holds more than it should.
    pub(super) fn is_full(&self) -> bool {
        self.directory.is_some() && self.held_bytes >= self.held_max
    }

    /// Writes what is held as one run, durably.
    ///
    /// # Errors
    /// Those of the file.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let Some(path) = path(self.directory.as_deref(), self.runs).filter(|_| !self.held.is_empty()) else {
            return Ok(());
        };
        self.sort();
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        for (key, value) in self.held.drain(..) {
            for part in [&key, &value] {
                let length = u32::try_from(part.len()).map_err(io::Error::other)?;
                file.write_all(&length.to_le_bytes())?;
            }
            file.write_all(&key)?;
            file.write_all(&value)?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
        self.runs += 1;
        self.held = Vec::new();
        self.held_bytes = 0;
        Ok(())
    }

    /// Rows of one part come in order already: a sort that sees that.
    fn sort(&mut self) {
        self.held.sort_by(|one, other| one.0.cmp(&other.0));
    }

    /// All rows, in order.
    ///
    /// # Errors
    /// Those of the files.
    pub(super) fn merge(mut self) -> io::Result<Merge> {
        self.sort();
        let mut sources: Vec<Source> = Vec::new();
        for run in 0..self.runs {
            if let Some(path) = path(self.directory.as_deref(), run) {
                sources.push(Source::Run(BufReader::with_capacity(1 << 20, File::open(path)?)));
            }
        }
        sources.push(Source::Held(self.held.into_iter()));
        let mut heap = BinaryHeap::with_capacity(sources.len());
        for (index, source) in sources.iter_mut().enumerate() {
            heap.extend(source.next()?.map(|(key, value)| Reverse((key, index, value))));
        }
        Ok(Merge { sources, heap })
    }
}

fn path(directory: Option<&Path>, run: u32) -> Option<PathBuf> {
    directory.map(|directory| directory.join(format!("rows.{run}")))
}

/// Rows of several sources, in order.
pub(super) struct Merge {
    sources: Vec<Source>,
    /// The next row of each source that has one.
    heap: BinaryHeap<Next>,
}

/// The key, the number of the source, and the value of a row: the smallest key comes first.
type Next = Reverse<(Vec<u8>, usize, Vec<u8>)>;

enum Source {
    Run(BufReader<File>),
    Held(std::vec::IntoIter<Row>),
}

impl Source {
    fn next(&mut self) -> io::Result<Option<Row>> {
        let file = match self {
            Self::Held(rows) => return Ok(rows.next()),
            Self::Run(file) => file,
        };
        let mut head = [0; 8];
        match file.read(&mut head)? {
            0 => return Ok(None),
            read => file.read_exact(&mut head[read..])?,
        }
        let (key, value) = head.split_at(4);
        Ok(Some((part(file, key)?, part(file, value)?)))
    }
}

fn part(file: &mut BufReader<File>, length: &[u8]) -> io::Result<Vec<u8>> {
    let length = length.first_chunk().copied().map_or(0, u32::from_le_bytes);
    let mut bytes = Vec::with_capacity(length.min(1 << 16) as usize);
    file.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() != length as usize {
        return Err(damaged("rows"));
    }
    Ok(bytes)
}

impl Merge {
    fn pop(&mut self) -> Option<Result<Row, RowsError>> {
        let Reverse((key, index, value)) = self.heap.pop()?;
        match self.sources[index].next() {
            Ok(next) => self.heap.extend(next.map(|(key, value)| Reverse((key, index, value)))),
            Err(error) => return Some(Err(RowsError::Store(Box::new(error)))),
        }
        Some(Ok((key, value)))
    }
}

impl Iterator for Merge {
    type Item = Result<Row, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.pop()?;
        // Entries of an index may be written for more than one reason; they say the same then.
        while let Ok((key, value)) = &row
            && let Some(Reverse((next, _, same))) = self.heap.peek()
            && next == key
        {
            debug_assert_eq!(same, value, "two conversations wrote the row {key:02x?}");
            if let Err(error) = self.pop()? {
                return Some(Err(error));
            }
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order_from_memory_and_files() {
        let directory = tempfile::tempdir().unwrap();
        let row = |number: u8| (vec![number], vec![number; usize::from(number)]);
        for runs in [0, 1, 3] {
            let mut sorter = Sorter::new(Some(directory.path()), 0, 0, 1);
            for start in [9, 3, 6, 0] {
                sorter.add(vec![row(start + 2), row(start), row(start + 1)]);
                assert!(sorter.is_full());
                if sorter.runs() < runs {
                    sorter.write().unwrap();
                    assert!(!sorter.is_full());
                }
            }
            assert_eq!((sorter.runs(), sorter.rows()), (runs, 12));
            let rows: Vec<Row> = sorter.merge().unwrap().map(Result::unwrap).collect();
            assert_eq!(rows, (0..12).map(row).collect::<Vec<_>>(), "{runs} runs");
        }
    }
}
