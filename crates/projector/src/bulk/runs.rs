//! Sorted rows in a file, and what shows that they are those that were written.
//!
//! ```text
//! run: | bytes of key u32 LE | bytes of value u32 LE | key | value | ...     ascending by key
//! ```
//! How many rows and bytes there are, and the checksum of these, stand in the manifest of the load.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use origem_views::rows::Row;
use serde::{Deserialize, Serialize};

use super::spill::damaged;

/// A run that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// By which its file is called.
    pub number: u32,
    pub rows: u64,
    pub bytes: u64,
    /// CRC32C of all bytes.
    pub crc: u32,
}

impl Run {
    const fn new(number: u32) -> Self {
        Self {
            number,
            rows: 0,
            bytes: 0,
            crc: 0,
        }
    }

    pub(super) fn path(&self, directory: &Path) -> PathBuf {
        directory.join(format!("rows.{}", self.number))
    }

    /// Whether the file is as long as it was written.
    ///
    /// # Errors
    /// `InvalidData` if it is not, and those of the file.
    pub(super) fn check(&self, directory: &Path) -> io::Result<()> {
        if fs::metadata(self.path(directory))?.len() != self.bytes {
            return Err(damaged("rows"));
        }
        Ok(())
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.crc = crc32c::crc32c_append(self.crc, bytes);
    }
}

/// A run being written.
pub(super) struct Writing {
    file: BufWriter<File>,
    run: Run,
}

impl Writing {
    pub(super) fn create(directory: &Path, number: u32) -> io::Result<Self> {
        let run = Run::new(number);
        let file = BufWriter::with_capacity(1 << 20, File::create(run.path(directory))?);
        Ok(Self { file, run })
    }

    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let length = |part: &[u8]| u32::try_from(part.len()).map(u32::to_le_bytes);
        let head = [
            length(key).map_err(io::Error::other)?,
            length(value).map_err(io::Error::other)?,
        ];
        for part in [head.as_flattened(), key, value] {
            self.file.write_all(part)?;
            self.run.pass(part);
        }
        self.run.rows += 1;
        Ok(())
    }

    /// What was written; durable.
    pub(super) fn end(self) -> io::Result<Run> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_data()?;
        Ok(self.run)
    }
}

/// A run being read.
pub(super) struct Reading {
    file: BufReader<File>,
    run: Run,
    /// What was read so far.
    read: Run,
}

impl Reading {
    pub(super) fn open(directory: &Path, run: Run, buffer: usize) -> io::Result<Self> {
        run.check(directory)?;
        Ok(Self {
            file: BufReader::with_capacity(buffer, File::open(run.path(directory))?),
            run,
            read: Run::new(run.number),
        })
    }

    /// The next row; `None` at the end, where all that was written has been read as it was.
    ///
    /// # Errors
    /// Those of the file; `InvalidData` if it is not what was written.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        if self.read.bytes >= self.run.bytes {
            return if self.read == self.run {
                Ok(None)
            } else {
                Err(damaged("rows"))
            };
        }
        let head = self.part(8)?;
        let (key, value) = head.split_at(4);
        let length = |bytes: &[u8]| bytes.first_chunk().copied().map_or(0, u32::from_le_bytes);
        let row = (self.part(length(key))?, self.part(length(value))?);
        self.read.rows += 1;
        Ok(Some(row))
    }

    fn part(&mut self, length: u32) -> io::Result<Vec<u8>> {
        if u64::from(length) > self.run.bytes.saturating_sub(self.read.bytes) {
            return Err(damaged("rows"));
        }
        let mut bytes = vec![0; length as usize];
        self.file.read_exact(&mut bytes)?;
        self.read.pass(&bytes);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader makes of the run once its file has these bytes.
    fn read(directory: &Path, run: Run, bytes: &[u8]) -> io::Result<Vec<Row>> {
        fs::write(run.path(directory), bytes)?;
        let mut reading = Reading::open(directory, run, 16)?;
        let mut rows = Vec::new();
        while let Some(row) = reading.next()? {
            rows.push(row);
        }
        Ok(rows)
    }

    #[test]
    fn whatever_is_not_as_it_was_written_is_damage() {
        let directory = tempfile::tempdir().unwrap();
        let rows: Vec<Row> = (0..3).map(|number| (vec![number], vec![number; 3])).collect();
        let mut writing = Writing::create(directory.path(), 0).unwrap();
        rows.iter().for_each(|(key, value)| writing.add(key, value).unwrap());
        let run = writing.end().unwrap();
        let bytes = fs::read(run.path(directory.path())).unwrap();
        assert_eq!((run.rows, run.bytes), (3, bytes.len() as u64));
        assert_eq!(read(directory.path(), run, &bytes).unwrap(), rows);
        for at in 0..bytes.len() {
            let cut = read(directory.path(), run, &bytes[..at]);
            assert_eq!(cut.unwrap_err().kind(), io::ErrorKind::InvalidData, "cut at {at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            let flipped = read(directory.path(), run, &flipped);
            assert_eq!(
                flipped.unwrap_err().kind(),
                io::ErrorKind::InvalidData,
                "flipped at {at}"
            );
        }
        let longer = read(directory.path(), run, &[bytes.as_slice(), &[0; 8]].concat());
        assert!(longer.is_err());
    }
}
