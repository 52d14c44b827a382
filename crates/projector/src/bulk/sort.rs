//! Rows in any order to rows in order of keys: in memory as long as they fit, then in sorted files that are merged at the end. Files
//! beyond what is merged at once are made fewer before, the smallest first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::path::{Path, PathBuf};

use origem_views::rows::{Row, RowsError};

use super::Stop;
use super::runs::{Reading, Run, Writing};
use crate::by_view::{ByView, InOrder};

/// What a row takes in memory beside its bytes, about.
const ROW_BYTES: usize = 96;

/// Files that are merged at once: each is open, and has a buffer.
const RUNS_AT_ONCE: usize = if cfg!(test) { 3 } else { 64 };

/// Rows to be sorted. A key that comes twice has the same value.
pub(super) struct Sorter {
    directory: Option<PathBuf>,
    held: ByView<Vec<u8>>,
    held_bytes: usize,
    held_max: usize,
    runs: Vec<Run>,
}

impl Sorter {
    /// No rows yet.
    pub(super) fn new(directory: Option<&Path>, held_max: usize) -> Self {
        Self {
            directory: directory.map(Path::to_owned),
            held: ByView::default(),
            held_bytes: 0,
            held_max,
            runs: Vec::new(),
        }
    }

    /// Behind the runs that were written to `directory` before.
    ///
    /// # Errors
    /// Those of the files; `InvalidData` if one is not as long as it was.
    pub(super) fn reopen(directory: &Path, runs: Vec<Run>, held_max: usize) -> io::Result<Self> {
        runs.iter().try_for_each(|run| run.check(directory))?;
        Ok(Self {
            runs,
            ..Self::new(Some(directory), held_max)
        })
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.runs.iter().map(|run| run.rows).sum::<u64>() + self.held.len() as u64
    }

    /// The runs that are written.
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// How many bytes are not written, or a little less.
    pub(super) const fn held_bytes(&self) -> u64 {
        self.held_bytes as u64
    }

    /// Adds rows.
    pub(super) fn add(&mut self, rows: Vec<Row>) {
        let bytes: usize = rows
            .iter()
            .map(|(key, value)| key.len() + value.len() + ROW_BYTES)
            .sum();
        self.held_bytes += bytes;
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
        let Some(directory) = self.directory.as_deref().filter(|_| self.held.len() > 0) else {
            return Ok(());
        };
        let mut file = Writing::create(directory, next(&self.runs))?;
        for (key, value) in std::mem::take(&mut self.held).in_order() {
            file.add(&key, &value)?;
        }
        self.runs.push(file.end()?);
        self.held_bytes = 0;
        Ok(())
    }

    /// Writes rows that come in order as one run, durably; holds them if there is no disk.
    ///
    /// # Errors
    /// Those of the file.
    pub(super) fn write_in_order<'r>(&mut self, rows: impl Iterator<Item = (&'r [u8], &'r [u8])>) -> io::Result<()> {
        let Some(directory) = self.directory.as_deref() else {
            self.add(rows.map(|(key, value)| (key.to_vec(), value.to_vec())).collect());
            return Ok(());
        };
        let mut file = Writing::create(directory, next(&self.runs))?;
        for (key, value) in rows {
            file.add(key, value)?;
        }
        self.runs.push(file.end()?);
        Ok(())
    }

    /// Which runs are to be merged into one before all are merged; `None` if there are few enough.
    pub(super) fn superfluous(&self) -> Option<Vec<Run>> {
        let more = self.runs.len().checked_sub(RUNS_AT_ONCE).filter(|more| *more > 0)?;
        let mut runs = self.runs.clone();
        runs.sort_by_key(|run| (run.bytes, run.number));
        runs.truncate(RUNS_AT_ONCE.min(more + 1));
        Some(runs)
    }

    /// Puts one durable run in the place of `runs`, whose files stay until nobody goes on with them; calls `look` between rows.
    ///
    /// # Errors
    /// Those of the files, and of `look`.
    pub(super) fn gather(&mut self, runs: &[Run], mut look: impl FnMut() -> Result<(), Stop>) -> Result<(), Stop> {
        let Some(directory) = self.directory.as_deref() else {
            return Ok(());
        };
        let mut file = Writing::create(directory, next(&self.runs))?;
        for row in Merge::new(self.sources(runs)?)? {
            look()?;
            let (key, value) = row?;
            file.add(&key, &value)?;
        }
        self.runs.retain(|run| !runs.contains(run));
        self.runs.push(file.end()?);
        Ok(())
    }

    /// Their buffers take no more together than what is held may.
    fn sources(&self, runs: &[Run]) -> io::Result<Vec<Source>> {
        let Some(directory) = self.directory.as_deref() else {
            return Ok(Vec::new());
        };
        let buffer = (self.held_max / runs.len().max(1)).clamp(8 << 10, 1 << 20);
        let open = |run: &Run| Ok(Source::Run(Reading::open(directory, *run, buffer)?));
        runs.iter().map(open).collect()
    }

    /// All rows, in order.
    ///
    /// # Errors
    /// Those of the files.
    pub(super) fn merge(self) -> io::Result<Merge> {
        let mut sources = self.sources(&self.runs)?;
        sources.push(Source::Held(self.held.in_order()));
        Merge::new(sources)
    }
}

fn next(runs: &[Run]) -> u32 {
    runs.iter().map(|run| run.number + 1).max().unwrap_or(0)
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
    Run(Reading),
    Held(InOrder<Vec<u8>>),
}

impl Source {
    fn next(&mut self) -> io::Result<Option<Row>> {
        match self {
            Self::Held(rows) => Ok(rows.next()),
            Self::Run(file) => file.next(),
        }
    }
}

impl Merge {
    fn new(mut sources: Vec<Source>) -> io::Result<Self> {
        let mut heap = BinaryHeap::with_capacity(sources.len());
        for (index, source) in sources.iter_mut().enumerate() {
            heap.extend(source.next()?.map(|(key, value)| Reverse((key, index, value))));
        }
        Ok(Self { sources, heap })
    }

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
        for runs in [0, 1, 3, 4, 8] {
            let mut sorter = Sorter::new(Some(directory.path()), 1);
            for start in [9, 3, 21, 6, 15, 0, 12, 18, 24] {
                sorter.add(vec![row(start + 2), row(start), row(start + 1)]);
                assert!(sorter.is_full());
                if sorter.runs().len() < runs {
                    sorter.write().unwrap();
                    assert!(!sorter.is_full());
                }
            }
            assert_eq!((sorter.runs().len(), sorter.rows()), (runs, 27));
            while let Some(some) = sorter.superfluous() {
                assert!(some.len() > 1 && some.len() <= RUNS_AT_ONCE);
                assert!(sorter.gather(&some, || Ok(())).is_ok());
                assert_eq!(sorter.rows(), 27);
            }
            assert_eq!(sorter.runs().len(), runs.min(RUNS_AT_ONCE));
            let rows: Vec<Row> = sorter.merge().unwrap().map(Result::unwrap).collect();
            assert_eq!(rows, (0..27).map(row).collect::<Vec<_>>(), "{runs} runs");
        }
    }
}
