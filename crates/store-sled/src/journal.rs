//! The redo journal: what is loaded stands here, synced, until sled has it on disk.
//!
//! sled keeps a prefix of its writes over a crash, cut anywhere. Writing the journal's batches once more, from its first one on,
//! makes of that the state after its last one: every key that came behind the prefix is in the journal, and to write a row
//! twice changes nothing. Only whole batches count; a torn end is one that nobody was told of.
//!
//! ```text
//! batch:  frame | ...         of which all but the last say that more follows
//! frame:  | bytes u32 LE | crc u32 LE, CRC32C of that number and the bytes | u8 flags, 1: everything was removed before, 2: more follows | row | ...
//! row:    | length of the key u32 LE | 0: removed, else 1 + length of the value, u32 LE | key | value |
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read as _, Write as _};
use std::path::Path;

use crate::layer::Written;

/// A frame may not take more than this: what claims to is damage.
const FRAME_BYTES_MAX: u32 = 1 << 30;
/// A frame that has so many bytes ends.
const FRAME_BYTES: usize = if cfg!(test) { 40 } else { 4 << 20 };
const HEAD_BYTES: usize = 8;

const REPLACING: u8 = 1;
const MORE: u8 = 2;

/// A journal, open for appending.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    bytes: u64,
    /// Behind its bytes may stand a part of a batch that could not be written.
    torn: bool,
}

/// One batch, as it is written again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Everything is removed before.
    pub(crate) replacing: bool,
    /// Rows that are written, or removed.
    pub(crate) rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Journal {
    /// Opens the journal at `path`, which may not be there yet, and gives its whole batches to `apply`, in order. Empty afterwards:
    /// `settle` makes what was applied durable before.
    ///
    /// # Errors
    /// Those of the file, of `apply` and of `settle`.
    pub(crate) fn recover<E: From<io::Error>>(
        path: &Path,
        mut apply: impl FnMut(Batch) -> Result<(), E>,
        settle: impl FnOnce() -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(path)?;
        let mut journal = Self {
            bytes: file.metadata()?.len(),
            file,
            torn: false,
        };
        if journal.bytes > 0 {
            let mut reader = BufReader::new(journal.file.try_clone()?);
            let mut left = journal.bytes;
            let mut begun = Batch::default();
            while let Some(frame) = next(&mut reader, &mut left)? {
                begun.replacing |= frame.flags & REPLACING != 0;
                begun.rows.extend(frame.rows);
                if frame.flags & MORE == 0 {
                    apply(std::mem::take(&mut begun))?;
                }
            }
            settle()?;
            journal.empty()?;
        }
        Ok(journal)
    }

    /// Appends changes; durable on return.
    pub(crate) fn append(&mut self, rows: &Written) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.append_batch(rows, false)
    }

    /// Appends that everything is removed and these rows are written instead; durable on return.
    pub(crate) fn append_replacing(&mut self, rows: &Written) -> io::Result<()> {
        self.append_batch(rows, true)
    }

    fn append_batch(&mut self, rows: &Written, replacing: bool) -> io::Result<()> {
        self.mend()?;
        match self.write(rows, replacing) {
            Ok(end) => {
                self.bytes = end;
                Ok(())
            }
            Err(error) => {
                self.torn = true;
                // If that fails too, it is done before the next batch.
                drop(self.mend());
                Err(error)
            }
        }
    }

    /// What stands half here must not be followed by anything whole.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.bytes)?;
            self.torn = false;
        }
        Ok(())
    }

    /// Writes a batch, frame by frame, so that a large one is not copied as a whole; where it ends.
    fn write(&mut self, rows: &Written, replacing: bool) -> io::Result<u64> {
        let (mut end, mut rows) = (self.bytes, rows.iter().peekable());
        let mut flags = if replacing { REPLACING } else { 0 };
        loop {
            let mut frame = vec![0; HEAD_BYTES + 1];
            while frame.len() < FRAME_BYTES
                && let Some((key, value)) = rows.next()
            {
                let value_length = value.as_ref().map_or(0, |value| 1 + value.len());
                frame.extend(length(key.len())?);
                frame.extend(length(value_length)?);
                frame.extend(key);
                frame.extend(value.iter().flatten());
            }
            let is_last = rows.peek().is_none();
            frame[HEAD_BYTES] = if is_last { flags } else { flags | MORE };
            seal(&mut frame)?;
            self.file.write_all(&frame)?;
            end += frame.len() as u64;
            if is_last {
                self.file.sync_data()?;
                return Ok(end);
            }
            flags = 0;
        }
    }

    /// How large it is.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Forgets all of it: the store has it on disk.
    pub(crate) fn empty(&mut self) -> io::Result<()> {
        self.cut()?;
        self.file.sync_data()
    }

    /// What is appended from now on stands at the beginning, synced or not.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.bytes = 0;
        Ok(())
    }
}

/// Writes the head of a frame.
fn seal(frame: &mut [u8]) -> io::Result<()> {
    let (head, body) = frame.split_at_mut(HEAD_BYTES);
    let length = length(body.len())?;
    head[..4].copy_from_slice(&length);
    head[4..].copy_from_slice(&checksum(&length, body).to_le_bytes());
    Ok(())
}

/// Never that of zeros for zeros: a file may end in them after a power cut.
fn checksum(length: &[u8], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(length), body)
}

fn length(length: usize) -> io::Result<[u8; 4]> {
    let length = u32::try_from(length).ok().filter(|length| *length <= FRAME_BYTES_MAX);
    let too_large = || {
        io::Error::new(
            io::ErrorKind::FileTooLarge,
            "a batch of rows is too large for the journal",
        )
    };
    Ok(length.ok_or_else(too_large)?.to_le_bytes())
}

