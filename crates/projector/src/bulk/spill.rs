//! Tasks of conversations, kept by parts until a part is folded: in memory as long as they fit, then in a file for each part.
//!
//! ```text
//! task: | conversation u64 | sequence u64 | offset u64 | bytes of record u32 | bytes of rest u32 | record | rest |   all LE
//! ```
//! The record is as in the log, without the bytes it was read from. The rest is what resolving gave, encoded by postcard. A part holds
//! the tasks of a range of conversations, in the order they were resolved in. Files of a spill that is not finished mean nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use origem_domain::key::ConversationId;
use origem_domain::position::Offset;
use origem_views::anomalies::Anomaly;
use origem_views::resolve::Step;
use serde::{Deserialize, Serialize};

const HEAD_BYTES: usize = 32;

/// What resolving gave for one step.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Rest {
    /// The event changed what is known of the contact's aliases.
    pub taught: bool,
    /// The step; `None`: apply the event itself, with the fact that it is of itself.
    pub step: Option<Step>,
    /// Anomalies found on the way.
    pub anomalies: Vec<Anomaly>,
}

/// A task as it stands in its part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub conversation: ConversationId,
    /// Counts all tasks.
    pub sequence: u64,
    pub offset: Offset,
    pub record: &'a [u8],
    /// [`Rest`].
    pub rest: &'a [u8],
    /// All of it.
    bytes: &'a [u8],
}

/// Parts with tasks.
pub(super) struct Spill {
    /// What its files are called by; `None`: there is no disk.
    files: Option<PathBuf>,
    parts: Vec<Part>,
    held_max: usize,
    held: usize,
}

#[derive(Default)]
struct Part {
    held: Vec<u8>,
    written: Written,
}

/// What is in the file of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Written {
    pub bytes: u64,
    /// CRC32C of all bytes.
    pub crc: u32,
}

/// What is in a file is not what was written.
pub(super) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} of a load are damaged"))
}

impl Spill {
    /// No tasks yet, `parts` at least 1. Holds about `held_max` bytes in memory, if it may write files `name-*` into `directory`.
    pub(super) fn new(directory: Option<&Path>, name: &str, parts: usize, held_max: usize) -> Self {
        Self {
            files: directory.map(|directory| directory.join(name)),
            parts: (0..parts).map(|_| Part::default()).collect(),
            held_max,
            held: 0,
        }
    }

    /// The spill that was written before, as [`written`](Self::written) told.
    ///
    /// # Errors
    /// Those of the files; `InvalidData` if they are not as long.
    pub(super) fn reopen(directory: &Path, name: &str, written: &[Written]) -> io::Result<Self> {
        let mut spill = Self::new(Some(directory), name, written.len(), 0);
        for (index, written) in written.iter().enumerate() {
            if let Some(path) = spill.path(index).filter(|_| written.bytes > 0)
                && fs::metadata(path)?.len() != written.bytes
            {
                return Err(damaged("tasks"));
            }
            spill.parts[index].written = *written;
        }
        Ok(spill)
    }

    fn path(&self, part: usize) -> Option<PathBuf> {
        self.files.as_ref().map(|files| files.with_extension(part.to_string()))
    }

    /// What is in each file.
    pub(super) fn written(&self) -> Vec<Written> {
        self.parts.iter().map(|part| part.written).collect()
    }

    /// How many parts there are.
    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// How many bytes there are in all.
    pub(super) fn bytes(&self) -> u64 {
        self.parts.iter().map(Part::bytes).sum()
    }

    /// How many bytes are not in files.
    pub(super) const fn held_bytes(&self) -> u64 {
        self.held as u64
    }

    /// How many bytes a part has.
    pub(super) fn bytes_of(&self, part: usize) -> u64 {
        self.parts[part].bytes()
    }

    /// Whether something of it is in files.
    pub(super) fn is_on_disk(&self) -> bool {
        self.parts.iter().any(|part| part.written.bytes > 0)
    }

    /// Whether it holds more than it should.
    pub(super) fn is_full(&self) -> bool {
        self.files.is_some() && self.held >= self.held_max
    }