/// What a frame says.
struct Frame {
    flags: u8,
    rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// The next whole frame of the `left` bytes; `None` at the end, torn or not.
fn next(reader: &mut impl io::Read, left: &mut u64) -> io::Result<Option<Frame>> {
    let mut head = [0; HEAD_BYTES];
    if *left < HEAD_BYTES as u64 {
        return Ok(None);
    }
    reader.read_exact(&mut head)?;
    *left -= HEAD_BYTES as u64;
    let (length, crc) = (number(&head, 0).unwrap_or(0), number(&head, 4));
    if u64::from(length) > *left {
        return Ok(None);
    }
    let mut body = Vec::new();
    reader.take(u64::from(length)).read_to_end(&mut body)?;
    *left -= u64::from(length);
    if Some(checksum(&head[..4], &body)) != crc {
        return Ok(None);
    }
    Ok(frame(&body))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// What is in a frame; `None` if it is none of ours.
fn frame(body: &[u8]) -> Option<Frame> {
    let (flags, body) = body.split_first()?;
    let (mut rows, mut at) = (Vec::new(), 0);
    while at < body.len() {
        let (key_length, value_length) = (number(body, at)? as usize, number(body, at + 4)? as usize);
        at += HEAD_BYTES;
        let key = body.get(at..at.checked_add(key_length)?)?.to_vec();
        at += key_length;
        let value = match value_length.checked_sub(1) {
            None => None,
            Some(length) => {
                let value = body.get(at..at.checked_add(length)?)?.to_vec();
                at += length;
                Some(value)
            }
        };
        rows.push((key, value));
    }
    let is_known = flags & !(REPLACING | MORE) == 0;
    is_known.then_some(Frame { flags: *flags, rows })
}

#[cfg(test)]
mod tests {
    use origem_views::rows::Changes;

    use super::*;

    fn changes(rows: &[(&str, Option<&str>)]) -> Changes {
        let mut changes = Changes::default();
        for (key, value) in rows {
            match value {
                Some(value) => changes.put_bytes(key.as_bytes().to_vec(), value.as_bytes().to_vec()),
                None => changes.remove(key.as_bytes().to_vec()),
            }
        }
        changes
    }

    /// The batches a journal still has; it stays as it is.
    fn kept(path: &Path) -> Vec<Batch> {
        let mut batches = Vec::new();
        let stop = Journal::recover(
            path,
            |batch| {
                batches.push(batch);
                Ok(())
            },
            || Err(io::Error::other("look only")),
        );
        assert_eq!(stop.is_err(), std::fs::metadata(path).unwrap().len() > 0);
        batches
    }

    fn none(_: Batch) -> io::Result<()> {
        Ok(())
    }

    #[test]
    fn what_follows_an_emptying_that_was_not_synced_is_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut journal = Journal::recover(&path, none, || Ok(())).unwrap();
        journal.append(changes(&[("a", Some("1"))]).rows()).unwrap();
        journal.cut().unwrap();
        // The next batch was torn.
        journal.file.write_all(b"half").unwrap();
        journal.torn = true;
        journal.append(changes(&[("b", Some("2"))]).rows()).unwrap();
        let found = kept(&path);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rows, [(b"b".to_vec(), Some(b"2".to_vec()))]);
    }

    #[test]
    fn whole_batches_are_found_again_wherever_it_is_cut() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut journal = Journal::recover(&path, none, || Ok(())).unwrap();
        let mut ends = vec![0];
        let batches = [
            changes(&[("a", Some("1")), ("b", None)]),
            changes(&[("c", Some(""))]),
            changes(&[("a", None), ("dd", Some("22"))]),
        ];
        for (index, batch) in batches.iter().enumerate() {
            journal.append(batch.rows()).unwrap();
            journal.append(&Written::new()).unwrap();
            ends.push(journal.bytes());
            if index == 1 {
                journal
                    .append_replacing(changes(&[("m", Some("kept"))]).rows())
                    .unwrap();
                ends.push(journal.bytes());
            }
        }
        let whole = std::fs::read(&path).unwrap();
        let all = kept(&path);
        assert_eq!(all.len(), 4);
        let batch = |replacing, rows: &[(&[u8], Option<&[u8]>)]| Batch {
            replacing,
            rows: rows
                .iter()
                .map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)))
                .collect(),
        };
        assert_eq!(all[0], batch(false, &[(b"a", Some(b"1")), (b"b", None)]));
        assert_eq!(all[1], batch(false, &[(b"c", Some(b""))]));
        assert_eq!(all[2], batch(true, &[(b"m", Some(b"kept"))]));
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let count = ends.iter().filter(|end| **end > 0 && **end <= cut as u64).count();
            assert_eq!(kept(&path), all[..count], "cut at {cut}");
            std::fs::write(&path, [&whole[..cut], &[0; 40]].concat()).unwrap();
            assert_eq!(kept(&path), all[..count], "zeros from {cut} on");
        }
        for flipped in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[flipped] ^= 0x10;
            std::fs::write(&path, &bytes).unwrap();
            let before = ends.iter().filter(|end| **end > 0 && **end <= flipped as u64).count();
            assert_eq!(kept(&path)[..], all[..before], "flipped at {flipped}");
        }
    }

    #[test]
    fn it_is_emptied_only_after_what_it_held_is_settled() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut journal = Journal::recover(&path, none, || Ok(())).unwrap();
        journal.append(changes(&[("a", Some("1"))]).rows()).unwrap();
        drop(journal);
        assert_eq!(kept(&path).len(), 1);
        let journal = Journal::recover(&path, none, || Ok(())).unwrap();
        assert_eq!(journal.bytes(), 0);
        assert_eq!(kept(&path), []);
    }
}