    /// The part of a conversation: their ids are hashes, so parts are about equal.
    pub(super) fn part_of(&self, conversation: ConversationId) -> usize {
        let place = u128::from(conversation.0) * self.parts.len() as u128;
        usize::try_from(place >> 64).unwrap_or_default()
    }

    /// Adds a task behind all before.
    ///
    /// # Errors
    /// `InvalidInput` for a record of four gigabytes or more.
    pub(super) fn push(
        &mut self,
        conversation: ConversationId,
        sequence: u64,
        offset: Offset,
        record: &[u8],
        rest: &[u8],
    ) -> io::Result<()> {
        let too_large = |_| io::Error::new(io::ErrorKind::InvalidInput, "a record is too large to be loaded");
        let record_length = u32::try_from(record.len()).map_err(too_large)?;
        let rest_length = u32::try_from(rest.len()).map_err(too_large)?;
        let part = self.part_of(conversation);
        let held = &mut self.parts[part].held;
        for number in [conversation.0, sequence, offset.0] {
            held.extend_from_slice(&number.to_le_bytes());
        }
        held.extend_from_slice(&record_length.to_le_bytes());
        held.extend_from_slice(&rest_length.to_le_bytes());
        held.extend_from_slice(record);
        held.extend_from_slice(rest);
        self.held += HEAD_BYTES + record.len() + rest.len();
        Ok(())
    }

    /// Adds a task of another spill to the part of `home`.
    pub(super) fn copy(&mut self, home: ConversationId, task: &Task<'_>) {
        let part = self.part_of(home);
        self.parts[part].held.extend_from_slice(task.bytes);
        self.held += task.bytes.len();
    }

    /// Writes what is held to the files; `durably`: with those of before.
    ///
    /// # Errors
    /// Those of the files.
    pub(super) fn write(&mut self, durably: bool) -> io::Result<()> {
        for index in 0..self.parts.len() {
            let Some(path) = self.path(index) else { return Ok(()) };
            let part = &mut self.parts[index];
            if part.held.is_empty() && (!durably || part.written.bytes == 0) {
                continue;
            }
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(&part.held)?;
            part.written.bytes += part.held.len() as u64;
            part.written.crc = crc32c::crc32c_append(part.written.crc, &part.held);
            part.held = Vec::new();
            if durably {
                file.sync_data()?;
            }
        }
        self.held = 0;
        Ok(())
    }

    /// The bytes of a part: see [`tasks`].
    ///
    /// # Errors
    /// Those of its file; `InvalidData` if it is not what was written.
    pub(super) fn read(&self, part: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let Part { held, written } = &self.parts[part];
        if let Some(path) = self.path(part).filter(|_| written.bytes > 0) {
            bytes = fs::read(path)?;
            let found = Written {
                bytes: bytes.len() as u64,
                crc: crc32c::crc32c(&bytes),
            };
            if found != *written {
                return Err(damaged("tasks"));
            }
        }
        bytes.extend_from_slice(held);
        Ok(bytes)
    }
}

impl Part {
    fn bytes(&self) -> u64 {
        self.written.bytes + self.held.len() as u64
    }
}

/// The tasks in the bytes of a part, in order.
///
/// # Errors
/// `InvalidData`.
pub(super) fn tasks(mut bytes: &[u8]) -> io::Result<Vec<Task<'_>>> {
    let mut tasks = Vec::new();
    while !bytes.is_empty() {
        let (task, rest) = first(bytes).ok_or_else(|| damaged("tasks"))?;
        tasks.push(task);
        bytes = rest;
    }
    Ok(tasks)
}

fn first(bytes: &[u8]) -> Option<(Task<'_>, &[u8])> {
    let long = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let short = |at: usize| usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok();
    let record = HEAD_BYTES..HEAD_BYTES.checked_add(short(24)?)?;
    let rest = record.end..record.end.checked_add(short(28)?)?;
    let (task, left) = bytes.split_at_checked(rest.end)?;
    Some((
        Task {
            conversation: ConversationId(long(0)?),
            sequence: long(8)?,
            offset: Offset(long(16)?),
            record: &task[record],
            rest: &task[rest],
            bytes: task,
        },
        left,
    ))
}

/// Makes a directory durable: the names in it.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
